"""Bend a still picture plane by plane: what surrounds a face moves a little, and is never painted.

So it need not become RGB and planes again in each frame, which costs as much as bending it.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.drawing.warp_field import NODE_SPACING_PX, CoarseWarpField
from avatar.faces.geometry.blendshapes import Floats
from avatar.media.frames import Box, Pixels, Planes, planes_of, split_planes
from avatar.runtime.jit import lazy_njit

# Each value with those to its right, below it, and below to its right, the first in the lowest byte: one look-up gives
# all that is interpolated.
PackedPlane = NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class YuvWarp:
    """A picture's *planes* (brightness, then the two of colour), *scale* times as large as the frames that show it."""

    planes: tuple[PackedPlane, PackedPlane, PackedPlane]
    scale: int

    @classmethod
    def of(cls, picture: Pixels, scale: int) -> "YuvWarp":
        """Return *picture*, of *scale* times the resolution of the frames, as planes that are ready to be warped."""
        height, width = picture.shape[:2]
        half = cv2.resize(picture, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        # OpenCV gives four pixels the colour of the first: here, of their mean.
        even = np.asarray(cv2.resize(half, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)
        light, (_, blue, red) = split_planes(planes_of(picture))[0], split_planes(planes_of(even))
        return cls((_pack_neighbours(light), _pack_neighbours(blue), _pack_neighbours(red)), scale)

    def unwarped(self) -> Planes:
        """Return the planes of the frame in which nothing is bent, at the resolution of the frames."""
        height, width = (length // self.scale for length in self.planes[0].shape)
        planes = np.empty((height * 3 // 2, width), np.uint8)
        self.warp(planes, CoarseWarpField.zeros(Box(0, 0, width, height)))
        return planes

    def warp(self, planes: Planes, nodes: CoarseWarpField) -> None:
        """Write the picture, bent as *nodes* say, to *planes*, those of a whole frame."""
        wide = _upsample_columns(nodes.dx), _upsample_columns(nodes.dy)
        for plane, packed, every in zip(split_planes(planes), self.planes, (1, 2, 2), strict=True):
            dx, dy = (np.ascontiguousarray(offsets[:, ::every]) for offsets in wide)
            # Where in the source the first value stands: in the middle of its first pixel; colour is half as large.
            start = np.float32((self.scale - every) / (2 * every))
            _warp_plane(plane, packed, dx, dy, every, start, self.scale)


def _pack_neighbours(plane: NDArray[np.uint8]) -> PackedPlane:
    around = np.pad(plane, ((0, 1), (0, 1)), mode="edge").astype(np.uint32)
    beside = around[:-1, :-1] | around[:-1, 1:] << 8 | around[1:, :-1] << 16 | around[1:, 1:] << 24
    return np.asarray(beside, np.uint32)


def _upsample_columns(nodes: Floats) -> Floats:
    """Return *nodes* (rows, columns) interpolated to the right: (rows, columns of pixels)."""
    wide = np.empty((nodes.shape[0], nodes.shape[1] * NODE_SPACING_PX), np.float32)
    _interpolate_rows(nodes, wide)
    return wide


@lazy_njit
def _interpolate_rows(nodes: Floats, wide: Floats) -> None:
    rows, columns = nodes.shape
    for row in range(rows):
        ones, others, line = nodes[row, : columns - 1], nodes[row, 1:], wide[row, 2:]
        for column in range(len(ones)):
            step = (others[column] - ones[column]) * np.float32(0.25)
            value = ones[column] + step * np.float32(0.5)
            line[4 * column], line[4 * column + 1] = value, value + step
            line[4 * column + 2], line[4 * column + 3] = value + step * np.float32(2), value + step * np.float32(3)
        wide[row, :2] = nodes[row, 0]
        wide[row, -2:] = nodes[row, columns - 1]


@lazy_njit
def _warp_plane(  # noqa: PLR0913, PLR0917 - arrays and numbers, as compiled code takes them
    plane: NDArray[np.uint8], packed: PackedPlane, dx: Floats, dy: Floats, every: int, start: np.float32, scale: int
) -> None:
    """Write to *plane*, which has a value for *every* pixel or two, what *packed* shows as far away as *dx*, *dy* say.

    Those have a row for each row of nodes. The first value looks at *start*, the next ones *scale* further each.

    Three loops over a row, each so plain that it is done for many pixels at once; for that, rows are named one by one.
    """
    (height, width), rows = plane.shape, len(dx)
    flat, wide = packed.reshape(-1), packed.shape[1]
    last_x, last_y = np.float32(packed.shape[1] - 1), np.float32(packed.shape[0] - 1)
    zero, step, each = np.float32(0), np.float32(scale), np.float32(scale / every)
    own_x = np.arange(width).astype(np.float32) * step + start
    found, share_x, share_y = np.empty(width, np.uint32), np.empty(width, np.float32), np.empty(width, np.float32)
    around = found.view(np.uint8)
    for row in range(height):
        at = min(max((row * every + 0.5) / NODE_SPACING_PX - 0.5, 0.0), rows - 1.0)
        upper = int(at)
        lower, share, own_y = min(upper + 1, rows - 1), np.float32(at - upper), np.float32(row) * step + start
        line, upper_x, lower_x, upper_y, lower_y = plane[row], dx[upper], dx[lower], dy[upper], dy[lower]
        for column in range(width):
            x = upper_x[column] + (lower_x[column] - upper_x[column]) * share
            y = upper_y[column] + (lower_y[column] - upper_y[column]) * share
            x = min(max(x * each + own_x[column], zero), last_x)
            y = min(max(y * each + own_y, zero), last_y)
            whole_x, whole_y = np.int32(x), np.int32(y)
            share_x[column], share_y[column] = x - np.float32(whole_x), y - np.float32(whole_y)
            found[column] = np.uint32(whole_y * wide + whole_x)
        for column in range(width):
            found[column] = flat[found[column]]
        for column in range(width):
            first, second = np.float32(around[4 * column]), np.float32(around[4 * column + 1])
            third, fourth = np.float32(around[4 * column + 2]), np.float32(around[4 * column + 3])
            above = first + (second - first) * share_x[column]
            below = third + (fourth - third) * share_x[column]
            line[column] = np.uint8(np.int32(above + (below - above) * share_y[column] + np.float32(0.5)))
