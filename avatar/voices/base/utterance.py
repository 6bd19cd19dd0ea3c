"""What the base voice said: its spectra and timings, one part after the other, some words with more weight."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np

from avatar.voices.signal.spectra import HOP, RATE, Spectra, concatenate, silence
from avatar.voices.text.ssml import ParsedLine, WordStyle
from avatar.voices.timings import SILENCE, Phone, Timings, Word, build_timings

T = TypeVar("T", Phone, Word)

_NEPERS_PER_DB = np.log(10) / 20  # of a decibel
_LOG_PITCH_PER_DB = 0.03  # log pitch for a decibel of emphasis
_RAMP_FRAMES = 5  # frames (62 ms) in which emphasis comes and goes
_MARGIN_S = 0.04  # seconds of sound around the first and last phoneme
_FRAME_S = HOP / RATE


@dataclass(frozen=True, eq=False)
class Utterance:
    """A text as the base voice says it."""

    spectra: Spectra
    timings: Timings


def silent_utterance(seconds: float) -> Utterance:
    """Return *seconds* in which nothing is said."""
    spectra = silence(seconds)
    return Utterance(spectra, build_timings(len(spectra.pitch) * _FRAME_S, [], []))


def silent_words(words: Sequence[str]) -> Utterance:
    """Return *words* that make no sound, like a dash between two breaks: they take no time."""
    timings = Timings(duration=0.0, phones=(), words=tuple(Word(text=word, start=0, end=0) for word in words))
    return Utterance(silence(0.0), timings)


def trim_silence(said: Utterance, *, start: bool, end: bool) -> Utterance:
    """Return what was *said* without the silence at its *start*, its *end* or both, where another part is joined."""
    phones = [phone for phone in said.timings.phones if phone.symbol != SILENCE]
    if not phones:
        return said
    count = len(said.spectra.pitch)
    first = max(int((phones[0].start - _MARGIN_S) / _FRAME_S), 0) if start else 0
    last = min(int((phones[-1].end + _MARGIN_S) / _FRAME_S) + 1, count) if end else count
    whole = (first, last) == (0, count)  # and with it what was computed of it
    cut = said.spectra if whole else _slice_spectra(said.spectra, first, last)
    phones = [_shift(each, -first * _FRAME_S) for each in phones]
    words = [_shift(each, -first * _FRAME_S) for each in said.timings.words]
    return Utterance(cut, build_timings((last - first) * _FRAME_S, phones, words))


def _slice_spectra(spectra: Spectra, first: int, last: int) -> Spectra:
    return Spectra(*(getattr(spectra, field.name)[..., first:last] for field in fields(spectra)))


def apply_emphasis(said: Utterance, line: ParsedLine) -> Utterance:
    """Return what was *said* of *line*, its emphasised words louder and higher."""
    if not any(manner.emphasis for manner in line.manners.values()):
        return said
    from scipy.ndimage import uniform_filter1d

    spectra = said.spectra
    weight = np.zeros(len(spectra.pitch))
    for place, word in enumerate(said.timings.words):
        start, end = round(word.start / _FRAME_S), round(word.end / _FRAME_S)
        weight[start:end] = line.manners.get(place, WordStyle()).emphasis
    weight = uniform_filter1d(weight, _RAMP_FRAMES, mode="nearest")
    louder = (weight * _NEPERS_PER_DB).astype(np.float32)
    return replace(
        said,
        spectra=replace(
            spectra,
            harmonic=spectra.harmonic + louder,
            noise=spectra.noise + louder,
            rest=spectra.rest + louder,
            pitch=(spectra.pitch * np.exp(weight * _LOG_PITCH_PER_DB)).astype(np.float32),
        ),
    )


def concatenate_utterances(parts: Sequence[Utterance]) -> Utterance:
    """Return *parts* said one after the other."""
    if len(parts) == 1:
        return parts[0]
    phones: list[Phone] = []
    words: list[Word] = []
    clock = 0.0
    for part in parts:
        phones += [_shift(phone, clock) for phone in part.timings.phones if phone.symbol != SILENCE]
        words += [_shift(word, clock) for word in part.timings.words]
        clock += len(part.spectra.pitch) * _FRAME_S
    return Utterance(concatenate([part.spectra for part in parts]), build_timings(clock, phones, words))


def _shift(timed: T, seconds: float) -> T:
    return timed.model_copy(update={"start": timed.start + seconds, "end": timed.end + seconds})
