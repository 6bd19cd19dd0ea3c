"""Sound at another rate."""

import numpy as np
from numpy.typing import NDArray


def resample(sound: NDArray[np.float32], rate: int, to: int) -> NDArray[np.float32]:
    """Return *sound* of *rate* samples per second at *to* samples per second (soxr, high quality)."""
    import soxr

    return sound if rate == to else np.asarray(soxr.resample(sound, rate, to), dtype=np.float32)
