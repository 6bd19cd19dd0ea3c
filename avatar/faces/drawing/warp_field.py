"""Bend a picture by a mesh: from where points were and where they are to where each pixel comes from."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.geometry.blendshapes import Floats
from avatar.media.frames import Box, Pixels
from avatar.runtime.jit import jit_part, lazy_njit

Reals = NDArray[np.float64]

NODE_SPACING_PX = 4  # pixels from one node to the next, where a mesh moves smoothly
_MIN_TRIANGLE_AREA = 0.02  # square nodes: a thinner triangle shows nothing, and has no inverse
_MIN_EDGE_RISE = 1e-9  # nodes: an edge that falls by less is level
_EDGE_SLACK = 0.5  # nodes that a triangle reaches beyond its edges, so that none is missed between two


@dataclass(frozen=True, eq=False)
class WarpField:
    """For each pixel of *box*, how far to the right (*dx*) and down (*dy*) in the source it comes from.

    *fine* samples a pixel in each direction: more where the mesh has an edge, which one sample would tear.
    """

    box: Box
    dx: Floats
    dy: Floats
    fine: int = 1

    def crop(self, box: Box) -> "WarpField":
        """Return the field of *box*, which lies inside this one's."""
        top, left = box.top - self.box.top, box.left - self.box.left
        window = slice(top, top + box.bottom - box.top), slice(left, left + box.right - box.left)
        return WarpField(box, self.dx[window], self.dy[window])

    def sample(self, source: Pixels, scale: int = 1, corner: tuple[int, int] = (0, 0)) -> Pixels:
        """Return the pixels of the box, taken from *source*.

        It has *scale* times the resolution of the picture; its left top is the picture's pixel *corner*.
        """
        height, width = self.dx.shape
        left, top = self.box.left - corner[0], self.box.top - corner[1]
        # Pixel centres: the middle of pixel x lies at (x + 1/2) * scale - 1/2 in the finer picture.
        start = np.array([left * scale - 0.5, top * scale - 0.5], np.float32)
        map_x, map_y = np.empty((height, width), np.float32), np.empty((height, width), np.float32)
        _remap_coordinates(self.dx, self.dy, start, np.float32(scale / self.fine), np.float32(scale), map_x, map_y)
        flags = cv2.INTER_LINEAR if scale > 1 else cv2.INTER_CUBIC
        pixels = cv2.remap(source, map_x, map_y, flags, borderMode=cv2.BORDER_REPLICATE)
        if self.fine > 1:
            size = width // self.fine, height // self.fine
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        return np.asarray(pixels)


@dataclass(frozen=True, eq=False)
class CoarseWarpField:
    """A field over *box*, known every ``NODE_SPACING_PX``: *dx* and *dy* in the middle of each square of so many."""

    box: Box
    dx: Floats
    dy: Floats

    @classmethod
    def zeros(cls, box: Box) -> "CoarseWarpField":
        """Return nodes over *box* that do not move."""
        shape = -(-(box.bottom - box.top) // NODE_SPACING_PX), -(-(box.right - box.left) // NODE_SPACING_PX)
        return cls(box, np.zeros(shape, np.float32), np.zeros(shape, np.float32))

    def upsample(self, part: Box) -> WarpField:
        """Return the field of *part*, which lies inside the box, interpolated."""
        left, top = part.left - self.box.left, part.top - self.box.top
        width, height = part.right - part.left, part.bottom - part.top
        # With a node more on each side: the first and the last are not interpolated.
        start, first = max(0, left // NODE_SPACING_PX - 1), max(0, top // NODE_SPACING_PX - 1)
        inside = (
            slice(first, (top + height) // NODE_SPACING_PX + 2),
            slice(start, (left + width) // NODE_SPACING_PX + 2),
        )
        left, top = left - start * NODE_SPACING_PX, top - first * NODE_SPACING_PX
        window = slice(top, top + height), slice(left, left + width)
        rows, columns = self.dx[inside].shape
        size = columns * NODE_SPACING_PX, rows * NODE_SPACING_PX
        wide = (cv2.resize(each[inside], size, interpolation=cv2.INTER_LINEAR) for each in (self.dx, self.dy))
        dx, dy = (np.asarray(each, np.float32)[window] for each in wide)
        return WarpField(part, dx, dy)


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


def warp_field(before: Floats, after: Floats, triangles: NDArray[np.int64], box: Box, *, fine: int = 1) -> WarpField:
    """Return the warp field that carries a mesh from *before* to *after* over *box*.

    Both (n, 2) are in pixels of the frame; *triangles* (m, 3) are numbers of their points. Outside of these nothing
    moves; where they overlap the later ones win.
    """
    grid = _Grid(box, 1 / fine, (box.bottom - box.top) * fine, (box.right - box.left) * fine)
    return WarpField(box, *_offsets(before, after, triangles, grid), fine)


def coarse_warp_field(before: Floats, after: Floats, triangles: NDArray[np.int64], box: Box) -> CoarseWarpField:
    """Return the warp field of ``warp_field`` at nodes four pixels apart: for a mesh that moves smoothly.

    *before* and *after* (n, 2) are in pixels of the frame, *triangles* (m, 3) are numbers of their points.
    """
    still = CoarseWarpField.zeros(box)
    grid = _Grid(box, NODE_SPACING_PX, *still.dx.shape)
    _rasterize_offsets(*_contiguous(before, after), triangles, grid.origin, grid.step, still.dx, still.dy)
    return still


def overwrite_warp_field(
    base: WarpField, before: Floats, after: Floats, triangles: NDArray[np.int64], box: Box
) -> None:
    """Overwrite the warp field *base*, in *box* inside of its own, where *triangles* lie.

    *before* and *after* (n, 2) are in pixels of the frame, *triangles* (m, 3) are numbers of their points.
    """
    part = base.crop(box)
    _rasterize_offsets(
        *_contiguous(before, after), triangles, _Grid(box, 1, *part.dx.shape).origin, 1.0, part.dx, part.dy
    )


def _offsets(before: Floats, after: Floats, triangles: NDArray[np.int64], grid: _Grid) -> tuple[Floats, Floats]:
    """Return how far to the right and down each node's picture comes from: 0 off the mesh."""
    shape = grid.rows, grid.columns
    dx, dy = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    _rasterize_offsets(*_contiguous(before, after), triangles, grid.origin, grid.step, dx, dy)
    return dx, dy


def _contiguous(before: Floats, after: Floats) -> tuple[Floats, Floats]:
    return np.ascontiguousarray(before, np.float32), np.ascontiguousarray(after, np.float32)


@lazy_njit
def _remap_coordinates(  # noqa: PLR0913, PLR0917 - arrays and numbers, as compiled code takes them
    dx: Floats, dy: Floats, start: Floats, step: np.float32, scale: np.float32, map_x: Floats, map_y: Floats
) -> None:
    """Write where in the source each pixel comes from: its own place, from *start* on in *step*s, and its offset."""
    rows, columns = dx.shape
    half = np.float32(0.5)
    for row in range(rows):
        y = (np.float32(row) + half) * step + start[1]
        for column in range(columns):
            map_x[row, column] = (np.float32(column) + half) * step + start[0] + dx[row, column] * scale
            map_y[row, column] = y + dy[row, column] * scale


@jit_part
def _edge_bounds(  # noqa: PLR0913, PLR0917 - arrays, as compiled code takes them
    x: Reals, y: Reals, cross: float, edge_y: Reals, room: Reals, lean: Reals
) -> None:
    """Write, for each edge of the triangle with the corners *x*, *y* (3,), how it bounds the columns of a row.

    Of each row the columns up to ``room + lean * row``, or from there on; a level edge bounds rows alone.
    """
    for corner in range(3):
        # Inside is where edge_x * (row - y) - edge_y * (column - x) is nowhere below -_EDGE_SLACK edges' lengths.
        following = (corner + 1) % 3
        edge_x, edge_y[corner] = x[following] - x[corner], y[following] - y[corner]
        if cross < 0:
            edge_x, edge_y[corner] = -edge_x, -edge_y[corner]
        slack = _EDGE_SLACK * np.sqrt(edge_x**2 + edge_y[corner] ** 2)
        per = 1 / edge_y[corner] if abs(edge_y[corner]) > _MIN_EDGE_RISE else 1.0
        room[corner] = (edge_y[corner] * x[corner] - edge_x * y[corner] + slack) * per
        lean[corner] = edge_x * per


@jit_part
def _row_bounds(  # noqa: PLR0913, PLR0917 - arrays, as compiled code takes them
    row: int, leftmost: float, rightmost: float, edge_y: Reals, room: Reals, lean: Reals
) -> tuple[float, float]:
    """Return the part of a *row* from *leftmost* to *rightmost* that lies inside all three edges."""
    for corner in range(3):
        bound = room[corner] + lean[corner] * row
        if edge_y[corner] > _MIN_EDGE_RISE:
            rightmost = min(rightmost, bound)
        elif edge_y[corner] < -_MIN_EDGE_RISE:
            leftmost = max(leftmost, bound)
        elif bound < 0:
            rightmost = -1.0
    return leftmost, rightmost


@lazy_njit
def _rasterize_offsets(  # noqa: PLR0913, PLR0917 - arrays and numbers, as compiled code takes them
    before: Floats,
    after: Floats,
    triangles: NDArray[np.int64],
    origin: Floats,
    step: float,
    dx: Floats,
    dy: Floats,
) -> None:
    """Write to each node that a triangle covers how far away its picture comes from, in pixels.

    *before* and *after* (n, 2) are in pixels, nodes *step* pixels apart from *origin* on.
    """
    rows, columns = dx.shape
    x, y, edge_y, room, lean = np.empty(3), np.empty(3), np.empty(3), np.empty(3), np.empty(3)
    for triangle in range(len(triangles)):
        for corner in range(3):
            point = triangles[triangle, corner]
            x[corner], y[corner] = (after[point, 0] - origin[0]) / step, (after[point, 1] - origin[1]) / step
        cross = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0])
        left = max(0, int(np.ceil(min(x[0], x[1], x[2]) - _EDGE_SLACK)))
        right = min(columns - 1, int(np.floor(max(x[0], x[1], x[2]) + _EDGE_SLACK)))
        top = max(0, int(np.ceil(min(y[0], y[1], y[2]) - _EDGE_SLACK)))
        bottom = min(rows - 1, int(np.floor(max(y[0], y[1], y[2]) + _EDGE_SLACK)))
        if abs(cross) <= _MIN_TRIANGLE_AREA or left > right or top > bottom:
            continue
        first, second, third = triangles[triangle]
        was = (before[second, 0] - before[first, 0]) * (before[third, 1] - before[first, 1])
        was -= (before[third, 0] - before[first, 0]) * (before[second, 1] - before[first, 1])
        if was * cross < 0:
            continue  # folded over: its neighbours cover the place, and it would show as specks between them
        _edge_bounds(x, y, cross, edge_y, room, lean)
        start_x, start_y = before[first, 0] - after[first, 0], before[first, 1] - after[first, 1]
        along_x = before[second, 0] - after[second, 0] - start_x
        along_y = before[second, 1] - after[second, 1] - start_y
        down_x = before[third, 0] - after[third, 0] - start_x
        down_y = before[third, 1] - after[third, 1] - start_y
        # Offsets grow linearly over the triangle, with each node to the right and with each further down.
        dx_right = (along_x * (y[2] - y[0]) - down_x * (y[1] - y[0])) / cross
        dy_right = (along_y * (y[2] - y[0]) - down_y * (y[1] - y[0])) / cross
        dx_down = (down_x * (x[1] - x[0]) - along_x * (x[2] - x[0])) / cross
        dy_down = (down_y * (x[1] - x[0]) - along_y * (x[2] - x[0])) / cross
        for row in range(top, bottom + 1):
            leftmost, rightmost = _row_bounds(row, float(left), float(right), edge_y, room, lean)
            first_column, below = int(np.ceil(leftmost)), row - y[0]
            right_x = start_x + dx_right * (first_column - x[0]) + dx_down * below
            right_y = start_y + dy_right * (first_column - x[0]) + dy_down * below
            line_x, line_y = dx[row], dy[row]
            for column in range(first_column, int(np.floor(rightmost)) + 1):
                line_x[column], line_y[column] = right_x, right_y
                right_x, right_y = right_x + dx_right, right_y + dy_right
