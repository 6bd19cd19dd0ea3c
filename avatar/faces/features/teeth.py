"""Teeth, drawn: one row seen from the front, in millimetres of an average adult mouth."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from avatar.faces.geometry.blendshapes import Floats

HALF_WIDTH_MM: Final = 34.0  # millimetres from the midline to the end of the drawing
HEIGHT_MM: Final = 16.0
_SUPERSAMPLING: Final = 4  # drawn this much larger, then averaged

# Per tooth from the midline: width as seen from the front, height of the crown, and how far its edge stands back from
# that of the first (all mm; mean adult crowns, narrowed by the curve of the arch).
_UPPER_CROWNS_MM: Final = (
    (8.5, 10.0, 0.0),
    (6.5, 8.8, 0.5),
    (6.3, 9.6, 0.2),
    (5.0, 8.2, 0.8),
    (3.9, 7.2, 1.3),
    (3.2, 6.5, 1.8),
)
_LOWER_CROWNS_MM: Final = (
    (5.2, 8.6, 0.0),
    (5.6, 8.8, 0.0),
    (5.8, 9.6, 0.1),
    (4.8, 8.2, 0.7),
    (4.0, 7.5, 1.2),
    (3.2, 7.0, 1.6),
)


@dataclass(frozen=True, eq=False)
class TeethRow:
    """One row of teeth: *tone* (h, w) multiplies their colour, *cover* (h, w) is where there is tooth, *gum* where gum.

    The edge of the first teeth is at *edge* pixels from the top, the midline in the middle; *scale* pixels a
    millimetre.
    """

    tone: Floats
    cover: Floats
    gum: Floats
    edge: float
    scale: float


def upper_row(scale: float) -> TeethRow:
    """Draw the upper teeth at *scale* pixels a millimetre, edges downward."""
    return _draw_row(_UPPER_CROWNS_MM, scale)


def lower_row(scale: float) -> TeethRow:
    """Draw the lower teeth at *scale* pixels a millimetre, edges upward."""
    row = _draw_row(_LOWER_CROWNS_MM, scale)
    flipped = (np.ascontiguousarray(each[::-1]) for each in (row.tone, row.cover, row.gum))
    tone, cover, gum = flipped
    return TeethRow(tone, cover, gum, tone.shape[0] - row.edge, scale)


@lru_cache(maxsize=16)
def _draw_row(crowns: tuple[tuple[float, float, float], ...], scale: float) -> TeethRow:
    fine = scale * _SUPERSAMPLING
    height, width = round(HEIGHT_MM * scale) * _SUPERSAMPLING, round(2 * HALF_WIDTH_MM * scale) * _SUPERSAMPLING
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32) / fine
    xs -= width / fine / 2
    edge = HEIGHT_MM - 3.0
    tone, cover = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    for side in (-1, 1):
        start = 0.0
        for wide, high, back in crowns:
            x = (xs * side - start - wide / 2) / (wide / 2)  # -1 to 1 across the tooth
            y = (edge - back - ys) / high  # 0 at the edge, 1 at the gum
            # Flat faces, rounded corners at the edge, a shoulder towards the gum; a hair's breadth between teeth.
            half = 0.985 - 0.10 * np.clip((0.10 - y) / 0.10, 0, 1) ** 2 - 0.10 * np.clip((y - 0.5) / 0.5, 0, 1) ** 2
            inside = (np.abs(x) < half) & (y > 0.02 * x * x) & (y < 1.15)
            round_off = 1 - 0.22 * np.abs(x) ** 5 - 0.05 * x * side
            rise = 0.90 + 0.10 * np.clip(y / 0.25, 0, 1) - 0.12 * np.clip((y - 0.5) / 0.5, 0, 1)
            turned_away = np.cos(np.clip((start + wide / 2) / HALF_WIDTH_MM, 0, 1) * 1.15)
            tone = np.where(inside, round_off * rise * (0.35 + 0.65 * turned_away), tone)
            cover = np.where(inside, 1, cover)
            start += wide
    gum = np.clip((edge - 6.5 - ys) / 1.5 - 0.25 * np.cos(xs * 0.75), 0, 1) * (np.abs(xs) < HALF_WIDTH_MM - 2)
    size = (width // _SUPERSAMPLING, height // _SUPERSAMPLING)
    small = (cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in (tone * cover, cover, gum))
    tone, cover, gum = (np.asarray(each, np.float32) for each in small)
    return TeethRow(tone, cover, gum, edge * scale, scale)
