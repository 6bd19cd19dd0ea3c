"""Breathiness: the level of noise relative to the harmonics of voiced speech."""

from dataclasses import replace

import numpy as np

from avatar.voices.signal.spectra import Spectra

_TRANSITION_FRAMES = 3  # frames (37 ms) in which a voice sets in


def change_breathiness(spectra: Spectra, change: float) -> Spectra:
    """Return *spectra* with *change* nepers more breath (less, below 0) where voiced; consonants stay as they are."""
    if not change:
        return spectra
    from scipy.ndimage import uniform_filter1d

    part = uniform_filter1d(spectra.voiced.astype(np.float32), _TRANSITION_FRAMES, mode="nearest")
    more = np.where(spectra.voiced, np.float32(change) * part, 0).astype(np.float32)
    return replace(spectra, noise=spectra.noise + more, rest=spectra.rest + more)
