"""Loudness measured as EBU R128 says, piece by piece."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from avatar.media.audio.resample import resample
from avatar.runtime.jit import lazy_njit

Sound = NDArray[np.float32]  # (samples,), mono, full scale at 1.0
Reals = NDArray[np.float64]

RATE = 48_000  # samples per second of what is measured

# K-weighting at 48 kHz, ITU-R BS.1770-5, tables 1 and 2: the head as a sphere, then what the ear does to low tones.
_NUMERATORS = np.array([(1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -2.0, 1.0)])
_DENOMINATORS = np.array([(-1.69065929318241, 0.73248077421585), (-1.99004745483398, 0.99007225036621)])
_HOP_SAMPLES = RATE // 10  # ITU-R BS.1770-5: blocks of 400 ms, three quarters of each overlapping the next
_HOPS_PER_BLOCK = 4
_OFFSET_LU = -0.691
_ABSOLUTE_GATE_LUFS, _RELATIVE_GATE_LU = -70.0, -10.0


def integrated_loudness(sound: Iterable[Sound]) -> float:
    """Return the integrated loudness of 48 kHz *sound* in LUFS, minus infinity for silence."""
    powers = np.array(list(_hop_powers(sound)))
    if len(powers) == 0:
        return -np.inf
    blocks = _block_powers(powers)
    loud = blocks[_to_lufs(blocks) > _ABSOLUTE_GATE_LUFS]
    if len(loud) == 0:
        return -np.inf
    return float(_to_lufs(loud[_to_lufs(loud) > _to_lufs(loud.mean()) + _RELATIVE_GATE_LU].mean()))


def loudness_of(sound: Sound, rate: int) -> float:
    """Return the integrated loudness of *sound* in LUFS, minus infinity for silence; a short one is heard repeated."""
    heard = resample(sound, rate, RATE)
    return integrated_loudness([np.resize(heard, max(len(heard), RATE))])


def _hop_powers(sound: Iterable[Sound]) -> Iterator[float]:
    """Give the mean square of each 100 ms after K-weighting (the last may be shorter)."""
    state, rest = np.zeros((2, 2)), np.zeros(0)
    for piece in sound:
        weighted = np.array(piece, np.float64)
        _k_weight(weighted, state, _NUMERATORS, _DENOMINATORS)
        rest = np.concatenate([rest, weighted])
        hops = len(rest) // _HOP_SAMPLES
        yield from (rest[: hops * _HOP_SAMPLES].reshape(hops, _HOP_SAMPLES) ** 2).mean(axis=1)
        rest = rest[hops * _HOP_SAMPLES :]
    if len(rest):
        yield float((rest**2).mean())


@lazy_njit
def _k_weight(samples: Reals, state: Reals, numerators: Reals, denominators: Reals) -> None:
    """Filter *samples* in place, one filter after the other, each going on from its *state* (2, in place)."""
    for each in range(len(numerators)):
        b0, b1, b2 = numerators[each, 0], numerators[each, 1], numerators[each, 2]
        a1, a2 = denominators[each, 0], denominators[each, 1]
        first, second = state[each, 0], state[each, 1]
        for at in range(len(samples)):
            given = samples[at]
            result = b0 * given + first
            first = b1 * given - a1 * result + second
            second = b2 * given - a2 * result
            samples[at] = result
        state[each, 0], state[each, 1] = first, second


def _block_powers(powers: Reals) -> Reals:
    """Return the power of each 400 ms block; sound shorter than that is one block."""
    size = min(_HOPS_PER_BLOCK, len(powers))
    blocks: Reals = np.lib.stride_tricks.sliding_window_view(powers, size).mean(axis=1)
    return blocks


def _to_lufs(power: Reals) -> Reals:
    lufs: Reals = _OFFSET_LU + 10 * np.log10(np.maximum(power, 1e-30))
    return lufs
