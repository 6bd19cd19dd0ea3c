"""Where a voice-over is cut into lines: between the words, where it is the quietest."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from avatar.media.audio.loudness import RATE, loudness_of
from avatar.media.audio.resample import resample
from avatar.voices.alignment.long_form import AlignedLine, align_long_form, find_quietest
from avatar.voices.judging.postprocess import fade_edges, gain_to_target, limit_peaks
from avatar.voices.timings import Phone, Timings, Word, build_timings

Floats = NDArray[np.float32]  # (samples,), mono, full scale at 1.0

_LEAD_IN_S, _TAIL_S = 0.3, 0.6  # seconds kept of what comes before the first word, and after the last


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CutLine(_Strict):
    """One line: its *text*, where it *start*s and *end*s in the recording (seconds), and its own *timings*."""

    text: str
    start: float
    end: float
    timings: Timings


class Cuts(_Strict):
    """The lines of a recording, each beginning where the one before ends; *loudness* (LUFS) is that of the whole."""

    loudness: float
    lines: tuple[CutLine, ...]


def segment_recording(sound: Floats, rate: int, lines: Sequence[str], heard: Sequence[Word]) -> Cuts:
    """Return where the mono *sound* at *rate* Hz says each of *lines*.

    *heard* are the words that a recogniser hears in it, with their times. Pauses stay as they were made.

    Raises:
        InputError: as :func:`avatar.voices.alignment.long_form.align_long_form`.
        EngineError: as that function.
    """
    found = align_long_form(sound, rate, lines, heard)
    seconds = len(sound) / rate
    between = [find_quietest(sound, rate, one.end, max(one.end, two.start)) for one, two in pairwise(found)]
    edges = [max(0.0, found[0].start - _LEAD_IN_S), *between, min(seconds, found[-1].end + _TAIL_S)]
    return Cuts(loudness=round(loudness_of(sound, rate), 2), lines=tuple(_to_cut_lines(lines, found, edges)))


def postprocess_line(sound: Floats, rate: int, loudness: float) -> Floats:
    """Return the *sound* of one line at 48 kHz, from a recording that has this *loudness* (LUFS) on the whole.

    All of its lines get the same gain, so that what was said louder stays louder.
    """
    return limit_peaks(fade_edges(resample(sound, rate, RATE)) * gain_to_target(loudness))


def _to_cut_lines(lines: Sequence[str], found: Sequence[AlignedLine], edges: Sequence[float]) -> Iterator[CutLine]:
    for number, (text, each) in enumerate(zip(lines, found, strict=True)):
        start, end = edges[number : number + 2]
        phones = [Phone(symbol=p.symbol, start=p.start - start, end=p.end - start) for p in each.phones]
        words = [Word(text=w.text, start=max(0.0, w.start - start), end=max(0.0, w.end - start)) for w in each.words]
        yield CutLine(text=text, start=start, end=end, timings=build_timings(end - start, phones, words))
