"""How much of a transplanted face is seen at each point of its mesh."""

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.geometry.eyelids import EYE_POINTS
from avatar.faces.geometry.lip_geometry import lip_normal, mean_lip_gap
from avatar.faces.geometry.signed_distance import signed_distance
from avatar.faces.geometry.topology import LEFT_EYE, LIPS_INNER, OVAL, RIGHT_EYE, eye_distance
from avatar.media.frames import Landmarks

# In eye distances.
_FOREHEAD_FADE = 0.32  # width of the fade inside the oval, above the eyes
_JAW_FADE = 0.09  # the same below the mouth
_LID_REACH = 0.1  # of the lids from the eye
_LID_FADE_END = 0.24  # distance from the eye at which the skin is all the donor's
# Mean lip gaps between which the head's own mouth appears; at rest they are 0.01 to 0.03.
_CLOSED_LIP_GAP = 0.028
_OPEN_LIP_GAP = 0.05
_LOWER_LIP_MARGIN = 0.06  # how far below the mesh's lower lip the mouth may still be open
_MOUTH_EDGE_SIGMA = 0.014  # how far the rim of the mouth is softened
_BLUR_REACH_SIGMAS = 4  # standard deviations: farther, a blur reaches nothing


def rest_blend_mask(landmarks: Landmarks) -> NDArray[np.float32]:
    """Return the blend weight (500,) of the mesh points of a ``SourceFace`` with open eyes: 0 at the oval, 1 inside."""
    unit = eye_distance(landmarks)
    points = landmarks[:, :2] / unit
    eyes, lips = points[list(EYE_POINTS), 1].mean(), points[list(LIPS_INNER), 1].mean()
    reach = np.interp(points[:, 1], [eyes, lips], [_FOREHEAD_FADE, _JAW_FADE])
    inside = (signed_distance(points, points[list(OVAL)]) / reach).clip(0, 1)
    return np.concatenate([inside, np.ones(len(EYE_POINTS))]).astype(np.float32)


def lid_masks(landmarks: Landmarks) -> NDArray[np.float32]:
    """Return how much each of the 500 mesh points belongs to the lids of the right and of the left eye (2, 500)."""
    points = landmarks[:, :2] / eye_distance(landmarks)
    rows = []
    for eye, own in ((RIGHT_EYE, (1, 0)), (LEFT_EYE, (0, 1))):
        away = -signed_distance(points, points[list(eye)])
        skin = np.interp(away, [_LID_REACH, _LID_FADE_END], [1, 0])
        rows.append(np.concatenate([skin, np.repeat(own, len(eye))]))
    return np.stack(rows).astype(np.float32)


def mouth_masks(landmarks: Landmarks, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return where the head's own mouth is seen between the lips at *landmarks*, for the pixels of *shape* (2, h, w).

    First the opening itself; lips that touch show nothing of it, for the line between them is the donor's. Then all
    around it where the opening may really be, since the mesh tends to lay the lips a little high: what is dark there is
    mouth.
    """
    lips, unit = landmarks[list(LIPS_INNER), :2], eye_distance(landmarks)
    seen = float(np.interp(mean_lip_gap(landmarks), [_CLOSED_LIP_GAP, _OPEN_LIP_GAP], [0, 255]))
    around = lips.copy()
    around[11:] += _LOWER_LIP_MARGIN * unit * lip_normal(landmarks)
    soft = max(_MOUTH_EDGE_SIGMA * unit, 0.5)
    rims = np.zeros((2, *shape), np.float32)
    _fill_soft_polygon(rims[0], lips, seen, soft)
    _fill_soft_polygon(rims[1], around, 255, soft)
    return rims


def _fill_soft_polygon(whole: NDArray[np.float32], outline: NDArray[np.floating], value: float, soft: float) -> None:
    reach = _BLUR_REACH_SIGMAS * soft + 2
    low, high = outline.min(axis=0) - reach, outline.max(axis=0) + reach
    left, top = (max(0, int(edge)) for edge in low)
    window = whole[top : max(top, int(high[1])), left : max(left, int(high[0]))]
    if value and window.size:
        mask = np.zeros(window.shape, np.uint8)
        inside = np.round((outline - (left, top)) * 16).astype(np.int32)
        cv2.fillPoly(mask, [inside], value, lineType=cv2.LINE_AA, shift=4)
        window[:] = cv2.GaussianBlur(mask, (0, 0), soft) / np.float32(255)
