"""Mel-cepstra: the shape of a spectrum in forty numbers, and back."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from avatar.media.audio.mel import hz_to_mel_htk, mel_to_hz_htk
from avatar.voices.signal.spectra import BINS, HOP, MIN_VOICED_HZ, RATE

Reals = NDArray[np.float64]

ORDER = 40

_MEL_POINTS = 80  # places on the mel axis where a spectrum is read
_MIN_HZ, _MAX_HZ = 40.0, 11_800.0  # Hz
_FFT_SAMPLES = 2048
_WORLD_MIN_PITCH_HZ = 71.0  # Hz: WORLD's lowest pitch for a window of a sane length
_FRAME_S = HOP / RATE
_NOISE_RANGE_DB = 75.0  # decibels below the strongest band: nothing was recorded there
_BAND_EDGE_SHARE = 0.95  # of the highest frequency: the slope of the filter is not the voice
_MIN_BANDWIDTH_HZ = 3_400.0  # Hz


def mel_cepstra(sound: NDArray[np.float32], pitch: NDArray[np.floating], band: float = RATE / 2) -> Reals:
    """Return the mel-cepstra (frames, 40) of *sound* (24 kHz), whose *pitch* (frames,) in Hz is 0 where unvoiced.

    Above *band* (Hz) the spectrum is taken to go on as it is there.
    """
    from pyworld import cheaptrick

    times = np.arange(len(pitch)) * _FRAME_S
    known = np.where(pitch >= MIN_VOICED_HZ, np.clip(pitch, _WORLD_MIN_PITCH_HZ + 1, 700.0), 0.0).astype(np.float64)
    power = cheaptrick(
        sound.astype(np.float64), known, times, RATE, fft_size=_FFT_SAMPLES, f0_floor=_WORLD_MIN_PITCH_HZ
    )
    at = np.minimum(_mel_points_hz(), band) / (RATE / _FFT_SAMPLES)
    below = at.astype(int)
    logs = np.log(power + 1e-12) / 2
    read = logs[:, below] * (1 - (at - below)) + logs[:, below + 1] * (at - below)
    return np.asarray(read @ _dct_matrix().T)


def estimate_bandwidth(sound: NDArray[np.float32]) -> float:
    """Return the bandwidth in Hz of *sound* (samples,) at 24 kHz: an old recording may end at 7 kHz.

    What is not there must not be learned as silence: it would muffle the voice and bend everything below.
    """
    frames = sound[: len(sound) // _FFT_SAMPLES * _FFT_SAMPLES].reshape(-1, _FFT_SAMPLES) * np.hanning(_FFT_SAMPLES)
    power = np.square(np.abs(np.fft.rfft(frames, axis=1))).mean(axis=0)
    there = np.flatnonzero(power > power.max(initial=0.0) * 10 ** (-_NOISE_RANGE_DB / 10))
    highest = float(there[-1]) * RATE / _FFT_SAMPLES if len(there) else 0.0
    return float(np.clip(_BAND_EDGE_SHARE * highest, _MIN_BANDWIDTH_HZ, RATE / 2))


def log_spectrum(cepstra: Reals) -> NDArray[np.float32]:
    """Return the log magnitudes (601, frames) that *cepstra* (frames, 40) describe."""
    return np.asarray((cepstra @ _inverse_dct_matrix()).T, dtype=np.float32)


def shift_formants(cepstra: Reals, factor: float) -> Reals:
    """Return *cepstra* (frames, 40), mel-cepstra, with every resonance *factor* times as high.

    So a longer throat (below 1) or a shorter one (above) sounds.
    """
    return cepstra if factor == 1.0 else np.asarray(cepstra @ _formant_shift_matrix(factor))


@lru_cache(maxsize=1)
def _mel_points_hz() -> Reals:
    """Return the frequencies in Hz where a spectrum is read, equally far apart in mel."""
    mels = np.linspace(hz_to_mel_htk(_MIN_HZ), hz_to_mel_htk(_MAX_HZ), _MEL_POINTS)
    return mel_to_hz_htk(mels)


@lru_cache(maxsize=1)
def _dct_matrix() -> Reals:
    """Return the cosine transform (40, places)."""
    cosines = np.cos(np.pi * np.arange(ORDER)[:, None] * (np.arange(_MEL_POINTS) + 0.5) / _MEL_POINTS)
    scale = np.full((ORDER, 1), 2 / _MEL_POINTS)
    scale[0] = 1 / _MEL_POINTS
    return np.asarray(cosines * scale)


@lru_cache(maxsize=1)
def _inverse_dct_matrix() -> Reals:
    """Return the inverse cosine transform (40, 601), read at the bins of the base voice."""
    return _cosine_basis_at(np.arange(BINS) * RATE / (2 * (BINS - 1)))


@lru_cache(maxsize=16)
def _formant_shift_matrix(factor: float) -> Reals:
    """Return what makes of mel-cepstra those of the spectrum stretched by *factor* (40, 40)."""
    return np.asarray(_cosine_basis_at(_mel_points_hz() / factor) @ _dct_matrix().T)


def _cosine_basis_at(hertz: Reals) -> Reals:
    """Return the inverse cosine transform (40, places), read at *hertz*."""
    place = np.interp(
        hz_to_mel_htk(np.clip(hertz, _MIN_HZ, _MAX_HZ)), hz_to_mel_htk(_mel_points_hz()), np.arange(_MEL_POINTS)
    )
    return np.asarray(np.cos(np.pi * np.arange(ORDER)[:, None] * (place + 0.5) / _MEL_POINTS))
