"""Speech as a network hears it: how loud each band of the mel scale is, a hundred times a second."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from avatar.voices.resample import resampled

Floats = NDArray[np.float32]

BANDS = 80
HOPS = 100  # frames per second
FLOOR, CEILING = -4.0, 3.0  # of ``log_bands``
_QUIET = 1e-3  # of the power of the loud frames: what is quieter tells nothing about voice and microphone
_FAINTEST = 1e-3  # power of a whole frame, about -70 dB of full scale: what is nowhere louder is no speech
_NOTHING = 1e-8  # the same, of one band
_RATE = 16_000  # samples per second
_WINDOW = 400  # samples: 25 ms
_FFT = 512
_LOWEST, _HIGHEST = 40.0, 7_600.0  # Hz
_PIECE = 3000  # frames worked on at once: half a minute


def powers(sound: Floats, rate: int) -> Floats:
    """Return the power (frames, 80) in each band of the mono *sound* (*rate* samples per second).

    Frame n is centred (n + 0.5) / 100 seconds after the start.
    """
    heard = resampled(sound, rate, _RATE)
    hop = _RATE // HOPS
    count = -(-len(heard) // hop)
    before = (_WINDOW - hop) // 2
    padded = np.pad(heard, (before, count * hop + _WINDOW - before - len(heard)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[: count * hop : hop]
    window = np.hanning(_WINDOW + 2)[1:-1].astype(np.float32)
    pieces = [_banded(frames[at : at + _PIECE] * window) for at in range(0, count, _PIECE)]
    return np.concatenate(pieces) if pieces else np.zeros((0, BANDS), np.float32)


def log_bands(power: Floats) -> Floats:
    """Return *power* (frames, 80) as powers of ten, each band relative to its own mean in what is loud enough.

    So neither gain nor the colour of a microphone matters; silence is far below zero.
    """
    total = power.sum(axis=1)
    loud = max(float(np.percentile(total, 95)) if len(total) else 0.0, _FAINTEST)
    logs = np.log10(np.maximum(power, loud * _NOTHING))
    active = total >= loud * _QUIET
    usual = logs[active].mean(axis=0) if active.any() else 0.0
    return np.asarray(np.clip(logs - usual, FLOOR, CEILING), np.float32)


def _banded(frames: Floats) -> Floats:
    from scipy.fft import rfft

    spectrum = rfft(frames, _FFT, axis=1)
    return np.asarray((spectrum.real**2 + spectrum.imag**2) @ _filters(), np.float32)


@cache
def _filters() -> Floats:
    """Return triangles (257, 80) that are evenly spaced on the mel scale (O'Shaughnessy 1987), each of unit sum."""
    edges = 700 * (10 ** (np.linspace(_mel(_LOWEST), _mel(_HIGHEST), BANDS + 2) / 2595) - 1)
    places = np.arange(_FFT // 2 + 1) * _RATE / _FFT
    rising = (places[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - places[:, None]) / (edges[2:] - edges[1:-1])
    shape = np.maximum(0, np.minimum(rising, falling))
    # The lowest bands are narrower than the steps of the spectrum: they take the nearest one.
    empty = np.flatnonzero(shape.sum(axis=0) == 0)
    shape[np.abs(places[:, None] - edges[1:-1][empty]).argmin(axis=0), empty] = 1
    return np.asarray(shape / shape.sum(axis=0), np.float32)


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))
