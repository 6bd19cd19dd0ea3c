"""When each line of a text is heard in a recording of any length.

What an alignment needs grows with the square of the length, so a long recording is laid out in stretches: a recogniser
hears where lines certainly end, and the stretches between such places are aligned one by one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InputError
from avatar.voices.alignment.forced_alignment import align_phonemes
from avatar.voices.recognition.recogniser import plain_words
from avatar.voices.text.g2p import phonemise
from avatar.voices.timings import SILENCE, Phone, Timings, Word

Floats = NDArray[np.float32]  # (samples,), mono, full scale at 1.0

_MIN_STRETCH_S, _MAX_STRETCH_S = 20.0, 180.0  # seconds of a stretch: the aligner holds about a gigabyte for the longest
_FRAME_S, _SMOOTHING_FRAMES = 0.01, 5  # seconds of a frame of level, and how many of them are looked at together


@dataclass(frozen=True)
class AlignedLine:
    """One line, heard: its *phones* (without silences) and *words*, at their times in the whole recording."""

    phones: tuple[Phone, ...]
    words: tuple[Word, ...]

    @property
    def start(self) -> float:
        return self.phones[0].start

    @property
    def end(self) -> float:
        return self.phones[-1].end


def align_long_form(sound: Floats, rate: int, lines: Sequence[str], heard: Sequence[Word]) -> tuple[AlignedLine, ...]:
    """Return when each of *lines* is said in the mono *sound* at *rate* Hz.

    *heard* are the words that a recogniser hears in it, with their times.

    Raises:
        InputError: when no line is heard to end for more than three minutes; code ``speech.not-followed``.
        EngineError: when the words are not found in the sound; code ``voice.not-aligned``.
    """
    found: list[AlignedLine] = []
    for first, end, start, stop in _split_stretches(sound, rate, lines, heard):
        part = sound[round(start * rate) : round(stop * rate)]
        timings = align_phonemes(part, rate, " ".join(lines[first:end]))
        found += _split_by_line(timings, [len(phonemise(line).written) for line in lines[first:end]], start)
    return tuple(found)


def find_quietest(sound: Floats, rate: int, start: float, end: float) -> float:
    """Return the second between *start* and *end* at which the mono *sound* is the quietest."""
    size = max(round(_FRAME_S * rate), 1)
    first, last = round(start / _FRAME_S), round(end / _FRAME_S)
    frames = sound[first * size : last * size]
    if len(frames) < 2 * size:
        return (start + end) / 2
    power = np.square(frames[: len(frames) // size * size].reshape(-1, size), dtype=np.float64).mean(axis=1)
    around = np.ones(_SMOOTHING_FRAMES)
    level = np.convolve(power, around, "same") / np.convolve(np.ones(len(power)), around, "same")
    return (first + int(level.argmin()) + 0.5) * _FRAME_S


def _split_stretches(
    sound: Floats, rate: int, lines: Sequence[str], heard: Sequence[Word]
) -> Iterator[tuple[int, int, float, float]]:
    """Yield the first line of each stretch, that after its last, and where in the *sound* it starts and stops."""
    seconds = len(sound) / rate
    first, start = 0, 0.0
    ends = (
        [*_find_line_ends(sound, rate, lines, heard), (len(lines), seconds)]
        if seconds > _MAX_STRETCH_S
        else [(len(lines), seconds)]
    )
    for line, at in ends:
        if at - start >= _MIN_STRETCH_S or line == len(lines):
            if at - start > _MAX_STRETCH_S:
                raise InputError(
                    f"from {start:.0f} s to {at:.0f} s the words could not be followed; check the transcript there, "
                    "or cut the recording into parts of less than three minutes",
                    code="speech.not-followed",
                )
            yield first, line, start, at
            first, start = line, at


def _find_line_ends(
    sound: Floats, rate: int, lines: Sequence[str], heard: Sequence[Word]
) -> Iterator[tuple[int, float]]:
    """Yield each line whose beginning, and the end of the one before, were heard, and the quietest place between."""
    import jiwer

    words = [(word, number) for number, line in enumerate(lines) for word in plain_words(line)]
    said = [(word, each) for each in heard for word in plain_words(each.text)]
    if not said:
        return
    # All words at once, each as near its place as can be: a refrain is not taken for its next appearance.
    expected, understood = (" ".join(word for word, _ in some) for some in (words, said))
    both = jiwer.process_words(expected, understood)
    for same in both.alignments[0]:
        if same.type == "equal":
            for place in range(same.ref_start_idx + 1, same.ref_end_idx):
                other = place - same.ref_start_idx + same.hyp_start_idx
                line, before, after = words[place][1], said[other - 1][1], said[other][1]
                if line != words[place - 1][1] and before.end < after.end:
                    middles = (before.start + before.end) / 2, (after.start + after.end) / 2
                    yield line, find_quietest(sound, rate, *middles)


def _split_by_line(timings: Timings, counts: Sequence[int], later: float) -> Iterator[AlignedLine]:
    """Yield the lines of *counts* words each that *timings* hold, everything *later* seconds later."""
    phones = [phone for phone in timings.phones if phone.symbol != SILENCE]
    place, taken = 0, 0
    for count in counts:
        words = timings.words[place : place + count]
        place += count
        rest = timings.words[place:]
        until = next((word.start for word in rest if word.end > word.start), timings.duration)
        own = [phone for phone in phones[taken:] if (phone.start + phone.end) / 2 < until]
        taken += len(own)
        yield AlignedLine(
            tuple(_shift_phone(phone, later) for phone in own), tuple(_shift_word(word, later) for word in words)
        )


def _shift_phone(phone: Phone, later: float) -> Phone:
    return Phone(symbol=phone.symbol, start=phone.start + later, end=phone.end + later)


def _shift_word(word: Word, later: float) -> Word:
    return Word(text=word.text, start=word.start + later, end=word.end + later)
