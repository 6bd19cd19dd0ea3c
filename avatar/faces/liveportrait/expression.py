"""What our coefficients ask of the 21 points, and of the networks for lips and eyes.

How far lips and lids are open is asked of the public model's own networks. Brows, gaze, smiles and rounded lips have
none: for them points are moved as the public editor moves them (point, axis, amount). Directions are those of its
controls; they were not seen with the released weights.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.faces.animate.animator import Gesture
from avatar.faces.geometry.blendshapes import INDEX, Floats
from avatar.faces.liveportrait.keypoints import POINTS
from avatar.media.frames import Landmarks

_X, _Y, _Z = range(3)
_Move = tuple[int, int, float]

_SMILE: Final[tuple[_Move, ...]] = (
    *((20, _Y, -0.01), (14, _Y, -0.02), (17, _Y, 0.0065), (17, _Z, 0.003)),
    *((13, _Y, -0.00275), (16, _Y, -0.00275), (3, _Y, -0.0035), (7, _Y, -0.0035)),
)
_SPREAD: Final[tuple[_Move, ...]] = ((20, _Z, -0.015), (20, _Y, -0.015), (14, _Y, -0.015))
_ROUND: Final[tuple[_Move, ...]] = ((14, _Y, 0.015), (3, _Y, -0.0075), (7, _Y, -0.0075), (17, _Z, -0.0075))
_BROWS: Final[tuple[_Move, ...]] = ((1, _Y, 0.03), (2, _Y, -0.03))
# What each coefficient at 1 does: so much of one of these.
_MOVES: Final = {
    **dict.fromkeys(("mouthSmileLeft", "mouthSmileRight"), (_SMILE, 0.5)),
    **dict.fromkeys(("mouthStretchLeft", "mouthStretchRight"), (_SPREAD, 0.5)),
    "mouthPucker": (_ROUND, 1.0),
    "mouthFunnel": (_ROUND, 0.6),
    "browInnerUp": (_BROWS, 1.0),
}
_EYES: Final = (11, 15)  # the points that eyeballs follow
_LOOK: Final = 0.45  # units in which they move for a gaze of one distance of the outer eye corners

_LIPS: Final = ((13, 14), (61, 291))  # landmarks: inner lips in the middle, corners of the mouth
_LIDS: Final = (((159, 145), (33, 133)), ((386, 374), (362, 263)))  # lids in the middle, corners, of each eye


def expression(gestures: list[Gesture]) -> Floats:
    """Return how *gestures* move the 21 points (n, 21, 3), lips and lids aside."""
    coefficients = np.stack([gesture.coefficients for gesture in gestures])
    gaze = np.stack([gesture.gaze for gesture in gestures])
    moved = coefficients @ _spread()
    for eye in _EYES:
        moved[:, 3 * eye : 3 * eye + 2] += _LOOK * gaze
    return np.asarray(moved.reshape(-1, POINTS, 3), np.float32)


def lips_open(landmarks: Landmarks) -> float:
    """Return how far the lips are open: the gap between them by the width of the mouth."""
    return _open(landmarks, *_LIPS)


def eyes_open(landmarks: Landmarks) -> NDArray[np.float64]:
    """Return how far the eye left in the picture and the other one are open (2,): heights by widths."""
    return np.array([_open(landmarks, *lids) for lids in _LIDS])


def _open(landmarks: Landmarks, gap: tuple[int, int], width: tuple[int, int]) -> float:
    high, wide = (float(np.linalg.norm(landmarks[a, :2] - landmarks[b, :2])) for a, b in (gap, width))
    return high / max(wide, 1e-6)


def _spread() -> Floats:
    """Return the matrix (52, 63) that gives each coefficient to the coordinates that it moves."""
    spread = np.zeros((len(INDEX), POINTS, 3), np.float32)
    for name, (moves, share) in _MOVES.items():
        for point, axis, amount in moves:
            spread[INDEX[name], point, axis] += share * amount
    return spread.reshape(len(INDEX), -1)
