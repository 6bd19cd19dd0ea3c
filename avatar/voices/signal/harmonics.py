"""A harmonic spectrum where it is defined, at the harmonics, and the phase that belongs to it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.voices.signal.spectra import BINS, RATE, Spectra

_BIN_HZ = RATE / (2 * (BINS - 1))  # Hz
_MAX_HZ = 11_900.0  # Hz
_SMOOTHING_FRAMES = 5  # frames (62 ms) over which a throat's shape is taken for its phase
_MAX_HALF_TURNS = 0.9999  # of a half turn: the most that the form in which phases are kept can say


def interpolate_harmonics(spectra: Spectra) -> NDArray[np.float32]:
    """Return the harmonic log magnitudes (601, frames) in nepers, interpolated between the harmonics of the pitch.

    The network learned them there only. A voice of another pitch has its harmonics elsewhere, where the raw values
    mean nothing: used as they are, they cost a deep voice half its likeness.
    """
    magnitude = spectra.harmonic.copy()
    bins = np.arange(BINS)
    for frame in np.flatnonzero(spectra.voiced):
        pitch = float(spectra.pitch[frame])
        places = np.arange(1, int(_MAX_HZ // pitch) + 1) * pitch / _BIN_HZ
        magnitude[:, frame] = np.interp(bins, places, _interpolate(spectra.harmonic[:, frame], places))
    return magnitude


def minimum_phase(magnitude: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the phase of a throat whose log *magnitude* (601, frames) is known, as ``Spectra`` keeps it.

    A changed spectrum has another phase than the one it came with; with that, deep voices rattle.
    """
    from scipy.fft import irfft, rfft

    folded = irfft(magnitude, axis=0)[:BINS]
    folded[1:-1] *= 2
    turns = np.imag(rfft(folded, n=2 * (BINS - 1), axis=0)) / np.pi
    within = (turns + 1) % 2 - 1
    return np.asarray(np.arctanh(np.clip(within, -_MAX_HALF_TURNS, _MAX_HALF_TURNS)), dtype=np.float32)


def smooth_over_time(magnitude: NDArray[np.float32], voiced: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the log *magnitude* (601, frames) averaged over five frames, of those that are *voiced* (frames,).

    A throat moves slowly, and what is read and predicted of single frames does not: a phase that follows each of them
    rattles.
    """
    from scipy.ndimage import uniform_filter1d

    counted = voiced.astype(np.float32)
    total = uniform_filter1d(magnitude * counted, _SMOOTHING_FRAMES, axis=1, mode="nearest")
    count = uniform_filter1d(counted, _SMOOTHING_FRAMES, mode="nearest")
    return np.where(voiced, total / np.maximum(count, 1 / (2 * _SMOOTHING_FRAMES)), magnitude).astype(np.float32)


def _interpolate(values: NDArray[Any], places: NDArray[Any]) -> NDArray[Any]:
    below = np.minimum(places.astype(int), BINS - 2)
    part = places - below
    return np.asarray(values[below] * (1 - part) + values[below + 1] * part)
