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
from avatar.faces.liveportrait.keypoints import KEYPOINTS
from avatar.media.frames import Landmarks

_X, _Y, _Z = range(3)
_Offset = tuple[int, int, float]

_SMILE_OFFSETS: Final[tuple[_Offset, ...]] = (
    *((20, _Y, -0.01), (14, _Y, -0.02), (17, _Y, 0.0065), (17, _Z, 0.003)),
    *((13, _Y, -0.00275), (16, _Y, -0.00275), (3, _Y, -0.0035), (7, _Y, -0.0035)),
)
_STRETCH_OFFSETS: Final[tuple[_Offset, ...]] = ((20, _Z, -0.015), (20, _Y, -0.015), (14, _Y, -0.015))
_PUCKER_OFFSETS: Final[tuple[_Offset, ...]] = ((14, _Y, 0.015), (3, _Y, -0.0075), (7, _Y, -0.0075), (17, _Z, -0.0075))
_BROW_OFFSETS: Final[tuple[_Offset, ...]] = ((1, _Y, 0.03), (2, _Y, -0.03))
# What each coefficient at 1 does: so much of one of these.
_BLENDSHAPE_OFFSETS: Final = {
    **dict.fromkeys(("mouthSmileLeft", "mouthSmileRight"), (_SMILE_OFFSETS, 0.5)),
    **dict.fromkeys(("mouthStretchLeft", "mouthStretchRight"), (_STRETCH_OFFSETS, 0.5)),
    "mouthPucker": (_PUCKER_OFFSETS, 1.0),
    "mouthFunnel": (_PUCKER_OFFSETS, 0.6),
    "browInnerUp": (_BROW_OFFSETS, 1.0),
}
_EYE_KEYPOINTS: Final = (11, 15)  # the points that eyeballs follow
_GAZE_GAIN: Final = 0.45  # units in which they move for a gaze of one distance of the outer eye corners

_LIP_POINTS: Final = ((13, 14), (61, 291))  # landmarks: inner lips in the middle, corners of the mouth
_LID_POINTS: Final = (((159, 145), (33, 133)), ((386, 374), (362, 263)))  # lids in the middle, corners, of each eye


def expression(gestures: list[Gesture]) -> Floats:
    """Return how *gestures* move the 21 points (n, 21, 3), lips and lids aside."""
    coefficients = np.stack([gesture.coefficients for gesture in gestures])
    gaze = np.stack([gesture.gaze for gesture in gestures])
    moved = coefficients @ _offset_matrix()
    for eye in _EYE_KEYPOINTS:
        moved[:, 3 * eye : 3 * eye + 2] += _GAZE_GAIN * gaze
    return np.asarray(moved.reshape(-1, KEYPOINTS, 3), np.float32)


def lip_open_ratio(landmarks: Landmarks) -> float:
    """Return how far the lips are open: the gap between them by the width of the mouth."""
    return _distance_ratio(landmarks, *_LIP_POINTS)


def eye_open_ratios(landmarks: Landmarks) -> NDArray[np.float64]:
    """Return how far the eye left in the picture and the other one are open (2,): heights by widths."""
    return np.array([_distance_ratio(landmarks, *lids) for lids in _LID_POINTS])


def _distance_ratio(landmarks: Landmarks, gap: tuple[int, int], width: tuple[int, int]) -> float:
    high, wide = (float(np.linalg.norm(landmarks[a, :2] - landmarks[b, :2])) for a, b in (gap, width))
    return high / max(wide, 1e-6)


def _offset_matrix() -> Floats:
    """Return the matrix (52, 63) that gives each coefficient to the coordinates that it moves."""
    spread = np.zeros((len(INDEX), KEYPOINTS, 3), np.float32)
    for name, (moves, share) in _BLENDSHAPE_OFFSETS.items():
        for point, axis, amount in moves:
            spread[INDEX[name], point, axis] += share * amount
    return spread.reshape(len(INDEX), -1)
