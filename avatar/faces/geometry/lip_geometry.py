"""Lip geometry for texture mapping: lip gaps, and inner lips placed on either side of the line between them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.geometry.signed_distance import signed_distance
from avatar.faces.geometry.topology import LIPS_INNER, LIPS_OUTER, eye_distance
from avatar.media.frames import Landmarks, Pixels

Points = NDArray[np.floating]

_UPPER_INNER_LIP, _LOWER_INNER_LIP = (
    list(LIPS_INNER[1:10]),
    list(LIPS_INNER[:10:-1]),
)  # pairs, from the right corner to the left
# In eye distances.
_LIP_LINE_THICKNESS = 0.034  # of the dark line between closed lips, its shade included
_MAX_CLOSED_GAP = 0.05  # lips with a smaller gap are closed, at least in a portrait
_MAX_LINE_OFFSET = 0.1  # between the mesh and the line
# Grey levels (of 255) by which a place at the end of the search must be darker than one where the mesh has the line.
_DISTANCE_PENALTY_LEVELS = 5.0


def mean_lip_gap(landmarks: Landmarks) -> float:
    """Return the mean gap between the inner lips of *landmarks* in eye distances: up to 0.03 with a closed mouth."""
    gaps = np.linalg.norm(landmarks[_UPPER_INNER_LIP, :2] - landmarks[_LOWER_INNER_LIP, :2], axis=1)
    return float(gaps.mean() / max(eye_distance(landmarks), 1e-6))


def part_lips(landmarks: Landmarks) -> Landmarks:
    """Return *landmarks* with a gap of at least the thickness of the lip line between the inner lips."""
    unit, down = eye_distance(landmarks), lip_normal(landmarks)
    upper, lower = landmarks[_UPPER_INNER_LIP, :2], landmarks[_LOWER_INNER_LIP, :2]
    lack = (_LIP_LINE_THICKNESS * unit - (lower - upper) @ down).clip(min=0) / 2
    return _with_lips(landmarks, upper - lack[:, None] * down, lower + lack[:, None] * down)


def snap_inner_lips(landmarks: Landmarks, rgb: Pixels) -> Landmarks:
    """Return *landmarks*, those of a closed mouth with the inner lips on either side of the dark line in *rgb*.

    The mesh often lays both a few pixels beside it; opened there, the line would show as a crack in a lip. The rest of
    the lips moves along, their outline half as far.
    """
    if mean_lip_gap(landmarks) > _MAX_CLOSED_GAP:
        return landmarks
    down = lip_normal(landmarks)
    middles = (landmarks[_UPPER_INNER_LIP, :2] + landmarks[_LOWER_INNER_LIP, :2]) / 2
    missed = _line_offsets(rgb, middles, down, eye_distance(landmarks))
    lips = np.flatnonzero(signed_distance(landmarks[:, :2], landmarks[list(LIPS_OUTER), :2]) > -1e-3)
    along = (landmarks[:, :2] - middles[4]) @ np.array([down[1], -down[0]])
    by = np.polyval(
        np.polyfit(along[_UPPER_INNER_LIP], missed, 3), along.clip(*along[[_UPPER_INNER_LIP[0], _UPPER_INNER_LIP[-1]]])
    )
    by[list(LIPS_OUTER)] /= 2
    moved = landmarks.copy()
    moved[lips, :2] += by[lips, None] * down
    line = middles + by[_UPPER_INNER_LIP, None] * down
    half = _LIP_LINE_THICKNESS * eye_distance(landmarks) / 2 * down
    return _with_lips(moved, line - half, line + half)


def _line_offsets(rgb: Pixels, middles: Points, down: Points, unit: float) -> Points:
    """Return the signed distance (9,) in pixels from each of *middles* (9, 2) down to the darkest place."""
    offsets = np.linspace(-_MAX_LINE_OFFSET, _MAX_LINE_OFFSET, 41) * unit
    places = (middles[:, None] + offsets[:, None] * down).astype(np.float32)
    grey = cv2.GaussianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), (0, 0), max(0.008 * unit, 0.3))
    dark = np.asarray(cv2.remap(grey, places[..., 0], places[..., 1], cv2.INTER_LINEAR), np.float64)
    found = (dark + _DISTANCE_PENALTY_LEVELS * (offsets / offsets[-1]) ** 2).argmin(axis=1)
    return np.asarray(offsets[found], np.float64)


def lip_normal(landmarks: Landmarks) -> Points:
    """Return the unit vector (2,) from the upper to the lower lip of *landmarks*."""
    x, y = (landmarks[LIPS_OUTER[10], :2] - landmarks[LIPS_OUTER[0], :2]).astype(np.float64)
    return np.array([-y, x]) / max(float(np.hypot(x, y)), 1e-6)


def _with_lips(landmarks: Landmarks, upper: Points, lower: Points) -> Landmarks:
    moved = landmarks.copy()
    moved[_UPPER_INNER_LIP, :2], moved[_LOWER_INNER_LIP, :2] = upper, lower
    return moved
