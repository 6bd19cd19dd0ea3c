"""Dynamic time warping: which frames of two pieces of speech that say the same belong together."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.runtime.jit import lazy_njit
from avatar.voices.signal.cepstra import Reals

# Steps of the path, (frames of the one, frames of the other), and what each costs. Of equal ones the first is taken.
_STEPS: Final = np.array([(1, 1), (1, 2), (2, 1), (1, 0), (0, 1)])
_WEIGHTS: Final = np.array([1.0, 1.5, 1.5, 1.2, 1.2])


def dtw(one: Reals, other: Reals) -> NDArray[np.intp]:
    """Return the cheapest path (steps, 2) through the frames of *one* (n, d) and *other* (m, d), from start to end.

    What librosa finds, without the seconds that its import takes.
    """
    from scipy.spatial.distance import cdist

    came = np.zeros((len(one), len(other)), np.int8)
    _accumulate_costs(cdist(one, other), _STEPS, _WEIGHTS, came)
    return _backtrack(came)


@lazy_njit
def _accumulate_costs(distance: Reals, steps: NDArray[np.intp], weights: Reals, came: NDArray[np.int8]) -> None:
    """Write into *came* by which step each cell of *distance* is reached at the least cost."""
    rows, columns = distance.shape
    cost = np.full((rows, columns), np.inf)
    cost[0, 0] = distance[0, 0]
    for row in range(rows):
        for column in range(columns):
            for step in range(len(steps)):
                down, right = steps[step]
                if down <= row and right <= column:
                    through = cost[row - down, column - right] + weights[step] * distance[row, column]
                    if through < cost[row, column]:
                        cost[row, column], came[row, column] = through, step


def _backtrack(came: NDArray[np.int8]) -> NDArray[np.intp]:
    row, column = (size - 1 for size in came.shape)
    path = [(row, column)]
    while row > 0 or column > 0:
        down, right = _STEPS[came[row, column]]
        row, column = row - int(down), column - int(right)
        path.append((row, column))
    return np.array(path[::-1], np.intp)
