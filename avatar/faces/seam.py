"""Find the line between closed lips: landmark networks leave a gap of a few pixels there, a picture does not."""

from typing import Final

import cv2
import numpy as np

from avatar.faces.coefficients import Floats
from avatar.faces.topology import LIPS_INNER, eye_distance
from avatar.media.frames import Landmarks, Pixels

UPPER: Final = LIPS_INNER[1:10]
LOWER: Final = LIPS_INNER[:10:-1]  # below each of UPPER
CLOSED: Final = 0.075  # of the distance of the eyes: a wider gap is an open mouth, which has no such line

_CORNERS: Final = (78, 62, 76, 61, 308, 292, 306, 291)  # both corners, from the inside out
_REACH: Final = 0.055  # of the distance of the eyes: how far from the landmarks the line is looked for
_STEPS: Final = np.linspace(-1, 1, 33)


def gap_of(landmarks: Floats) -> float:
    """Return how far the inner lips of *landmarks* (468, >=2) are apart, in distances of the eyes."""
    middle = landmarks[[82, 13, 312], :2] - landmarks[[87, 14, 317], :2]
    return float(np.linalg.norm(middle, axis=1).mean()) / eye_distance(landmarks)


def sealed(picture: Pixels, landmarks: Landmarks) -> Landmarks:
    """Return *landmarks* with both inner lips on the dark line between them; an open mouth is left as it is."""
    if gap_of(landmarks) > CLOSED:
        return landmarks
    across = landmarks[291, :2] - landmarks[61, :2]
    down = np.array([-across[1], across[0]]) / np.linalg.norm(across)
    line = (landmarks[list(UPPER)] + landmarks[list(LOWER)]) / 2
    points = np.concatenate([line, landmarks[list(_CORNERS)]])
    along = ((points[:, :2] - points[:, :2].mean(axis=0)) @ across) / (across @ across)
    offset = _curve(picture, points[:, :2], along, down)
    moved = points.copy()
    moved[:, :2] += offset[:, None] * down
    result = landmarks.copy()
    result[list(UPPER)] = result[list(LOWER)] = moved[: len(UPPER)]
    result[list(_CORNERS)] = moved[len(UPPER) :]
    return result


def _curve(picture: Pixels, points: Floats, along: Floats, down: Floats) -> Floats:
    """Return how far down (pixels) each of *points* must go to lie on the darkest parabola near them.

    One parabola for all: a shadow, a hair or a highlight at one place must not bend the line.
    """
    unit = float(np.linalg.norm(points[-1] - points[len(UPPER) + 3])) / 0.62  # lips are about 0.62 eye distances wide
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (0, 0), 0.008 * unit).astype(np.float32)
    at = points[:, None] + (_STEPS * _REACH * unit)[None, :, None] * down
    seen = cv2.remap(grey, at[..., 0].astype(np.float32), at[..., 1].astype(np.float32), cv2.INTER_LINEAR)
    light = seen - seen.min(axis=1, keepdims=True)
    dark = np.exp(-light / max(float(light.std()), 1.0) * 2.0) * np.exp(-np.square(_STEPS / 0.7))
    # Weighted least squares on every step of every column, twice: the second time only near the first answer.
    terms = np.stack([np.ones_like(along), along, along**2], axis=1)
    weights, best = dark**2, np.zeros(len(points))
    for width in (0.6, 0.25):
        spread = weights * np.exp(-np.square((_STEPS[None] - best[:, None]) / width))
        total, mean = spread.sum(axis=1), (spread * _STEPS).sum(axis=1)
        mean = mean / np.maximum(total, 1e-9)
        root = np.sqrt(total)[:, None]
        best = terms @ np.linalg.lstsq(terms * root, mean * root[:, 0], rcond=None)[0]
    return np.asarray(np.clip(best, -1, 1) * _REACH * unit)
