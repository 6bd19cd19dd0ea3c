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

    def part(self, box: Box) -> "Field":
        """Return the field of *box*, which lies inside this one's."""
        top, left = box.top - self.box.top, box.left - self.box.left
        window = slice(top, top + box.bottom - box.top), slice(left, left + box.right - box.left)
        return Field(box, self.dx[window], self.dy[window])

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


@dataclass(frozen=True, eq=False)
class _Grid:
    """Where a field is worked out: *rows* x *columns* nodes, *step* pixels apart, over a box."""

    box: Box
    step: float
    rows: int
    columns: int

    @property
    def origin(self) -> NDArray[np.float32]:
        """The pixel coordinates (x, y) of the first node."""
        corner = np.array([self.box.left, self.box.top], np.float32)
        return np.asarray(corner + np.float32((self.step - 1) / 2), np.float32)


def field(
    before: Floats, after: Floats, triangles: NDArray[np.int64], box: Box, *, fine: int = 1
) -> tuple[Field, NDArray[np.bool_]]:
    """Return the field that carries a mesh from *before* to *after* (n, 2 pixels) over *box*, and where the mesh is.

    Outside the *triangles* nothing moves; where they overlap the later ones win.
    """
    grid = _Grid(box, 1 / fine, (box.bottom - box.top) * fine, (box.right - box.left) * fine)
    ids = _raster(after, triangles, grid)
    dx, dy = _offsets(ids, _affine(before[triangles], after[triangles]), grid)
    return Field(box, dx, dy, fine), ids < len(triangles)


def coarse_field(before: Floats, after: Floats, triangles: NDArray[np.int64], box: Box) -> Field:
    """Return what ``field`` does, worked out on nodes four pixels apart: for a mesh that moves smoothly."""
    height, width = box.bottom - box.top, box.right - box.left
    grid = _Grid(box, _COARSE, -(-height // _COARSE), -(-width // _COARSE))
    each = _offsets(_raster(after, triangles, grid), _affine(before[triangles], after[triangles]), grid)
    size = grid.columns * _COARSE, grid.rows * _COARSE
    wide = (np.asarray(cv2.resize(one, size, interpolation=cv2.INTER_LINEAR), np.float32) for one in each)
    dx, dy = (one[:height, :width] for one in wide)
    return Field(box, dx, dy)


def over(base: Field, fine: Field, region: NDArray[np.bool_]) -> None:
    """Write *fine* over *base* where *region* (of the box of *fine*) is true."""
    top, left = fine.box.top - base.box.top, fine.box.left - base.box.left
    window = slice(top, top + region.shape[0]), slice(left, left + region.shape[1])
    np.copyto(base.dx[window], fine.dx, where=region)
    np.copyto(base.dy[window], fine.dy, where=region)


def _raster(after: Floats, triangles: NDArray[np.int64], grid: _Grid) -> NDArray[np.int16]:
    """Return the number of the triangle at each node; the number of triangles where there is none."""
    shape = grid.rows, grid.columns
    points = (after - grid.origin) / np.float32(grid.step)
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


def _offsets(ids: NDArray[np.int16], rows: Floats, grid: _Grid) -> tuple[Floats, Floats]:
    xs, ys = (
        np.arange(count, dtype=np.float32) * np.float32(grid.step) + start
        for count, start in zip((grid.columns, grid.rows), grid.origin, strict=True)
    )
    a, b, c, d, e, f = (row[ids] for row in np.ascontiguousarray(rows.T))
    a *= xs[None]
    b *= ys[:, None]
    a += b
    a += c
    d *= xs[None]
    e *= ys[:, None]
    d += e
    d += f
    return a, d
