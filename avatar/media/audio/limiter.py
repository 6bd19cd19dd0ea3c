"""Look-ahead peak limiters: they turn sound down smoothly around every peak, so that loudness never clips."""

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.media.audio.io import Sound
from avatar.media.audio.resample import resample

CEILING = 10 ** (-1 / 20)  # -1 dB true peak (EBU R128)
_LOOKAHEAD = 480  # samples a peak is felt before and after: 10 ms at 48 kHz
_OVERSAMPLING = 4  # peaks between samples (ITU-R BS.1770-4, annex 2)
_MARGIN = 4 * _LOOKAHEAD  # what a stretch must know of its neighbours: two windows, and the oversampling filter

Curve = NDArray[np.floating[Any]]  # (samples,): a level or a gain for each sample, 0 and up


def limit_true_peaks(sound: Iterable[Sound], ceiling: float = CEILING) -> Iterator[Sound]:
    """Give *sound* with no true peak above *ceiling*, in as many samples as came; quiet sound passes untouched."""
    before, held = np.zeros(0, np.float32), np.zeros(0, np.float32)
    for piece in sound:
        held = np.concatenate([held, piece])
        ready = len(held) - _MARGIN
        if ready < _MARGIN:
            continue
        yield _limit_between(before, held[:ready], held[ready:], ceiling)
        before, held = held[:ready][-_MARGIN:], held[ready:]
    if len(held):
        yield _limit_between(before, held, held[:0], ceiling)


def limit_sample_peaks(sound: Sound, ceiling: float, window: int) -> Sound:
    """Return *sound*, whole, with no sample above *ceiling*; *window* samples around a peak are turned down with it.

    Cheaper than ``limit_true_peaks``, and blind to peaks between samples.
    """
    from scipy.ndimage import uniform_filter1d

    return _limit(sound, np.abs(sound), ceiling, window, lambda gain: uniform_filter1d(gain, window))


def _limit_between(before: Sound, now: Sound, after: Sound, ceiling: float) -> Sound:
    heard = np.concatenate([before, now, after])
    limit = _limit(heard, _true_peaks(heard), ceiling, 2 * _LOOKAHEAD + 1, _hann_mean)
    return limit[len(before) : len(before) + len(now)]


def _limit(sound: Sound, peaks: Curve, ceiling: float, window: int, mean: Callable[[Curve], Curve]) -> Sound:
    """Return *sound* with *peaks*, those around each sample, below *ceiling*.

    The *mean* over *window* samples of the lowest wanted gain over as many never exceeds the wanted gain.
    """
    from scipy.ndimage import minimum_filter1d

    if peaks.max(initial=0.0) <= ceiling:
        return sound
    wanted = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    return np.asarray(sound * mean(minimum_filter1d(wanted, window)), np.float32)


def _true_peaks(sound: Sound) -> NDArray[np.float64]:
    """Return the true peak around each sample: the highest of four points to the next, and the sample itself."""
    finer = np.abs(resample(sound, 1, _OVERSAMPLING))
    between = (finer[start::_OVERSAMPLING] for start in range(_OVERSAMPLING))
    return reduce(np.maximum, between, np.abs(sound)).astype(np.float64)


def _hann_mean(gain: Curve) -> Curve:
    from scipy.ndimage import convolve1d

    window = np.hanning(2 * _LOOKAHEAD + 3)[1:-1]
    return np.asarray(convolve1d(gain, window / window.sum(), mode="nearest"))
