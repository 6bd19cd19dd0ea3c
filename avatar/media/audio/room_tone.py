"""The tone of a quiet room, for wherever nobody speaks: digital silence sounds like a fault."""

import numpy as np
from numpy.typing import NDArray

_ROOM_TONE_RMS = 10 ** (-74.0 / 20)  # full scale at 1.0: below what loudness meters count, above what players cut off


def room_tone(samples: int, seed: int) -> NDArray[np.float64]:
    """Return room tone (*samples*,), float64, at -74 dB RMS of full scale (1.0); *seed* decides which."""
    return np.random.default_rng(seed).standard_normal(samples) * _ROOM_TONE_RMS
