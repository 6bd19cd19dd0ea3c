"""Match the skin of one face to the light on another, region by region.

One mean for a whole face leaves a step of tone wherever light falls unevenly, at the forehead first. Here each point of
the mesh gets its own gain: the ratio of both faces' skin colours around it.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.geometry.signed_distance import signed_distance
from avatar.faces.geometry.topology import LEFT_BROW, LEFT_EYE, LIPS_OUTER, OVAL, RIGHT_BROW, RIGHT_EYE, eye_distance
from avatar.media.frames import Landmarks, Pixels

_NOSTRILS = (98, 97, 2, 326, 327, 290, 250, 19, 20, 60)
_FEATURES = (RIGHT_EYE, LEFT_EYE, RIGHT_BROW, LEFT_BROW, LIPS_OUTER, _NOSTRILS)
# In eye distances.
_MIN_FEATURE_DISTANCE = (
    0.09  # points nearer than this to a feature or to the oval's edge do not tell the colour of skin
)
_TONE_SIGMA = 0.45  # how far around a point its skin is asked
_CELL_SIZE = 0.1  # colours are averaged over squares of this size before points are read
# Shares of the skin's brightness.
NO_TRANSFER_BRIGHTNESS = 0.15  # what is darker keeps its colour
FULL_TRANSFER_BRIGHTNESS = 0.6  # what is brighter changes with the skin
MAX_MOUTH_BRIGHTNESS = 0.3  # what is darker is the inside of a mouth
MIN_LIP_BRIGHTNESS = 0.6  # what is brighter is a lip
_MAX_BRIGHTNESS_DEVIATION = 0.45  # from the median of the face: beyond, it is hair, a hand or a highlight
# Gains outside this range would show noise or clipping, not light.
MIN_GAIN = 0.35
MAX_GAIN = 2.8


@dataclass(frozen=True, eq=False)
class SkinSampler:
    """Which *points* (n,) of the mesh show skin, and the *weights* (468, n) that each mesh point gives them."""

    points: NDArray[np.int64]
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, landmarks: Landmarks) -> "SkinSampler":
        """Return the skin sampler of a face at *landmarks* that looks at the camera."""
        unit = eye_distance(landmarks)
        points = np.flatnonzero(_is_skin(landmarks[:, :2] / unit))
        flat = landmarks[:, :2].astype(np.float64) / unit
        away = ((flat[:, None] - flat[None, points]) ** 2).sum(axis=2)
        return cls(points, np.exp(-away / (2 * _TONE_SIGMA**2)).astype(np.float32))

    def tone(self, picture: Pixels, landmarks: Landmarks) -> NDArray[np.float32]:
        """Return the colour of the skin (0 to 1) around each of *landmarks* in *picture*: (468, 3)."""
        colours, there = _sample_colors(picture, landmarks)
        bright = colours.mean(axis=1)
        usual = max(float(np.median(bright[there])), 1e-3) if there.any() else 1.0
        plain = there & (np.abs(bright / usual - 1) < _MAX_BRIGHTNESS_DEVIATION)
        known = np.empty((len(colours), 4), np.float32)
        known[:, :3], known[:, 3] = colours * plain[:, None], plain
        told = self.weights @ known[self.points]
        return np.asarray((told[:, :3] + np.float32(1e-3)) / (told[:, 3:] + np.float32(1e-3)), np.float32)


def transfer_color(picture: Any, wanted: Any, given: Any) -> Any:
    """Return *picture* (3, h, w) with its local tone *given* brought to *wanted*, clipped to 0..1.

    What is much darker than the skin (brows, lashes) stays as it is: black has no skin colour to change. What is
    brighter (highlights) keeps its distance: it has the colour of the light and must not grow with paler skin.
    """
    import torch

    given = given.clamp(min=1e-3)
    ratio = picture.mean(dim=0) / given.mean(dim=0)
    gain = 1 + ((wanted / given).clamp(MIN_GAIN, MAX_GAIN) - 1) * (
        (ratio - NO_TRANSFER_BRIGHTNESS) / (FULL_TRANSFER_BRIGHTNESS - NO_TRANSFER_BRIGHTNESS)
    ).clamp(0, 1)
    above = picture - given
    return (given * gain + above * torch.where(above > 0, gain.clamp(max=1), gain)).clamp(0, 1)


def darkness(picture: Any, bright: float) -> Any:
    """Return how surely each pixel of *picture* (3, h, w) is too dark to be lips on skin as *bright*: 0 to 1."""
    ratio = picture.mean(dim=0) / bright
    return ((MIN_LIP_BRIGHTNESS - ratio) / (MIN_LIP_BRIGHTNESS - MAX_MOUTH_BRIGHTNESS)).clamp(0, 1)


def _is_skin(points: NDArray[np.floating]) -> NDArray[np.bool_]:
    inside = signed_distance(points, points[list(OVAL)]) > _MIN_FEATURE_DISTANCE
    for feature in _FEATURES:
        hull = cv2.convexHull(points[list(feature)].astype(np.float32))
        inside &= signed_distance(points, np.asarray(hull, np.float32)) < -_MIN_FEATURE_DISTANCE
    return inside


def _sample_colors(picture: Pixels, landmarks: Landmarks) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the colour around each point, averaged over a cell, and whether the point is in the picture at all."""
    height, width = picture.shape[:2]
    cell = _CELL_SIZE * eye_distance(landmarks)
    down, across = (max(2, round(length / cell)) for length in (height, width))
    small = cv2.resize(picture, (across, down), interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255)
    share = (landmarks[:, :2] + np.float32(0.5)) / np.array([width, height], np.float32)
    place = (share * np.array([across, down], np.float32) - np.float32(0.5)).astype(np.float32)
    read = cv2.remap(small, place[:, None, 0], place[:, None, 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    there = np.asarray(((share >= 0) & (share <= 1)).all(axis=1), np.bool_)
    return np.asarray(read, np.float32)[:, 0], there
