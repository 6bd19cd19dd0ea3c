"""Bend a picture by a mesh: from where points were and where they are to where each pixel comes from."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.coefficients import Floats
from avatar.media.frames import Box, Pixels

_SHIFT = 4  # fillConvexPoly takes fixed point: 4 bits are a sixteenth of a pixel
_COARSE = 4
_FLAT = 0.02  # square pixels: a thinner triangle shows nothing, and has no inverse


@dataclass(frozen=True, eq=False)
class Field:
    """For each pixel of *box*, how far to the right (*dx*) and down (*dy*) in the source it comes from.

    *fine* samples a pixel in each direction: more where the mesh has an edge, which one sample would tear.
    """

    box: Box
    dx: Floats
    dy: Floats
    fine: int = 1

    def sample(self, source: Pixels, scale: int = 1, corner: tuple[int, int] = (0, 0)) -> Pixels:
        """Return the pixels of the box, taken from *source*.

        It has *scale* times the resolution of the picture; its left top is the picture's pixel *corner*.
        """
        height, width = self.dx.shape
        left, top = self.box.left - corner[0], self.box.top - corner[1]
        # Pixel centres: the middle of pixel x lies at (x + 1/2) * scale - 1/2 in the finer picture.
        step = np.float32(scale / self.fine)
        xs = (np.arange(width, dtype=np.float32) + 0.5)[None] * step + np.float32(left * scale - 0.5)
        ys = (np.arange(height, dtype=np.float32) + 0.5)[:, None] * step + np.float32(top * scale - 0.5)
        map_x, map_y = xs + self.dx * np.float32(scale), ys + self.dy * np.float32(scale)
        flags = cv2.INTER_LINEAR if scale > 1 else cv2.INTER_CUBIC
        pixels = cv2.remap(source, map_x, map_y, flags, borderMode=cv2.BORDER_REPLICATE)
        if self.fine > 1:
            size = width // self.fine, height // self.fine
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        return np.asarray(pixels)


def field(
    before: Floats, after: Floats, triangles: NDArray[np.int64], box: Box, *, fine: int = 1
) -> tuple[Field, NDArray[np.bool_]]:
    """Return the field that carries a mesh from *before* to *after* (n, 2 pixels) over *box*, and where the mesh is.

    Outside the *triangles* nothing moves; where they overlap the later ones win.
    """
    shape = (box.bottom - box.top) * fine, (box.right - box.left) * fine
    ids, (dx, dy) = _worked_out(before, after, triangles, box, 1 / fine, shape)
    return Field(box, dx, dy, fine), ids < len(triangles)


def coarse_field(before: Floats, after: Floats, triangles: NDArray[np.int64], box: Box) -> Field:
    """Return what ``field`` does, worked out on nodes four pixels apart: for a mesh that moves smoothly."""
    height, width = box.bottom - box.top, box.right - box.left
    shape = -(-height // _COARSE), -(-width // _COARSE)
    _, each = _worked_out(before, after, triangles, box, _COARSE, shape)
    size = shape[1] * _COARSE, shape[0] * _COARSE
    dx, dy = (cv2.resize(one, size, interpolation=cv2.INTER_LINEAR)[:height, :width] for one in each)
    return Field(box, dx, dy)


def over(base: Field, fine: Field, region: NDArray[np.bool_]) -> None:
    """Write *fine* over *base* where *region* (of the box of *fine*) is true."""
    top, left = fine.box.top - base.box.top, fine.box.left - base.box.left
    window = slice(top, top + region.shape[0]), slice(left, left + region.shape[1])
    np.copyto(base.dx[window], fine.dx, where=region)
    np.copyto(base.dy[window], fine.dy, where=region)


def _worked_out(
    before: Floats, after: Floats, triangles: NDArray[np.int64], box: Box, step: float, shape: tuple[int, int]
) -> tuple[NDArray[np.int16], tuple[Floats, Floats]]:
    origin = np.array([box.left, box.top]) + (step - 1) / 2
    ids = _raster((after - origin) / step, triangles, shape)
    return ids, _offsets(ids, _affine(before[triangles], after[triangles]), origin, step)


def _raster(points: Floats, triangles: NDArray[np.int64], shape: tuple[int, int]) -> NDArray[np.int16]:
    ids = np.full(shape, len(triangles), np.int16)
    corners = np.round(points[triangles] * (1 << _SHIFT)).astype(np.int32)
    low, high = corners.min(axis=1), corners.max(axis=1)
    limit = np.array([shape[1], shape[0]]) << _SHIFT
    seen = ((high > 0) & (low < limit)).all(axis=1)
    edges = points[triangles]
    (ux, uy), (vx, vy) = (edges[:, 1] - edges[:, 0]).T, (edges[:, 2] - edges[:, 0]).T
    seen &= np.abs(ux * vy - uy * vx) > _FLAT
    for number in np.flatnonzero(seen).tolist():
        cv2.fillConvexPoly(ids, corners[number], number, cv2.LINE_8, _SHIFT)
    return ids


def _affine(before: Floats, after: Floats) -> Floats:
    """Return per triangle the (6) numbers that give a pixel's offset: dx = a x + b y + c, dy = d x + e y + f.

    One row of zeros is added at the end, for pixels outside every triangle.
    """
    after = after.astype(np.float64)
    moved = before.astype(np.float64) - after
    u, v = after[:, 1] - after[:, 0], after[:, 2] - after[:, 0]
    cross = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    cross = np.where(np.abs(cross) < 1e-6, 1e-6, cross)
    du, dv = moved[:, 1] - moved[:, 0], moved[:, 2] - moved[:, 0]
    by_x = (du * v[:, 1:] - dv * u[:, 1:]) / cross[:, None]
    by_y = (dv * u[:, :1] - du * v[:, :1]) / cross[:, None]
    constant = moved[:, 0] - by_x * after[:, 0, :1] - by_y * after[:, 0, 1:]
    rows = np.stack([by_x, by_y, constant], axis=2)  # (triangle, x or y, 3)
    return np.concatenate([rows.reshape(-1, 6), np.zeros((1, 6))]).astype(np.float32)


def _offsets(ids: NDArray[np.int16], rows: Floats, origin: NDArray[np.float64], step: float) -> tuple[Floats, Floats]:
    xs = (np.arange(ids.shape[1]) * step + origin[0]).astype(np.float32)[None]
    ys = (np.arange(ids.shape[0]) * step + origin[1]).astype(np.float32)[:, None]
    a, b, c, d, e, f = (row[ids] for row in np.ascontiguousarray(rows.T))
    a *= xs
    b *= ys
    a += b
    a += c
    d *= xs
    e *= ys
    d += e
    d += f
    return a, d
