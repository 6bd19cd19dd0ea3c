"""A limiter that looks ahead, so that loudness never becomes clipping."""

from collections.abc import Iterable, Iterator
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from avatar.media.audio.io import Sound
from avatar.media.audio.resample import resample

CEILING = 10 ** (-1 / 20)  # -1 dB true peak (EBU R128)
_REACH = 480  # samples a peak is felt before and after: 10 ms at 48 kHz
_OVERSAMPLING = 4  # peaks between samples (ITU-R BS.1770-4, annex 2)
_MARGIN = 4 * _REACH  # what a stretch must know of its neighbours: two windows, and the oversampling filter


def limited(sound: Iterable[Sound], ceiling: float = CEILING) -> Iterator[Sound]:
    """Give *sound* with no peak above *ceiling*, in as many samples as came; quiet sound passes untouched."""
    before, held = np.zeros(0, np.float32), np.zeros(0, np.float32)
    for piece in sound:
        held = np.concatenate([held, piece])
        ready = len(held) - _MARGIN
        if ready < _MARGIN:
            continue
        yield _limit(before, held[:ready], held[ready:], ceiling)
        before, held = held[:ready][-_MARGIN:], held[ready:]
    if len(held):
        yield _limit(before, held, held[:0], ceiling)


def _limit(before: Sound, now: Sound, after: Sound, ceiling: float) -> Sound:
    heard = np.concatenate([before, now, after])
    peaks = _peaks(heard)
    if peaks.max(initial=0.0) <= ceiling:
        return now
    gain = _smooth(np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9)))
    return np.asarray(heard * gain, np.float32)[len(before) : len(before) + len(now)]


def _peaks(sound: Sound) -> NDArray[np.float64]:
    """Return the true peak around each sample: the highest of four points to the next, and the sample itself."""
    finer = np.abs(resample(sound, 1, _OVERSAMPLING))
    between = (finer[start::_OVERSAMPLING] for start in range(_OVERSAMPLING))
    return reduce(np.maximum, between, np.abs(sound)).astype(np.float64)


def _smooth(gain: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a gain that turns slowly and is never above *gain*: the lowest nearby, then its mean nearby."""
    from scipy.ndimage import convolve1d, minimum_filter1d

    width = 2 * _REACH + 1
    window = np.hanning(width + 2)[1:-1]
    return np.asarray(convolve1d(minimum_filter1d(gain, width), window / window.sum(), mode="nearest"))
