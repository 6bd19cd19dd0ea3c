"""The least-squares 2-D similarity transform between two point sets (Umeyama 1991)."""

import numpy as np
from numpy.typing import NDArray


def estimate_similarity_transform(
    points: NDArray[np.floating], wanted: NDArray[np.floating]
) -> tuple[NDArray[np.float64], float]:
    """Return the similarity transform (2, 3) from *points* (n, 2) to *wanted* (n, 2), and its scale."""
    here, there = (np.asarray(each, np.float64) @ np.array([1, 1j]) for each in (points, wanted))
    middle = here.mean()
    turn = np.vdot(here - middle, there - there.mean()) / np.vdot(here - middle, here - middle)
    shift = there.mean() - turn * middle
    move = np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])
    return move, float(abs(turn))
