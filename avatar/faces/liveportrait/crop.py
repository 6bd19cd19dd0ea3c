"""The square around a head that the networks look at, and how what they draw is laid back without an edge."""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.geometry.blendshapes import Floats
from avatar.faces.geometry.topology import LEFT_BROW, LEFT_EYE, LIPS_OUTER, OVAL, RIGHT_BROW, RIGHT_EYE
from avatar.media.frames import Box, Format, Landmarks, Pixels

# As the public code cuts portraits: around jaw and brows, this many times as large, its middle this much higher.
_CROP_POINTS: Final = (*OVAL[8:29], *RIGHT_BROW, *LEFT_BROW, *RIGHT_EYE, *LEFT_EYE, *LIPS_OUTER)
_CROP_SCALE: Final = 2.3
_CROP_RAISE: Final = 0.125  # of its side
_EDGE_FADE: Final = 0.1  # of its side, over which what is drawn fades into the portrait


@dataclass(frozen=True, eq=False)
class HeadCrop:
    """The *way* (2, 3) from pixels of a portrait to the square around its head, which reaches from -1 to 1."""

    affine: NDArray[np.float64]

    @classmethod
    def around(cls, landmarks: Landmarks) -> "HeadCrop":
        """Return the square around the head at *landmarks*, upright on its face."""
        points = landmarks[:, :2].astype(np.float64)
        eyes, mouth = points[[*RIGHT_EYE, *LEFT_EYE]].mean(axis=0), points[[61, 291]].mean(axis=0)
        down = (mouth - eyes) / np.linalg.norm(mouth - eyes)
        axes = np.array([(down[1], -down[0]), down])
        along = points[list(_CROP_POINTS)] @ axes.T
        low, high = along.min(axis=0), along.max(axis=0)
        side = float((high - low).max()) * _CROP_SCALE
        middle = (low + high) / 2 - (0, _CROP_RAISE * side)
        return cls(np.column_stack([axes, -middle]) * (2 / side))

    @property
    def side(self) -> float:
        """How many pixels of the portrait its side is long."""
        return 2 / float(np.linalg.norm(self.affine[0, :2]))

    def extract(self, rgb: Pixels, side: int) -> Pixels:
        """Return the square of *rgb*, *side* pixels wide; black beyond the picture."""
        shrink = min(1.0, 2 * side / self.side)  # else fine lines alias into noise
        if shrink < 1:
            rgb = np.asarray(cv2.resize(rgb, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8)
        # Pixel centres are at whole coordinates, here and there.
        from_small = np.array([[1 / shrink, 0, 0.5 / shrink - 0.5], [0, 1 / shrink, 0.5 / shrink - 0.5], [0, 0, 1]])
        way = self.affine @ from_small
        way[:, 2] += 1
        way *= side / 2
        way[:, 2] -= 0.5
        large = cv2.warpAffine(rgb, way, (side, side), flags=cv2.INTER_LINEAR)
        return np.asarray(large, np.uint8)

    def box(self, scale: float, format: Format) -> Box:
        """Return the box around the square in frames of *format*, whose pixels are *scale* of the portrait's wide."""
        corners = np.array([(-1, -1), (1, -1), (-1, 1), (1, 1)])
        there = (corners - self.affine[:, 2]) @ np.linalg.inv(self.affine[:, :2]).T
        return Box.around((there + 0.5) / scale - 0.5, 0, format)

    def grid(self, box: Box, scale: float) -> Floats:
        """Return where the pixels of *box* (see ``box``) are in the square (h, w, 2)."""
        x, y = np.meshgrid(np.arange(box.left, box.right), np.arange(box.top, box.bottom))
        places = (np.stack([x, y], axis=-1) + 0.5) * scale - 0.5
        return np.asarray(places @ self.affine[:, :2].T + self.affine[:, 2], np.float32)


def blend_weights(grid: Floats) -> Floats:
    """Return how much of what is drawn is seen at the places *grid* (h, w, 2) of the square: 0 at its edges."""
    near = ((1 - np.abs(grid)) / (2 * _EDGE_FADE)).clip(0, 1)
    return np.asarray((near * near * (3 - 2 * near)).prod(axis=-1), np.float32)


def paste_back(drawn: Any, base: Any, share: Any, grid: Any, side: float) -> Any:
    """Return pictures *drawn* (n, 3, s, s; 0 to 1) laid over *base* (3, h, w) by *share* (h, w), in bytes (n, h, w, 3).

    *grid* (h, w, 2) says where each pixel is in the square, *side* how many pixels of *base* it is wide.
    """
    from torch.nn import functional

    if side < 0.75 * drawn.shape[-1]:  # else fine lines alias into noise
        drawn = functional.interpolate(drawn, size=[max(2, round(side))] * 2, mode="bilinear", antialias=True)
    here = functional.grid_sample(drawn, grid.expand(len(drawn), *grid.shape), align_corners=False)
    mixed = base + share * (here - base)
    return (mixed.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1)
