"""Flatten self-occluded meshes: a cheek that turns away folds back behind the outline, which no 2-D warp can show.

What lies behind the outline is not in the picture. Its points are brought to the outline, in their order, so that each
place of the picture belongs to one place of the mesh; turning the head then bends the far cheek and never tears it.
"""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.geometry.topology import (
    LEFT_EYE,
    LIPS_INNER,
    LIPS_OUTER,
    MESH_POINTS,
    OVAL,
    RIGHT_EYE,
    eye_distance,
    topology,
)
from avatar.media.frames import Landmarks

_FEATURE_POINTS = (*LEFT_EYE, *RIGHT_EYE, *LIPS_OUTER, *LIPS_INNER)  # these stay where they are, folded or not
# In squared eye distances.
_MIN_TRIANGLE_AREA = 2e-5  # a smaller triangle shows nothing
_MAX_FRONTAL_HIDDEN_AREA = (
    0.04  # of the same: less than that is turned away at the nose and the lips of a face seen from the front
)
_MAX_ROUNDS = 6  # a point moved may fold a triangle next to it, which then moves too
_REGULARIZATION = 1e-4  # weight of a moved point's old position: keeps the linear system regular


def flatten_self_occlusion(landmarks: Landmarks) -> Landmarks:
    """Return *landmarks* (468, 3) with self-occluded points moved to the outline of the visible face."""
    area, square = _triangle_areas(landmarks), eye_distance(landmarks) ** 2
    if -np.minimum(area, 0).sum() < _MAX_FRONTAL_HIDDEN_AREA * square:
        return landmarks
    least = -_MIN_TRIANGLE_AREA * square
    facing = np.zeros(MESH_POINTS)
    np.add.at(facing, topology().skin, area[:, None])
    hidden = (facing < least) & ~_is_feature()
    result = landmarks
    for _ in range(_MAX_ROUNDS):
        result = _relax_hidden_points(landmarks, hidden)
        more = np.zeros(MESH_POINTS, np.bool_)
        more[topology().skin[_triangle_areas(result) < least]] = True
        more &= ~(hidden | _is_feature())
        if not more.any():
            break
        hidden |= more
    return result


def _triangle_areas(landmarks: Landmarks) -> NDArray[np.float64]:
    """Return the area of each triangle of skin in square pixels: negative where it is turned away."""
    a, b, c = (landmarks[topology().skin[:, corner], :2].astype(np.float64) for corner in range(3))
    return np.asarray(((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2)


@cache
def _is_feature() -> NDArray[np.bool_]:
    return np.isin(np.arange(MESH_POINTS), _FEATURE_POINTS)


def _relax_hidden_points(landmarks: Landmarks, hidden: NDArray[np.bool_]) -> Landmarks:
    """Return *landmarks* with *hidden* oval points (468,) on the outline, and others relaxed (a Laplace equation)."""
    result = landmarks.astype(np.float64)
    rim = np.intersect1d(np.flatnonzero(hidden), OVAL)
    result[rim, :2] = _project_to_hull(landmarks[rim, :2], landmarks[:, :2])
    inner = np.setdiff1d(np.flatnonzero(hidden), rim)
    if len(inner):
        around = _adjacency()[inner]
        known = np.setdiff1d(np.arange(MESH_POINTS), inner)
        laplace = np.diag(around.sum(axis=1) + _REGULARIZATION) - around[:, inner]
        result[inner] = np.linalg.solve(laplace, around[:, known] @ result[known] + _REGULARIZATION * result[inner])
    return result.astype(np.float32)


def _project_to_hull(points: NDArray[np.floating], seen: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return *points* (n, 2) moved outward to the convex hull of *seen* (m, 2), along rays from its middle."""
    hull = cv2.convexHull(np.ascontiguousarray(seen, np.float32))[:, 0].astype(np.float64)
    middle = hull.mean(axis=0)
    ray = points - middle
    start, along = hull - middle, np.roll(hull, -1, axis=0) - hull
    # Where a ray from the middle leaves the hull: the edge that it crosses between its ends.
    cross = ray[:, None, 0] * along[None, :, 1] - ray[:, None, 1] * along[None, :, 0]
    reach = (start[:, 0] * along[:, 1] - start[:, 1] * along[:, 0]) / np.where(cross == 0, 1e-9, cross)
    place = (start[None, :, 0] * ray[:, None, 1] - start[None, :, 1] * ray[:, None, 0]) / np.where(
        cross == 0, 1e-9, cross
    )
    leaves = np.where((reach > 0) & (place >= -1e-6) & (place <= 1 + 1e-6), reach, np.inf).min(axis=1)
    leaves = np.where(np.isfinite(leaves), leaves, 1.0)
    return np.asarray(middle + ray * np.maximum(leaves, 1.0)[:, None])


@cache
def _adjacency() -> NDArray[np.float64]:
    beside = np.zeros((MESH_POINTS, MESH_POINTS))
    for triangles in (topology().skin, topology().eyes, topology().mouth):
        for one, other in ((0, 1), (1, 2), (2, 0)):
            beside[triangles[:, one], triangles[:, other]] = beside[triangles[:, other], triangles[:, one]] = 1
    return beside
