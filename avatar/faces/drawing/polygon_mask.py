"""Where outlines cover pixels, with soft edges."""

from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np

from avatar.faces.geometry.blendshapes import Floats
from avatar.media.frames import Box

_SUPERSAMPLING: Final = 4  # outlines are filled this much larger, then averaged


def polygon_mask(outlines: Iterable[Floats], box: Box) -> Floats:
    """Return how much (0 to 1) of each pixel of *box* lies inside any of *outlines*, polygons of points (n, 2)."""
    canvas = np.zeros(((box.bottom - box.top) * _SUPERSAMPLING, (box.right - box.left) * _SUPERSAMPLING), np.uint8)
    corner = np.array((box.left, box.top), np.float32)
    for outline in outlines:
        inside = (outline - corner + 0.5) * _SUPERSAMPLING - 0.5
        cv2.fillPoly(canvas, [(inside * 16).round().astype(np.int32)], 255, cv2.LINE_8, 4)
    size = box.right - box.left, box.bottom - box.top
    return np.asarray(cv2.resize(canvas, size, interpolation=cv2.INTER_AREA), np.float32) / np.float32(255)
