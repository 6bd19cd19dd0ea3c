"""The turn, scale and shift that brings points of a face to where a network wants them."""

import numpy as np
from numpy.typing import NDArray


def estimate_similarity_transform(
    points: NDArray[np.floating], wanted: NDArray[np.floating]
) -> tuple[NDArray[np.float64], float]:
    """Return the turn, scale and shift (2, 3) that brings *points* (n, 2) nearest to *wanted*, and its scale."""
    here, there = (np.asarray(each, np.float64) @ np.array([1, 1j]) for each in (points, wanted))
    middle = here.mean()
    turn = np.vdot(here - middle, there - there.mean()) / np.vdot(here - middle, here - middle)
    shift = there.mean() - turn * middle
    move = np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])
    return move, float(abs(turn))
