"""What is heard below the pitch: breath, hum and rumble, of which one recording has much and another nothing."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.voices.signal.spectra import BINS, HOP, RATE, VOICED, Spectra

NOTHING_KNOWN: Final = float("inf")

_SIZE = 2 * (BINS - 1)  # samples of a frame's window
_BIN = RATE / _SIZE  # Hz
_LOWEST = 20.0  # Hz
_ASIDE = 60.0  # Hz: nearer to a harmonic its own width is seen, ...
_LEAST = 60.0  # ... so below this plus that there is no room to look: deep voices are left as they are
_STRONGEST = 1_500.0  # Hz: the strongest harmonic is below
_FULLY, _NOT = 0.6, 0.8  # of the pitch: what is below the one is lowered, what is above the other is not


def depth_of(sound: NDArray[np.float32], pitch: NDArray[np.floating], active: NDArray[np.bool_]) -> float:
    """Return how strong *sound* (24 kHz) is below its *pitch* (frames,): nepers over the strongest harmonic.

    ``NOTHING_KNOWN`` of a voice that is too deep to tell. Only frames that are *active* count.
    """
    framed = np.lib.stride_tricks.sliding_window_view(np.pad(sound, _SIZE // 2), _SIZE)[::HOP][: len(pitch)]
    frames = np.flatnonzero(_roomy(pitch[: len(framed)]) & active[: len(framed)])
    if not len(frames):
        return NOTHING_KNOWN
    window = np.hanning(_SIZE + 1)[:-1]
    logs = np.log(np.abs(np.fft.rfft(framed[frames] * window, axis=1)) + 1e-6).T
    below = (_hertz() >= _LOWEST) & (_hertz() <= pitch[frames] - _ASIDE)
    strongest = logs[(_hertz() <= _STRONGEST)[:, 0]].max(axis=0)
    return float(((logs - strongest) * below).sum() / below.sum())


def shallower(spectra: Spectra, change: float) -> Spectra:
    """Return *spectra* with what is below the pitch changed by *change* nepers, if that is less, where voiced.

    The base voice has what it has below a pitch of its own. Moved up, it would leave a hum there that is nobody's.
    """
    if not change < 0:  # there is more to hear below the person's pitch, or nothing is known
        return spectra
    part = np.clip((_NOT - _hertz() / np.maximum(spectra.pitch, VOICED)) / (_NOT - _FULLY), 0, 1)
    less = np.where(_roomy(spectra.pitch), change * part, 0.0).astype(np.float32)
    return replace(spectra, noise=spectra.noise + less, rest=spectra.rest + less)


def _roomy(pitch: NDArray[np.floating]) -> NDArray[np.bool_]:
    return np.asarray(pitch >= _LEAST + _ASIDE)


def _hertz() -> NDArray[np.float64]:
    """Return the frequencies of the bins (601, 1)."""
    return np.asarray(np.arange(BINS)[:, None] * _BIN, np.float64)
