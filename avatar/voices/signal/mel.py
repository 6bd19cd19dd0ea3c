"""Mel spectra as speaker encoders know them: librosa's, number for number, without the seconds its import takes."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_LINEAR = 1000.0  # hertz: the scale is linear up to here, logarithmic from here on (Slaney's Auditory Toolbox)
_HERTZ_A_MEL = 200.0 / 3
_GROWTH = np.log(6.4) / 27.0  # a mel, above


def mel_power(frames: Floats, window: NDArray[np.float64], rate: int, bands: int) -> Floats:
    """Return the power in each of *bands* (bands, count) of *frames* (count, size), seen through *window* (size,)."""
    spectrum = np.fft.rfft(window[:, None] * frames.T, axis=0).astype(np.complex64, order="F")
    power = np.abs(spectrum) ** 2
    return np.asarray(np.einsum("ft,mf->mt", power, _filters(rate, len(window), bands), optimize=True), np.float32)


def frames_of(sound: Floats, size: int, hop: int) -> Floats:
    """Return all frames (count, size) that lie whole in *sound*, one each *hop* samples."""
    return np.lib.stride_tricks.sliding_window_view(sound, size)[::hop]


@lru_cache(maxsize=4)
def _filters(rate: int, size: int, bands: int) -> Floats:
    """Return how much of each frequency of a spectrum each band holds (bands, size / 2 + 1): triangles of area 1."""
    heard = np.fft.rfftfreq(n=size, d=1.0 / rate)
    edges = _hertz(np.linspace(0.0, _mels(rate / 2), bands + 2))
    steps, away = np.diff(edges), np.subtract.outer(edges, heard)
    made = np.zeros((bands, 1 + size // 2), np.float32)
    for band in range(bands):
        rising, falling = -away[band] / steps[band], away[band + 2] / steps[band + 1]
        made[band] = np.maximum(0, np.minimum(rising, falling))
    made *= (2.0 / (edges[2:] - edges[:-2]))[:, np.newaxis]
    return made


def _mels(hertz: float) -> float:
    return float(_LINEAR / _HERTZ_A_MEL + np.log(hertz / _LINEAR) / _GROWTH)


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    hertz, first = _HERTZ_A_MEL * mels, _LINEAR / _HERTZ_A_MEL
    above = mels >= first
    hertz[above] = _LINEAR * np.exp(_GROWTH * (mels[above] - first))
    return hertz
