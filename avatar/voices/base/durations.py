"""From the durations a network plans to the times its phonemes are heard."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.voices.signal.spectra import Floats
from avatar.voices.text.g2p import Reading
from avatar.voices.text.word_timings import word_timings
from avatar.voices.timings import Phone, Timings, build_timings

# What is heard comes before what was planned: against a forced alignment of 300 phonemes the starts are 50 ms late in
# the median (and a space's time is the next word's), with 17 ms of scatter left after that.
_ONSET_SHIFT_S = 0.050
_SPEECH_RANGE_DB = 36.0  # decibels below the loud frames: nobody is speaking
_MIN_PAUSE_S = 0.060  # seconds: shorter gaps are closures, not pauses
_CLOSURE_S = 0.060  # seconds a stop holds its breath before it bursts
_MIN_PHONEME_S = 0.020  # seconds any phoneme lasts
_MIN_PAUSE_UNITS = 6  # units: pauses, which are near enough rounded by themselves
_STOPS = frozenset({"B", "P", "T", "D", "K", "G", "CH", "JH"})


@dataclass(frozen=True)
class Symbol:
    """One symbol given to the network: *sign*, the spoken *word* (-1: none) and its *place* there, the planned time."""

    sign: str
    word: int
    place: int
    start: float = 0.0
    end: float = 0.0

    @classmethod
    def edge(cls) -> "Symbol":
        """Return the silent symbol at both ends of a piece."""
        return cls("", -1, -1)

    def at(self, start: float, end: float) -> "Symbol":
        return replace(self, start=start, end=end)


def scale_durations(planned: Floats, pace: float) -> NDArray[np.float64]:
    """Return how many whole units each symbol lasts (n,) when all is said *pace* times as fast as *planned* (n,).

    Both are in the units of the network, which are coarse: most phonemes last one to three. Divided and rounded one by
    one, all of them would stay as they are, or change at once. So what is left over goes, a unit each, to those that
    lack most of another.
    """
    usual = np.maximum(np.rint(planned), 1)
    wanted = usual / pace
    short = usual < _MIN_PAUSE_UNITS
    units = np.maximum(np.where(short, np.floor(wanted), np.rint(wanted)), 1)
    lacking = np.where(short, wanted - units, -1)
    left = max(0, round(float(lacking[short].sum())))
    units[np.lexsort((usual - planned, -lacking))[:left]] += 1
    return np.asarray(units, np.float64)


@dataclass
class _TimedPhoneme:
    """One phoneme on its way to its final time."""

    symbol: str
    word: int
    start: float
    end: float


def phoneme_timings(reading: Reading, symbols: Sequence[Symbol], levels: Floats, frame: float) -> Timings:
    """Return when each phoneme and word of *reading* is heard.

    *symbols* carry the planned times; *levels* (frames,) are those of the sound in decibels, one each *frame*
    seconds.
    """
    duration = len(levels) * frame
    heard = list(_planned_phonemes(reading, symbols))
    quiet = levels < np.percentile(levels, 95) - _SPEECH_RANGE_DB
    _snap_to_sound(heard, quiet, frame, duration)
    phones = [Phone(symbol=each.symbol, start=each.start, end=each.end) for each in heard]
    return build_timings(duration, phones, word_timings(reading, [(each.word, each.start, each.end) for each in heard]))


def _planned_phonemes(reading: Reading, symbols: Sequence[Symbol]) -> Iterator[_TimedPhoneme]:
    """Yield each phoneme from where its first symbol was planned to where its last ends, moved to where it is heard."""
    at = {(symbol.word, symbol.place): symbol for symbol in symbols if symbol.word >= 0}
    for index, word in enumerate(reading.spoken):
        for phoneme in word.phonemes:
            own = [at[index, place] for place in range(phoneme.first, phoneme.last) if (index, place) in at]
            if own:
                space = at.get((index, -1)) if phoneme is word.phonemes[0] else None
                start = (space or own[0]).start
                yield _TimedPhoneme(phoneme.symbol, index, start - _ONSET_SHIFT_S, own[-1].end - _ONSET_SHIFT_S)


def _snap_to_sound(heard: list[_TimedPhoneme], quiet: np.ndarray[Any, Any], frame: float, duration: float) -> None:
    """Let phonemes touch inside words and follow each other across words, except where the sound really pauses."""
    for left, right in pairwise(heard):
        left.end = right.start
        if left.word != right.word:
            _open_pause(left, right, quiet, frame)
    loud = np.flatnonzero(~quiet) * frame
    heard[0].start = min(max(heard[0].start, float(loud[0])), heard[0].end - _MIN_PHONEME_S)
    heard[-1].end = max(float(loud[-1]) + frame, heard[-1].start + _MIN_PHONEME_S)
    _enforce_order(heard, duration)


def _open_pause(left: _TimedPhoneme, right: _TimedPhoneme, quiet: np.ndarray[Any, Any], frame: float) -> None:
    """Open a pause between the words of *left* and *right* where the sound is quiet for long enough."""
    first, last = round((left.start + _MIN_PHONEME_S) / frame), round((right.end - _MIN_PHONEME_S) / frame)
    start, end = (frame * edge for edge in _longest_run(quiet, first, last))
    if right.symbol in _STOPS:
        end -= _CLOSURE_S
    if end - start >= _MIN_PAUSE_S:
        left.end, right.start = start, end


def _longest_run(quiet: np.ndarray[Any, Any], first: int, last: int) -> tuple[int, int]:
    """Return the longest run of true values of *quiet* within *first* to *last*, as start and end."""
    edges = np.flatnonzero(np.diff(np.r_[0, quiet[max(first, 0) : max(last, 0)].astype(np.int8), 0]))
    if not len(edges):
        return first, first
    longest = int(np.argmax(edges[1::2] - edges[::2]))
    return max(first, 0) + int(edges[2 * longest]), max(first, 0) + int(edges[2 * longest + 1])


def _enforce_order(heard: list[_TimedPhoneme], duration: float) -> None:
    """Keep every phoneme at least the shortest time long, in order, and inside the sound."""
    earliest = 0.0
    for each in heard:
        each.start = max(each.start, earliest)
        each.end = earliest = max(each.end, each.start + _MIN_PHONEME_S)
    latest = duration
    for each in reversed(heard):
        each.end = min(each.end, latest)
        each.start = latest = min(each.start, each.end - _MIN_PHONEME_S)
