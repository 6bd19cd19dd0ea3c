import numpy as np
from numpy.typing import NDArray

from avatar.runtime.jit import jit_part, lazy_njit


@jit_part
def _double(values: NDArray[np.float64], at: int) -> float:
    return 2 * values[at]


@jit_part
def _double_and_add(values: NDArray[np.float64], at: int) -> float:
    return _double(values, at) + 1


@lazy_njit
def _total(values: NDArray[np.float64]) -> float:
    total = 0.0
    for at in range(len(values)):
        total += _double_and_add(values, at)
    return total


def test_a_compiled_function_calls_its_parts_and_their_parts():
    assert _total(np.arange(4.0)) == 2 * 6 + 4


def test_a_part_is_a_plain_function_to_everybody_else():
    assert _double_and_add(np.array([3.0]), 0) == 7
