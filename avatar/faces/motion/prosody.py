"""How loud a piece of speech is, frame by frame."""

from fractions import Fraction
from pathlib import Path

import numpy as np

from avatar.faces.geometry.blendshapes import Floats


def loudness(sound: Path, rate: Fraction, count: int) -> Floats:
    """Return the loudness (*count*,), 0 to 1, of the wav file *sound* at each frame; 1 is its loudest."""
    import soundfile

    samples, samplerate = soundfile.read(sound, dtype="float32")
    power = np.square(samples.mean(axis=1) if samples.ndim > 1 else samples, dtype=np.float64)
    total = np.concatenate([[0.0], np.cumsum(power)])
    middles = (np.arange(count) + 0.5) / float(rate) * samplerate
    half = 0.03 * samplerate  # a window of 60 ms: longer than a pitch period, shorter than a syllable
    low, high = (np.clip(middles + side * half, 0, len(power)).astype(int) for side in (-1, 1))
    level = np.sqrt((total[high] - total[low]) / np.maximum(high - low, 1))
    return np.asarray(level / max(float(np.percentile(level, 98)), 1e-4), np.float32).clip(0, 1)
