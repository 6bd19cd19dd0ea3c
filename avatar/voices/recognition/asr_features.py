"""Whisper-encoder features of speech: 384 numbers, fifty times a second.

It has heard far more people, rooms and microphones than this project could record, and was taught to keep what tells
words apart and to forget the rest.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.media.audio.resample import resample
from avatar.voices.recognition.recogniser import open_recogniser

Floats = NDArray[np.float32]

FEATURE_SIZE: Final = 384  # numbers per step: the width of the encoder
STEPS_PER_S: Final = 50  # per second

_SAMPLE_RATE_HZ = 16_000  # samples per second
_STEP_SAMPLES = _SAMPLE_RATE_HZ // STEPS_PER_S
_BLOCK_STEPS, _CONTEXT_STEPS = (
    10 * STEPS_PER_S,
    2 * STEPS_PER_S,
)  # long sounds are heard in blocks of 10 s, each with 2 s before and after
_MIN_STEPS = STEPS_PER_S  # steps: what is shorter is heard with silence after it
_TARGET_PEAK = 0.9  # of full scale: what every sound is raised to, or ...
_MIN_PEAK = 1e-3  # ... less, where nothing is louder than this: that is no speech


def asr_features(sound: Floats, rate: int) -> Floats:
    """Return the encoder features (steps, 384) of the mono *sound* (samples,) at *rate* Hz, ``STEPS_PER_S`` a second.

    Gain does not matter: every sound but silence is raised to the same peak.
    """
    heard = resample(sound, rate, _SAMPLE_RATE_HZ)
    heard = heard * np.float32(_TARGET_PEAK / max(float(np.abs(heard).max(initial=0.0)), _MIN_PEAK))
    count = -(-len(heard) // _STEP_SAMPLES)
    pieces = []
    for start in range(0, count, _BLOCK_STEPS):
        first, last = max(0, start - _CONTEXT_STEPS), min(count, start + _BLOCK_STEPS + _CONTEXT_STEPS)
        piece = _encode(heard[first * _STEP_SAMPLES : last * _STEP_SAMPLES], last - first)
        pieces.append(piece[start - first : min(start + _BLOCK_STEPS, count) - first])
    return np.concatenate(pieces) if pieces else np.zeros((0, FEATURE_SIZE), np.float32)


def _encode(sound: Floats, steps: int) -> Floats:
    """Return what the encoder makes of *sound* (up to 14 s at 16 kHz), for each of its *steps*."""
    padded = np.pad(sound, (0, max(steps, _MIN_STEPS) * _STEP_SAMPLES - len(sound)))
    # Without the half minute to which a recogniser stretches everything: the encoder does not need it.
    bands = open_recogniser().feature_extractor(padded, padding=0)
    return np.array(open_recogniser().encode(np.ascontiguousarray(bands, np.float32)), np.float32)[0, :steps]
