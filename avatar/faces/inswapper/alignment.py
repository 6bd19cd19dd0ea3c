"""Where InsightFace's networks want a face: five points of it, in the square that they look at."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.faces.geometry.similarity import estimate_similarity_transform
from avatar.faces.geometry.topology import LEFT_EYE, RIGHT_EYE
from avatar.media.frames import Landmarks

Move = NDArray[np.float64]  # (2, 3): from pixels of a picture to pixels of the square

ENCODED: Final = 112  # pixels: the side of the square that the encoder looks at
SWAPPED: Final = 128  # that of the swapper

# Of the mesh: the tip of the nose (of 1, 4, 5 and 195 the one that fits best) and the corners of the mouth.
_NOSE, _MOUTH = 4, (61, 291)
# Both eyes, the nose, both corners of the mouth, from the left of the picture, in the encoder's square (ArcFace).
_PLACES: Final = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041))
_ASIDE: Final = (SWAPPED - ENCODED) / 2  # the swapper's square is wider on both sides, and reaches lower: no scaling


def to_encoder(landmarks: Landmarks) -> Move:
    """Return the turn, scale and shift that lays the face at *landmarks* into the encoder's square."""
    return estimate_similarity_transform(_five(landmarks), np.array(_PLACES))[0]


def to_swapper(landmarks: Landmarks) -> Move:
    """Return the turn, scale and shift that lays the face at *landmarks* into the swapper's square."""
    return estimate_similarity_transform(_five(landmarks), np.add(_PLACES, (_ASIDE, 0)))[0]


def affine_at(move: Move, left: float, top: float) -> Move:
    """Return *move* for pixels that are counted from *left* and *top*."""
    moved = move.copy()
    moved[:, 2] += move[:, :2] @ (left, top)
    return moved


def _five(landmarks: Landmarks) -> NDArray[np.float64]:
    eyes = [landmarks[list(eye), :2].mean(axis=0) for eye in (RIGHT_EYE, LEFT_EYE)]
    return np.stack([*eyes, landmarks[_NOSE, :2], *landmarks[list(_MOUTH), :2]]).astype(np.float64)
