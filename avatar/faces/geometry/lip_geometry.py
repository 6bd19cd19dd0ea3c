"""Lips that part where the picture parts them: the dark line of a closed mouth belongs to neither lip."""

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.geometry.signed_distance import signed_distance
from avatar.faces.geometry.topology import LIPS_INNER, LIPS_OUTER, eye_distance
from avatar.media.frames import Landmarks, Pixels

Points = NDArray[np.floating]

_UPPER, _LOWER = list(LIPS_INNER[1:10]), list(LIPS_INNER[:10:-1])  # pairs, from the right corner to the left
# In eye distances.
_LINE = 0.034  # thickness of the line between closed lips, its shade included
_CLOSED = 0.05  # lips nearer than this are closed, at least in a portrait
_SEARCH = 0.1  # how far the mesh may have missed the line
_NEAR = 5.0  # of 255: how much darker a place at the end of the search must be


def parting(landmarks: Landmarks) -> float:
    """Return the mean distance of the inner lips in eye distances: up to 0.03 with a closed mouth."""
    gaps = np.linalg.norm(landmarks[_UPPER, :2] - landmarks[_LOWER, :2], axis=1)
    return float(gaps.mean() / max(eye_distance(landmarks), 1e-6))


def part_lips(landmarks: Landmarks) -> Landmarks:
    """Return *landmarks* with the inner lips at least a line apart, so that the line has room between them."""
    unit, down = eye_distance(landmarks), across(landmarks)
    upper, lower = landmarks[_UPPER, :2], landmarks[_LOWER, :2]
    lack = (_LINE * unit - (lower - upper) @ down).clip(min=0) / 2
    return _with_lips(landmarks, upper - lack[:, None] * down, lower + lack[:, None] * down)


def laid_on_the_line(landmarks: Landmarks, rgb: Pixels) -> Landmarks:
    """Return the *landmarks* of a closed mouth with the inner lips just above and just below the dark line in *rgb*.

    The mesh often lays both a few pixels beside it; opened there, the line would show as a crack in a lip. The rest of
    the lips moves along, their outline half as far.
    """
    if parting(landmarks) > _CLOSED:
        return landmarks
    down = across(landmarks)
    middles = (landmarks[_UPPER, :2] + landmarks[_LOWER, :2]) / 2
    missed = _missed(rgb, middles, down, eye_distance(landmarks))
    lips = np.flatnonzero(signed_distance(landmarks[:, :2], landmarks[list(LIPS_OUTER), :2]) > -1e-3)
    along = (landmarks[:, :2] - middles[4]) @ np.array([down[1], -down[0]])
    by = np.polyval(np.polyfit(along[_UPPER], missed, 3), along.clip(*along[[_UPPER[0], _UPPER[-1]]]))
    by[list(LIPS_OUTER)] /= 2
    moved = landmarks.copy()
    moved[lips, :2] += by[lips, None] * down
    line = middles + by[_UPPER, None] * down
    half = _LINE * eye_distance(landmarks) / 2 * down
    return _with_lips(moved, line - half, line + half)


def _missed(rgb: Pixels, middles: Points, down: Points, unit: float) -> Points:
    """Return how far below each of *middles* (9, 2) the darkest place is, in pixels."""
    offsets = np.linspace(-_SEARCH, _SEARCH, 41) * unit
    places = (middles[:, None] + offsets[:, None] * down).astype(np.float32)
    grey = cv2.GaussianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), (0, 0), max(0.008 * unit, 0.3))
    dark = np.asarray(cv2.remap(grey, places[..., 0], places[..., 1], cv2.INTER_LINEAR), np.float64)
    found = (dark + _NEAR * (offsets / offsets[-1]) ** 2).argmin(axis=1)
    return np.asarray(offsets[found], np.float64)


def across(landmarks: Landmarks) -> Points:
    """Return the direction from the upper to the lower lip, of length one."""
    x, y = (landmarks[LIPS_OUTER[10], :2] - landmarks[LIPS_OUTER[0], :2]).astype(np.float64)
    return np.array([-y, x]) / max(float(np.hypot(x, y)), 1e-6)


def _with_lips(landmarks: Landmarks, upper: Points, lower: Points) -> Landmarks:
    moved = landmarks.copy()
    moved[_UPPER, :2], moved[_LOWER, :2] = upper, lower
    return moved
