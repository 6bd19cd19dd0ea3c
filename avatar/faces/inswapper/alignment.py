"""Where InsightFace's networks want a face: five points of it, in the square that they look at."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.faces.geometry.similarity import estimate_similarity_transform
from avatar.faces.geometry.topology import LEFT_EYE, RIGHT_EYE
from avatar.media.frames import Landmarks

Affine = NDArray[np.float64]  # (2, 3): from pixels of a picture to pixels of the square

ARCFACE_SIZE_PX: Final = 112  # pixels: the side of the square that the encoder looks at
SWAPPER_SIZE_PX: Final = 128  # that of the swapper

# Of the mesh: the tip of the nose (of 1, 4, 5 and 195 the one that fits best) and the corners of the mouth.
_NOSE_POINT, _MOUTH_POINTS = 4, (61, 291)
# Both eyes, the nose, both corners of the mouth, from the left of the picture, in the encoder's square (ArcFace).
_ARCFACE_TEMPLATE: Final = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
_SWAPPER_OFFSET_PX: Final = (
    SWAPPER_SIZE_PX - ARCFACE_SIZE_PX
) / 2  # the swapper's square is wider on both sides, and reaches lower: no scaling


def arcface_alignment(landmarks: Landmarks) -> Affine:
    """Return the similarity transform that lays the face at *landmarks* into the encoder's square."""
    return estimate_similarity_transform(_five_points(landmarks), np.array(_ARCFACE_TEMPLATE))[0]


def swapper_alignment(landmarks: Landmarks) -> Affine:
    """Return the similarity transform that lays the face at *landmarks* into the swapper's square."""
    return estimate_similarity_transform(_five_points(landmarks), np.add(_ARCFACE_TEMPLATE, (_SWAPPER_OFFSET_PX, 0)))[0]


def offset_affine(move: Affine, left: float, top: float) -> Affine:
    """Return the transform *move* for pixels that are counted from *left* and *top*."""
    moved = move.copy()
    moved[:, 2] += move[:, :2] @ (left, top)
    return moved


def _five_points(landmarks: Landmarks) -> NDArray[np.float64]:
    eyes = [landmarks[list(eye), :2].mean(axis=0) for eye in (RIGHT_EYE, LEFT_EYE)]
    return np.stack([*eyes, landmarks[_NOSE_POINT, :2], *landmarks[list(_MOUTH_POINTS), :2]]).astype(np.float64)
