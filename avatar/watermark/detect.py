"""Look for the picture mark in a video file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import cos, log, log10, pi, sin
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.media.decode import VideoInfo, decode_luma
from avatar.media.frames import Planes
from avatar.watermark.carrier import HEIGHT_ROWS, TILE_SIZE, Spectrum, correlate, symbol_shift, tile_phases
from avatar.watermark.reed_solomon import CODEWORD_SYMBOLS, SYMBOL_VALUES, Votes, soft_decode
from avatar.watermark.video import INVERSIONS_HZ

Demodulated = NDArray[np.complex64]  # (HEIGHT_ROWS, width): what turns over in a second of pictures, at our rate

FALSE_ALARM_RATE = 1e-6  # the chance that an unmarked file is taken for a marked one
_MIN_LAST_SECOND_SHARE = 0.75  # of a second: what is left over at the end counts from this length on
_UNUSED_PATTERNS = (254, 255)  # patterns that no picture carries
_MAX_SCORE = 300.0  # of a score: beyond, chances are too small for numbers
_MAX_RESCALED_S = 20  # seconds that are looked at again at other sizes, when nothing is found at the size that is there
_SEARCH_SIZES = tuple(np.round(np.arange(0.70, 1.105, 0.01), 2))  # a cropped picture is less than all of it
_VOTING_SPANS_S = (1, 2, 4, 8)  # seconds that a number is read from: one when one is enough


@dataclass(frozen=True)
class VideoWatermark:
    """What a look for the picture mark gave.

    *score* is the negative logarithm of the chance that an unmarked file looks like this one; *found*, that it is 6
    or more. *shots* are the numbers that could be read, in the order they are first seen. *size* is that of the whole
    picture relative to what is left of it: below 1 for a crop.
    """

    score: float
    found: bool
    shots: tuple[int, ...] = ()
    size: float = 1.0


@dataclass(frozen=True, eq=False)
class WatermarkLocation:
    """Where the mark lies: *at* rows and columns, in pictures of *size*; how strongly, as a *score*."""

    score: float
    at: tuple[int, int]
    size: float


def detect_watermark(path: Path) -> VideoWatermark:
    """Look for the mark in the pictures of the mp4 file at *path*.

    Raises:
        InputError: the file cannot be read.
    """
    spectra: list[Spectrum] = []
    kept: list[Demodulated] = []
    for turning in demodulate(*decode_luma(path)):
        spectra.append(tile_phases_at(turning))
        kept += [turning] if len(kept) < _MAX_RESCALED_S else []
    if not spectra:
        return VideoWatermark(0.0, found=False)
    place = locate_watermark(spectra)
    if place.score < -log10(FALSE_ALARM_RATE):
        place = max(
            (locate_watermark([tile_phases_at(each, size) for each in kept], size) for size in _SEARCH_SIZES),
            key=lambda p: p.score,
        )
    if place.score < -log10(FALSE_ALARM_RATE):
        return VideoWatermark(round(place.score, 1), found=False)
    if place.size != 1.0:
        spectra = [tile_phases_at(each, place.size) for each in kept]
    return VideoWatermark(
        round(place.score, 1), found=True, shots=tuple(_read_numbers(spectra, place.at)), size=place.size
    )


def demodulate(reel: VideoInfo, lights: Iterable[tuple[int, Planes]]) -> Iterator[Demodulated]:
    """Give, for each second of *reel*, what turns over at the rate of the mark; what stands still cancels out.

    *lights* are the number and the Y plane (h, w), 0 to 255, of some or all of its pictures, in order.
    """
    rate, width = reel.format.rate, round(reel.format.width * HEIGHT_ROWS / reel.format.height)
    sums, now = np.zeros((3, HEIGHT_ROWS, width), np.float32), 0
    turns: list[tuple[float, float]] = []
    number = 0
    for number, light in lights:
        second = number * rate.denominator // rate.numerator
        if turns and second != now:
            yield _demodulated_second(sums, turns)
            sums, turns = np.zeros_like(sums), []
        now = second
        light = cv2.resize(light, (width, HEIGHT_ROWS), interpolation=cv2.INTER_AREA).astype(np.float32)
        angle = 2 * pi * INVERSIONS_HZ * (number * rate.denominator / rate.numerator)
        turns.append((cos(angle), -sin(angle)))
        sums[0] += light
        for total, weight in zip(sums[1:], turns[-1], strict=True):
            cv2.scaleAdd(light, weight, total, dst=total)
    if turns and (now == 0 or number + 1 - now * rate >= _MIN_LAST_SECOND_SHARE * rate):
        yield _demodulated_second(sums, turns)


def _demodulated_second(sums: NDArray[np.float32], turns: Sequence[tuple[float, float]]) -> Demodulated:
    mean = np.mean(turns, axis=0)
    real, imaginary = sums[1] - mean[0] * sums[0], sums[2] - mean[1] * sums[0]
    return np.asarray(real + 1j * imaginary, np.complex64)


def tile_phases_at(turning: Demodulated, size: float = 1.0) -> Spectrum:
    """Return the phases of all tiles of *turning* laid over each other, after bringing it to *size*."""
    parts: list[NDArray[Any]] = [part - cv2.GaussianBlur(part, (0, 0), 6) for part in (turning.real, turning.imag)]
    # What moves is far stronger than the mark: each neighbourhood counts as much as any other.
    power = cv2.GaussianBlur(parts[0] ** 2 + parts[1] ** 2, (0, 0), 8)
    local = np.sqrt(np.maximum(power, 0)) + 0.3 * np.sqrt(np.median(power)) + 1e-6
    parts = [part / local for part in parts]
    if size != 1.0:
        parts = [cv2.resize(part, None, fx=size, fy=size, interpolation=cv2.INTER_LINEAR) for part in parts]
    whole = np.asarray(parts[0] + 1j * parts[1], np.complex64)
    height, width = whole.shape
    whole = np.pad(whole, ((0, -height % TILE_SIZE), (0, -width % TILE_SIZE)))
    return tile_phases(whole.reshape(whole.shape[0] // TILE_SIZE, TILE_SIZE, -1, TILE_SIZE).sum(axis=(0, 2)))


def locate_watermark(spectra: Sequence[Spectrum], size: float = 1.0, number: int = 0) -> WatermarkLocation:
    """Return where pattern *number* (0: the mark's) would best lie in *spectra*, and how likely that is no chance."""
    from scipy.special import gammaincc

    power = _correlation_power(spectra, number)
    row, column = (int(each) for each in np.unravel_index(power.argmax(), power.shape))
    # How far chance goes is seen in patterns that are nowhere: were seconds independent, each would add the square of
    # one normal number at worst, but what comes back each second (a blinking light) agrees by chance again and again.
    nowhere = np.array([_correlation_power(spectra, other) for other in _UNUSED_PATTERNS])
    mean = float(nowhere.mean())
    shape = min(len(spectra) / 2, mean**2 / float(nowhere.var()))
    # Half of the false alarms are for the one place where the mark lies in a picture nobody cropped, the other half for
    # all other places and sizes together.
    with np.errstate(divide="ignore"):  # nothing left of a chance is _HIGHEST below
        chances = np.log(gammaincc(shape, np.array([power[0, 0], power.max()]) * shape / mean)) + log(2)
    untouched, moved = np.minimum(-chances / log(10), _MAX_SCORE) - [0, log10(power.size * len(_SEARCH_SIZES))]
    if size == 1.0 and untouched >= moved:
        return WatermarkLocation(max(0.0, float(untouched)), (0, 0), size)
    return WatermarkLocation(max(0.0, float(moved)), (row, column), size)


def _correlation_power(spectra: Sequence[Spectrum], number: int) -> NDArray[np.float64]:
    return sum((np.abs(correlate(phases, number)) ** 2 for phases in spectra), np.zeros((TILE_SIZE, TILE_SIZE)))


def _read_numbers(spectra: Sequence[Spectrum], at: tuple[int, int]) -> list[int]:
    """Return the numbers of the shots in *spectra*, in the order they are first seen."""
    votes = [_symbol_votes(phases, at) for phases in spectra]
    found: dict[int, None] = {}
    for start in range(len(votes)):
        spans = (votes[start : start + span] for span in _VOTING_SPANS_S if start + span <= len(votes) or span == 1)
        number = next((number for span in spans if (number := soft_decode(_standardise(sum(span)))) is not None), None)
        if number is not None:
            found.setdefault(number)
    return list(found)


def _symbol_votes(phases: Spectrum, at: tuple[int, int]) -> Votes:
    """Return how much *phases* speak for each value of each symbol, the mark lying *at*."""
    # The pattern of the place says in which sense the mark turns in this second.
    sense = correlate(phases, 0)[at]
    rows, columns = ((_symbol_shifts() + at) % TILE_SIZE).T
    seen = [correlate(phases, number)[rows, columns] for number in range(1, CODEWORD_SYMBOLS + 1)]
    return np.asarray(np.array(seen) * np.conj(sense) / max(abs(sense), 1e-9)).real.astype(np.float64)


@cache
def _symbol_shifts() -> NDArray[np.int64]:
    """Return where each value of a symbol has its pattern (values, 2)."""
    return np.array([symbol_shift(value) for value in range(SYMBOL_VALUES)])


def _standardise(votes: Votes | int) -> Votes:
    assert isinstance(votes, np.ndarray)
    deviation = 1.4826 * float(np.median(np.abs(votes)))
    return votes / max(deviation, 1e-9)
