"""Lashes: those of a lid that comes down are drawn, in the colour and the length that the open eye shows."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.drawing.polygon_mask import polygon_mask
from avatar.faces.geometry.blendshapes import Floats
from avatar.media.frames import Box, Pixels

_HAIR_COUNT: Final = 26  # of a lid
_HAIR_POINTS: Final = 5  # of the curve of a hair
# In eye distances.
_LASH_LINE_WIDTH: Final = 0.022  # of the line that the roots make
_MAX_HAIR_LENGTH: Final = 0.12
_MAX_LASH_BRIGHTNESS: Final = 0.62  # share of the brightness of skin
_MIN_LASH_COVERAGE: Final = 0.12  # share of a row above the lid that is lash
_LEVEL_CLOSURE: Final = 0.3  # how far a lid is closed when its lashes point at the viewer, the curl of them down


@dataclass(frozen=True, eq=False)
class Lashes:
    """The upper lashes of one eye: their *colour*, how *long* they are in pixels of the frame, their *line*'s width.

    *outer* is the end of the lid, 0 or -1, that is away from the nose: lashes lean towards it.
    """

    colour: Floats
    length: float
    line: float
    outer: int

    @classmethod
    def of(cls, around: Pixels, lid: Floats, unit: float, scale: int, outer: int) -> "Lashes":
        """Return those over the open *lid* (9, 2 pixels of *around*), eyes being *unit* pixels of a frame apart.

        *around* has *scale* times the resolution of frames. Where it shows no lashes there are none but a line.
        """
        long = _measure_length(around, lid, _MAX_HAIR_LENGTH * unit * scale) / scale
        return cls(_darkest_color(around, lid), long, _LASH_LINE_WIDTH * unit, outer)

    def paint(self, onto: Floats, lid: Floats, box: Box, closed: float) -> None:
        """Paint the lashes in place into *onto*, the pixels of *box*, for a *lid* that is *closed* so far (0 to 1).

        *onto* (h, w, 3) is RGB, 0 to 255, in floats; *lid* (9, 2) is in pixels of the frame.
        """
        share = self.mask(lid, box, closed)[..., None] * min(1.0, closed * 1.6) * 0.9
        onto += (self.colour - onto) * share

    def mask(self, lid: Floats, box: Box, closed: float) -> Floats:
        """Return the coverage (h, w), 0 to 1, of the pixels of *box* by lashes on *lid* (9, 2; pixels of the frame).

        A line along the lid tapers to its ends, and hairs grow from it. *closed* (0 to 1) says where they point.
        """
        edge = _fit_cubic(lid, 8 * len(lid))
        taper = np.sin(np.linspace(0.15, np.pi - 0.15, len(edge)))[:, None] * np.array((0, self.line))
        line = np.concatenate([edge - taper * 0.4, (edge + taper * 0.6)[::-1]])
        return polygon_mask((each.astype(np.float32) for each in (line, *self._hairs(lid, closed))), box)

    def _hairs(self, lid: Floats, closed: float) -> NDArray[np.float64]:
        """Return the outlines (hairs, points, 2) of hairs on *lid*: up from an open one, down from a closed one."""
        number = np.arange(_HAIR_COUNT)
        uneven = np.sin(np.outer((5.1, 2.4, 3.7), number))  # lashes are no comb
        places = (number + 0.5 + 0.35 * uneven[0]) / _HAIR_COUNT
        across = _lid_direction(lid)
        down, out = np.array((-across[1], across[0])), -across if self.outer == 0 else across
        outward = 1 - places if self.outer == 0 else places
        long = self.length * (0.5 + 0.5 * np.sin(np.pi * (0.1 + 0.7 * outward))) * (0.85 + 0.25 * uneven[1])
        lean = 1.1 * outward - 0.3 + 0.2 * uneven[2]
        bent = np.linspace(0, 1, _HAIR_POINTS)[:, None, None]
        # They fall less and less and lean more and more: lashes curl.
        falls, leans = _droop(closed) * (1.6 * bent - 0.6 * bent**2), lean[:, None] * bent**2
        curve = _fit_cubic(lid, 101)[(places * 100).astype(int)] + long[:, None] * (down * falls + out * leans)
        wide = across * (0.16 * self.line + 0.25) * (1 - 0.85 * bent)
        return np.moveaxis(np.concatenate([curve - wide, (curve + wide)[::-1]]), 0, 1)


def _droop(closed: float) -> float:
    """Return how far down (of their length) lashes point before a lid that is *closed* so far: up when it is open."""
    return float(np.interp(closed, (0.0, _LEVEL_CLOSURE, 1.0), (-0.6, 0.3, 0.9)))


def _lid_direction(lid: Floats) -> Floats:
    """Return the direction from the first end of *lid* (n, 2) to its last."""
    across = lid[-1] - lid[0]
    return np.asarray(across / max(float(np.linalg.norm(across)), 1e-6), np.float32)


def _fit_cubic(lid: Floats, count: int) -> NDArray[np.float64]:
    """Return *count* points evenly along *lid* (n, 2) by a curve without corners: the cubic that comes nearest."""
    along = np.concatenate([[0.0], np.linalg.norm(np.diff(lid, axis=0), axis=1).cumsum()])
    along /= max(float(along[-1]), 1e-6)
    at = np.vander(np.linspace(0, 1, count), 4)
    return np.asarray(at @ np.linalg.lstsq(np.vander(along, 4), lid.astype(np.float64), rcond=None)[0])


def _measure_length(around: Pixels, lid: Floats, longest: float) -> float:
    """Return how far above the open *lid*, in pixels, rows of *around* have dark places among bright ones."""
    edge = _fit_cubic(lid, 64)
    right, down = _lid_direction(lid)
    up = np.array((down, -right))
    steps = np.arange(1, max(2, int(longest)) + 1)
    seen = (edge[None, 6:-6] + steps[:, None, None] * up).round().astype(int)
    light = cv2.cvtColor(around, cv2.COLOR_RGB2GRAY).astype(np.float32)
    rows, columns = (np.clip(seen[..., axis], 0, light.shape[1 - axis] - 1) for axis in (1, 0))
    found = light[rows, columns]
    lashes = (found < _MAX_LASH_BRIGHTNESS * np.percentile(found, 80)).mean(axis=1) > _MIN_LASH_COVERAGE
    return float(steps[-1] if lashes.all() else lashes.argmin())


def _darkest_color(around: Pixels, lid: Floats) -> Floats:
    """Return the darkest colour along *lid* (9, 2 pixels of *around*): lashes, or the crease where none are seen."""
    height, width = around.shape[:2]
    rows, columns = (lid[1:8, axis].round().astype(int) for axis in (1, 0))
    reach = np.arange(-3, 4)
    flat = around[np.clip(rows[:, None] + reach, 0, height - 1), np.clip(columns, 0, width - 1)[:, None]]
    flat = flat.reshape(-1, 3).astype(np.float32)
    return np.asarray(flat[flat.sum(axis=1).argsort()[: max(1, len(flat) // 5)]].mean(axis=0), np.float32)
