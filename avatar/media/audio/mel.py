"""Mel spectra as networks were trained on them: librosa's, number for number, without the seconds its import takes.

Two scales go by the name: that of Slaney's Auditory Toolbox, which librosa takes by default, and that of HTK.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Reals = NDArray[np.float64]

# Slaney's scale is linear up to here, and logarithmic from here on.
_BREAK_HZ = 1000.0
_HZ_PER_MEL = 200.0 / 3  # below the break
_LOG_STEP = np.log(6.4) / 27.0  # a mel, above it
_BREAK_MEL = _BREAK_HZ / _HZ_PER_MEL

_HTK_SCALE, _HTK_BREAK_HZ = 1127, 700


def mel_power(frames: Floats, window: NDArray[np.float64], rate: int, bands: int) -> Floats:
    """Return the power in each of *bands* (bands, count) of *frames* (count, size), seen through *window* (size,)."""
    spectrum = np.fft.rfft(window[:, None] * frames.T, axis=0).astype(np.complex64, order="F")
    power = np.abs(spectrum) ** 2
    bank = mel_filter_bank(rate, len(window), bands)
    return np.asarray(np.einsum("ft,mf->mt", power, bank, optimize=True), np.float32)


def frames_of(sound: Floats, size: int, hop: int) -> Floats:
    """Return all frames (count, size) that lie whole in *sound* (samples,), one each *hop* samples: a view of it."""
    return np.lib.stride_tricks.sliding_window_view(sound, size)[::hop]


@lru_cache(maxsize=8)
def mel_filter_bank(
    rate: int, size: int, bands: int, lowest_hz: float = 0.0, highest_hz: float | None = None
) -> Floats:
    """Return triangular filters of area 1 (bands, size / 2 + 1), equally far apart in Slaney's mel.

    Each row holds how much of each frequency of a spectrum of *size* samples, *rate* a second, its band takes.
    *highest_hz* is half the rate by default. What is returned is shared: look, do not touch.
    """
    heard = np.fft.rfftfreq(n=size, d=1.0 / rate)
    highest = rate / 2 if highest_hz is None else highest_hz
    edges = mel_to_hz(np.linspace(hz_to_mel(lowest_hz), hz_to_mel(highest), bands + 2))
    steps, away = np.diff(edges), np.subtract.outer(edges, heard)
    made = np.zeros((bands, 1 + size // 2), np.float32)
    for band in range(bands):
        rising, falling = -away[band] / steps[band], away[band + 2] / steps[band + 1]
        made[band] = np.maximum(0, np.minimum(rising, falling))
    made *= (2.0 / (edges[2:] - edges[:-2]))[:, np.newaxis]
    return made


def hz_to_mel(hertz: float) -> float:
    """Return the frequency *hertz* in Slaney's mel."""
    if hertz < _BREAK_HZ:
        return hertz / _HZ_PER_MEL
    return float(_BREAK_MEL + np.log(hertz / _BREAK_HZ) / _LOG_STEP)


def mel_to_hz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the frequencies (n,) in hertz of *mels* (n,) of Slaney's scale."""
    hertz = _HZ_PER_MEL * mels
    above = mels >= _BREAK_MEL
    hertz[above] = _BREAK_HZ * np.exp(_LOG_STEP * (mels[above] - _BREAK_MEL))
    return hertz


def hz_to_mel_htk(hertz: Reals | float) -> Reals:
    """Return the frequency *hertz*, a number or (n,), in HTK's mel."""
    return np.asarray(_HTK_SCALE * np.log1p(np.asarray(hertz) / _HTK_BREAK_HZ))


def mel_to_hz_htk(mels: Reals) -> Reals:
    """Return the frequencies (n,) in hertz of *mels* (n,) of HTK's scale."""
    return np.asarray(_HTK_BREAK_HZ * np.expm1(mels / _HTK_SCALE))
