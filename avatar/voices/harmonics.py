"""Reading a harmonic spectrum where it is defined: at the harmonics."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.voices.spectra import BINS, RATE, Spectra

_BIN = RATE / (2 * (BINS - 1))  # Hz
_HIGHEST = 11_900.0  # Hz


def at_own_harmonics(spectra: Spectra) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the harmonic log magnitudes and phases, read at the harmonics of their own pitch and joined between them.

    The network learned them there only. A voice of another pitch has its harmonics elsewhere, where the raw values
    mean nothing: used as they are, they cost a deep voice half its likeness.
    """
    magnitude, phase = spectra.harmonic.copy(), spectra.harmonic_phase.copy()
    bins = np.arange(BINS)
    for frame in np.flatnonzero(spectra.voiced):
        pitch = float(spectra.pitch[frame])
        places = np.arange(1, int(_HIGHEST // pitch) + 1) * pitch / _BIN
        magnitude[:, frame] = np.interp(bins, places, _read(spectra.harmonic[:, frame], places))
        turn = np.exp(1j * np.pi * np.tanh(spectra.harmonic_phase[:, frame]))
        turns = _read(turn, places)
        joined = np.interp(bins, places, turns.real) + 1j * np.interp(bins, places, turns.imag)
        phase[:, frame] = np.arctanh(np.clip(np.angle(joined) / np.pi, -0.9999, 0.9999))
    return magnitude, phase


def _read(values: NDArray[Any], places: NDArray[Any]) -> NDArray[Any]:
    below = np.minimum(places.astype(int), BINS - 2)
    part = places - below
    return np.asarray(values[below] * (1 - part) + values[below + 1] * part)
