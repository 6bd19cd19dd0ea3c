"""Sound at another rate."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray


def resample(sound: NDArray[np.float32], rate: int, to: int) -> NDArray[np.float32]:
    """Return *sound* (samples,) of *rate* Hz, resampled to *to* Hz (soxr, high quality).

    Both are mono with full scale at 1.0. At the same rate *sound* itself is returned.
    """
    import soxr

    return sound if rate == to else np.asarray(soxr.resample(sound, rate, to), dtype=np.float32)


def resample_stream(pieces: Iterable[NDArray[np.float32]], rate: int, to: int) -> Iterator[NDArray[np.float32]]:
    """Give the sound of *pieces*, each (samples,), as ``resample`` returns it whole, in pieces of other lengths."""
    if rate == to:
        yield from pieces
        return
    import soxr

    stream = soxr.ResampleStream(rate, to, 1, dtype="float32")
    for piece in pieces:
        yield np.asarray(stream.resample_chunk(np.ascontiguousarray(piece)), np.float32)
    yield np.asarray(stream.resample_chunk(np.zeros(0, np.float32), last=True), np.float32)
