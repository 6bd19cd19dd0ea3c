"""Loudness measured as EBU R128 says, and brought to a target without clipping: all piece by piece."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from avatar.media.limiter import limited
from avatar.media.sound import Sound
from avatar.media.timeline import SAMPLE_RATE

_HOP = SAMPLE_RATE // 10  # ITU-R BS.1770-4: blocks of 400 ms, three quarters of each overlapping the next
_HOPS_PER_BLOCK = 4
_OFFSET = -0.691
_ABSOLUTE_GATE, _RELATIVE_GATE = -70.0, -10.0
# More would raise the noise of a near-silent recording to the level of speech.
_MOST_GAIN = 30.0


def loudness(sound: Iterable[Sound]) -> float:
    """Return the integrated loudness of 48 kHz *sound* in LUFS, minus infinity for silence."""
    powers = np.array(list(_powers(sound)))
    if len(powers) == 0:
        return -np.inf
    blocks = _blocks(powers)
    loud = blocks[_lufs(blocks) > _ABSOLUTE_GATE]
    if len(loud) == 0:
        return -np.inf
    return float(_lufs(loud[_lufs(loud) > _lufs(loud.mean()) + _RELATIVE_GATE].mean()))


def levelled(sound: Callable[[], Iterator[Sound]], target: float | None) -> Iterator[Sound]:
    """Give the 48 kHz *sound* (asked for twice: to measure, then to give) at *target* LUFS, its peaks limited.

    Silence stays silence; ``None`` leaves the sound as it is.
    """
    if target is None:
        return sound()
    measured = loudness(sound())
    gain = 10 ** (min(target - measured, _MOST_GAIN) / 20) if np.isfinite(measured) else 1.0
    return limited(np.float32(gain) * piece for piece in sound())


def _powers(sound: Iterable[Sound]) -> Iterator[float]:
    """Give the mean square of each 100 ms after K-weighting (the last may be shorter)."""
    from pyloudnorm.iirfilter import IIRfilter
    from scipy.signal import lfilter

    # The two filters of BS.1770: the head as a sphere, then what the ear does to low tones.
    filters = [
        IIRfilter(4.0, 0.5**0.5, 1500.0, SAMPLE_RATE, "high_shelf"),
        IIRfilter(0.0, 0.5, 38.0, SAMPLE_RATE, "high_pass"),
    ]
    states = [np.zeros(2), np.zeros(2)]
    rest = np.zeros(0)
    for piece in sound:
        weighted = np.asarray(piece, np.float64)
        for number, each in enumerate(filters):
            weighted, states[number] = lfilter(each.b, each.a, weighted, zi=states[number])
        rest = np.concatenate([rest, weighted])
        hops = len(rest) // _HOP
        yield from (rest[: hops * _HOP].reshape(hops, _HOP) ** 2).mean(axis=1)
        rest = rest[hops * _HOP :]
    if len(rest):
        yield float((rest**2).mean())


def _blocks(powers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the power of each 400 ms block; sound shorter than that is one block."""
    size = min(_HOPS_PER_BLOCK, len(powers))
    blocks: NDArray[np.float64] = np.lib.stride_tricks.sliding_window_view(powers, size).mean(axis=1)
    return blocks


def _lufs(power: NDArray[np.float64]) -> NDArray[np.float64]:
    lufs: NDArray[np.float64] = _OFFSET + 10 * np.log10(np.maximum(power, 1e-30))
    return lufs
