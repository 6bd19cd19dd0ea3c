"""Dynamic time warping: which frames of two pieces of speech that say the same belong together."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.voices.cepstra import Reals

# Steps of the path, (frames of the one, frames of the other), and what each costs. Of equal ones the first is taken.
_STEPS: Final = ((1, 1, 1.0), (1, 2, 1.5), (2, 1, 1.5), (1, 0, 1.2), (0, 1, 1.2))
_DEEPEST: Final = max(down + right for down, right, _ in _STEPS)


def warped(one: Reals, other: Reals) -> NDArray[np.intp]:
    """Return the cheapest path (steps, 2) through the frames of *one* (n, d) and *other* (m, d), from start to end.

    What librosa finds, without the seconds that its import takes. Each cell needs only those of earlier diagonals, so
    a diagonal is computed at once.
    """
    from scipy.spatial.distance import cdist

    distance = cdist(one, other)
    rows, columns = distance.shape
    came = np.zeros((rows + columns - 1, rows), np.int8)
    # Costs of the last few diagonals, by row; two rows of nothing before the first.
    before = [np.full(rows + 2, np.inf) for _ in range(_DEEPEST)]
    for diagonal in range(rows + columns - 1):
        first, last = max(0, diagonal - columns + 1), min(rows, diagonal + 1)
        here = np.arange(first, last)
        local = distance[here, diagonal - here]
        best, step = _cheapest(before, local, first, last)
        if diagonal == 0:
            best = local
        came[diagonal, first:last] = step
        cost = np.full(rows + 2, np.inf)
        cost[first + 2 : last + 2] = best
        before = [cost, *before[:-1]]
    return _walked_back(came, rows, columns)


def _cheapest(before: list[Reals], local: Reals, first: int, last: int) -> tuple[Reals, NDArray[np.int8]]:
    """Return the least cost of each cell in rows *first* to *last* of a diagonal, and by which step it is reached."""
    best, step = np.full(last - first, np.inf), np.zeros(last - first, np.int8)
    for number, (down, right, weight) in enumerate(_STEPS):
        cost = before[down + right - 1][first + 2 - down : last + 2 - down] + weight * local
        cheaper = cost < best
        best[cheaper], step[cheaper] = cost[cheaper], number
    return best, step


def _walked_back(came: NDArray[np.int8], rows: int, columns: int) -> NDArray[np.intp]:
    row, column = rows - 1, columns - 1
    path = [(row, column)]
    while row > 0 or column > 0:
        down, right, _ = _STEPS[came[row + column, row]]
        row, column = row - down, column - right
        path.append((row, column))
    return np.array(path[::-1], np.intp)
