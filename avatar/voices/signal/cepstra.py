"""Mel-cepstra: the shape of a spectrum in forty numbers, and back."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from avatar.voices.signal.spectra import BINS, HOP, RATE, VOICED

Reals = NDArray[np.float64]

ORDER = 40

_POINTS = 80  # places on the mel axis where a spectrum is read
_LOWEST, _HIGHEST = 40.0, 11_800.0  # Hz
_FFT = 2048
_FLOOR = 71.0  # Hz: WORLD's lowest pitch for a window of a sane length
_FRAME = HOP / RATE
_EMPTY = 75.0  # decibels below the strongest band: nothing was recorded there
_BELOW_EDGE = 0.95  # of the highest frequency: the slope of the filter is not the voice
_NARROWEST = 3_400.0  # Hz


def cepstra_of(sound: NDArray[np.float32], pitch: NDArray[np.floating], band: float = RATE / 2) -> Reals:
    """Return the mel-cepstra (frames, 40) of *sound* (24 kHz), whose *pitch* (frames,) in Hz is 0 where unvoiced.

    Above *band* (Hz) the spectrum is taken to go on as it is there.
    """
    from pyworld import cheaptrick

    times = np.arange(len(pitch)) * _FRAME
    known = np.where(pitch >= VOICED, np.clip(pitch, _FLOOR + 1, 700.0), 0.0).astype(np.float64)
    power = cheaptrick(sound.astype(np.float64), known, times, RATE, fft_size=_FFT, f0_floor=_FLOOR)
    at = np.minimum(_reading_places(), band) / (RATE / _FFT)
    below = at.astype(int)
    logs = np.log(power + 1e-12) / 2
    read = logs[:, below] * (1 - (at - below)) + logs[:, below + 1] * (at - below)
    return np.asarray(read @ _to_cepstra().T)


def band_of(sound: NDArray[np.float32]) -> float:
    """Return up to which frequency in Hz *sound* (24 kHz) has anything: an old recording may end at 7 kHz.

    What is not there must not be learned as silence: it would muffle the voice and bend everything below.
    """
    frames = sound[: len(sound) // _FFT * _FFT].reshape(-1, _FFT) * np.hanning(_FFT)
    power = np.square(np.abs(np.fft.rfft(frames, axis=1))).mean(axis=0)
    there = np.flatnonzero(power > power.max(initial=0.0) * 10 ** (-_EMPTY / 10))
    highest = float(there[-1]) * RATE / _FFT if len(there) else 0.0
    return float(np.clip(_BELOW_EDGE * highest, _NARROWEST, RATE / 2))


def spectrum_of(cepstra: Reals) -> NDArray[np.float32]:
    """Return the log magnitudes (601, frames) that *cepstra* (frames, 40) describe."""
    return np.asarray((cepstra @ _to_spectrum()).T, dtype=np.float32)


def resonating(cepstra: Reals, factor: float) -> Reals:
    """Return the mel-cepstra (frames, 40) of the same sounds with every resonance *factor* times as high.

    So a longer throat (below 1) or a shorter one (above) sounds.
    """
    return cepstra if factor == 1.0 else np.asarray(cepstra @ _moving(factor))


def _mel(hertz: Reals | float) -> Reals:
    return np.asarray(1127 * np.log1p(np.asarray(hertz) / 700))


@lru_cache(maxsize=1)
def _reading_places() -> Reals:
    """Return the frequencies in Hz where a spectrum is read, equally far apart in mel."""
    mels = np.linspace(_mel(_LOWEST), _mel(_HIGHEST), _POINTS)
    return np.asarray(700 * np.expm1(mels / 1127))


@lru_cache(maxsize=1)
def _to_cepstra() -> Reals:
    """Return the cosine transform (40, places)."""
    cosines = np.cos(np.pi * np.arange(ORDER)[:, None] * (np.arange(_POINTS) + 0.5) / _POINTS)
    scale = np.full((ORDER, 1), 2 / _POINTS)
    scale[0] = 1 / _POINTS
    return np.asarray(cosines * scale)


@lru_cache(maxsize=1)
def _to_spectrum() -> Reals:
    """Return the inverse cosine transform (40, 601), read at the bins of the base voice."""
    return _read_at(np.arange(BINS) * RATE / (2 * (BINS - 1)))


@lru_cache(maxsize=16)
def _moving(factor: float) -> Reals:
    """Return what makes of mel-cepstra those of the spectrum stretched by *factor* (40, 40)."""
    return np.asarray(_read_at(_reading_places() / factor) @ _to_cepstra().T)


def _read_at(hertz: Reals) -> Reals:
    """Return the inverse cosine transform (40, places), read at *hertz*."""
    place = np.interp(_mel(np.clip(hertz, _LOWEST, _HIGHEST)), _mel(_reading_places()), np.arange(_POINTS))
    return np.asarray(np.cos(np.pi * np.arange(ORDER)[:, None] * (place + 0.5) / _POINTS))
