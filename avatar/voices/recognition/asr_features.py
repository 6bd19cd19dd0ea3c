"""Speech as a recogniser hears it: what the encoder of the shipped recogniser makes of it, fifty times a second.

It has heard far more people, rooms and microphones than this project could record, and was taught to keep what tells
words apart and to forget the rest.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.media.audio.resample import resample
from avatar.voices.recognition.recogniser import model

Floats = NDArray[np.float32]

FEATURES: Final = 384  # numbers per step: the width of the encoder
STEPS: Final = 50  # per second

_RATE = 16_000  # samples per second
_STEP = _RATE // STEPS
_BLOCK, _AROUND = 10 * STEPS, 2 * STEPS  # long sounds are heard in blocks of 10 s, each with 2 s before and after
_LEAST = STEPS  # steps: what is shorter is heard with silence after it
_PEAK = 0.9  # of full scale: what every sound is raised to, or ...
_FAINTEST = 1e-3  # ... less, where nothing is louder than this: that is no speech


def asr_features(sound: Floats, rate: int) -> Floats:
    """Return what is heard (steps, 384) in the mono *sound* (*rate* samples per second); gain does not matter."""
    heard = resample(sound, rate, _RATE)
    heard = heard * np.float32(_PEAK / max(float(np.abs(heard).max(initial=0.0)), _FAINTEST))
    count = -(-len(heard) // _STEP)
    pieces = []
    for start in range(0, count, _BLOCK):
        first, last = max(0, start - _AROUND), min(count, start + _BLOCK + _AROUND)
        piece = _encoded(heard[first * _STEP : last * _STEP], last - first)
        pieces.append(piece[start - first : min(start + _BLOCK, count) - first])
    return np.concatenate(pieces) if pieces else np.zeros((0, FEATURES), np.float32)


def _encoded(sound: Floats, steps: int) -> Floats:
    """Return what the encoder makes of *sound* (up to 14 s at 16 kHz), for each of its *steps*."""
    padded = np.pad(sound, (0, max(steps, _LEAST) * _STEP - len(sound)))
    # Without the half minute to which a recogniser stretches everything: the encoder does not need it.
    bands = model().feature_extractor(padded, padding=0)
    return np.array(model().encode(np.ascontiguousarray(bands, np.float32)), np.float32)[0, :steps]
