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


def gap_of(landmarks: Floats) -> float:
    """Return how far the inner lips of *landmarks* (468, >=2) are apart, in distances of the eyes."""
    middle = landmarks[[82, 13, 312], :2] - landmarks[[87, 14, 317], :2]
    return float(np.linalg.norm(middle, axis=1).mean()) / eye_distance(landmarks)


def sealed(picture: Pixels, landmarks: Landmarks) -> Landmarks:
    """Return *landmarks* with both inner lips on the dark line between them; an open mouth is left as it is."""
    if gap_of(landmarks) > CLOSED:
        return landmarks
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (0, 0), 0.012 * eye_distance(landmarks))
    upper, lower = landmarks[list(UPPER)], landmarks[list(LOWER)]
    reach = 0.02 * eye_distance(landmarks)
    down = (lower - upper)[:, :2].mean(axis=0)
    down = np.array([0.0, 1.0]) if np.linalg.norm(down) < 1e-3 else down / np.linalg.norm(down)
    middle = (upper + lower) / 2
    span = np.linalg.norm((lower - upper)[:, :2], axis=1) / 2 + reach
    steps = np.linspace(-1, 1, 25)
    at = middle[:, None, :2] + steps[None, :, None] * span[:, None, None] * down
    seen = cv2.remap(grey.astype(np.float32), at[..., 0].astype(np.float32), at[..., 1].astype(np.float32), 1)
    dark = (seen.max(axis=1, keepdims=True) - seen) ** 4 * (1 - 0.5 * steps**2)
    offset = (dark * steps).sum(axis=1) / np.maximum(dark.sum(axis=1), 1e-6) * span
    # One bad pixel must not bend the line: each place follows its neighbours.
    smooth = np.convolve(np.pad(offset, 1, mode="edge"), (0.25, 0.5, 0.25), mode="valid")
    line = middle.copy()
    line[:, :2] += smooth[:, None] * down
    result = landmarks.copy()
    result[list(UPPER)] = result[list(LOWER)] = line
    return result
