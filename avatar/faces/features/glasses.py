"""Glasses: dark rims are found in a portrait, taken off the skin, and carried by the head alone.

Skin moves under glasses, lids most of all; rims that moved with it would bend and break with every blink.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.drawing.warp_field import coarse_warp_field
from avatar.faces.geometry.head_surround import HeadSurround
from avatar.faces.geometry.rig import Pose, Rig
from avatar.faces.geometry.topology import LEFT_EYE, RIGHT_EYE
from avatar.media.frames import Box, Format, Pixels

# In distances of the outer corners of the eyes.
_MAX_RIM_WIDTH = 0.07  # a rim is thinner than this, a brow is not
_LASH_REACH = 0.035  # lashes reach this far from the eye
# The region in which rims are looked for, from the middle of the eyes.
_SEARCH_HALF_WIDTH = 0.85
_SEARCH_ABOVE = 0.3
_SEARCH_BELOW = 0.42
_HEAD_MOTION_MARGIN = 0.3  # by how much a head may move
_NOSE_BRIDGE = (8, 168, 6, 197)  # down the nose between the eyes: here every pair of glasses rests, and no brow is
_MIN_RIM_CONTRAST = 0.22  # of the skin's brightness: how much darker than both its sides a rim is
_MAX_RIM_GAP = 0.22
_MAX_RIM_BRIGHTNESS = 0.64  # of the skin's brightness
_MIN_RIM_LENGTH = 1.0  # a rim goes round an eye: a shorter streak is a shadow


@dataclass(frozen=True, eq=False)
class Glasses:
    """The rims in a *source* of *scale* times the resolution of the frames: its fourth channel says where they are."""

    source: Pixels
    scale: int
    box: Box

    @classmethod
    def of(cls, rig: Rig, source: Pixels, scale: int) -> "Glasses | None":
        """Return the glasses in *source* on the face of *rig*, or ``None`` where none are worn, or pale ones."""
        rims = _find_rims(rig.rest[:, :2] * scale, source, rig.unit * scale)
        if rims is None:
            return None
        whole = Format(source.shape[1] // scale, source.shape[0] // scale, Fraction(1))
        rows, columns = np.nonzero(rims)
        edges = np.array([[columns.min(), rows.min()], [columns.max(), rows.max()]], np.float32) / scale
        soft = cv2.GaussianBlur(cv2.dilate(rims, np.ones((3, 3), np.uint8)), (0, 0), 0.8)
        return cls(np.dstack([source, soft]), scale, Box.around(edges, _HEAD_MOTION_MARGIN * rig.unit, whole))

    def removed(self) -> Pixels:
        """Return the source picture without glasses, skin in their place."""
        bare = np.ascontiguousarray(self.source[..., :3])
        grown = cv2.dilate((self.source[..., 3] > 8).astype(np.uint8), np.ones((3, 3), np.uint8))
        box = (
            slice(self.box.top * self.scale, self.box.bottom * self.scale),
            slice(self.box.left * self.scale, self.box.right * self.scale),
        )
        bare[box] = cv2.inpaint(np.ascontiguousarray(bare[box]), grown[box], 3, cv2.INPAINT_TELEA)
        return bare

    def draw(self, view: Pixels, box: Box, rig: Rig, surround: HeadSurround, pose: Pose) -> None:
        """Draw the glasses in place into *view*, the pixels of *box* of the frame, where a head in *pose* has them."""
        before = np.concatenate([rig.rest, surround.rest])[:, :2]
        after = np.concatenate([pose.apply(rig.rest), surround.deform(rig, rig.rest, pose)])[:, :2]
        rims = (
            coarse_warp_field(before, after, surround.triangles, self.box)
            .upsample(self.box)
            .sample(self.source, self.scale)
        )
        top, left = self.box.top - box.top, self.box.left - box.left
        part = view[top : top + rims.shape[0], left : left + rims.shape[1]]
        share = rims[..., 3:] / np.float32(255)
        np.copyto(part, (part + (rims[..., :3] - part.astype(np.float32)) * share).round().astype(np.uint8))


def _find_rims(points: NDArray[np.floating], source: Pixels, unit: float) -> Pixels | None:
    """Return where (255, else 0) dark rims are that rest on the nose, or ``None``."""
    light = cv2.cvtColor(source, cv2.COLOR_RGB2GRAY)
    middle = points[[33, 263]].mean(axis=0)
    left, right = (max(0, int(middle[0] + side * _SEARCH_HALF_WIDTH * unit)) for side in (-1, 1))
    top, bottom = (max(0, int(middle[1] + far * unit)) for far in (-_SEARCH_ABOVE, _SEARCH_BELOW))
    part = light[top:bottom, left:right]
    if not part.size:
        return None
    skin = float(np.median(part))
    found = np.zeros(light.shape, np.uint8)
    found[top:bottom, left:right] = (
        cv2.morphologyEx(part, cv2.MORPH_BLACKHAT, _disk(_MAX_RIM_WIDTH * unit)) > _MIN_RIM_CONTRAST * skin
    )
    for eye in (RIGHT_EYE, LEFT_EYE):
        lashes = np.zeros(light.shape, np.uint8)
        cv2.fillPoly(lashes, [points[list(eye)].round().astype(np.int32)], 1)
        found[cv2.dilate(lashes, _disk(2 * _LASH_REACH * unit)) > 0] = 0
    rims = _crossing_components(found, points[list(_NOSE_BRIDGE)], unit)
    if rims.any():
        # Before a brow a rim does not stand out, and beside lashes it was left out: what is dark closes the gap.
        closed = cv2.morphologyEx(rims, cv2.MORPH_CLOSE, _disk(_MAX_RIM_GAP * unit))
        rims[(closed > 0) & (light < _MAX_RIM_BRIGHTNESS * skin)] = 255
    return rims if rims.any() else None


def _crossing_components(found: Pixels, line: NDArray[np.floating], unit: float) -> Pixels:
    """Return (255, else 0) those long pieces of what was *found* that cross the *line* down the nose."""
    _, labels, sizes, _ = cv2.connectedComponentsWithStats(found, connectivity=8)
    along = np.concatenate([np.linspace(one, other, 24) for one, other in pairwise(line)])
    columns, rows = along.round().astype(int).clip(0, np.array(found.shape)[::-1] - 1).T
    crossing = np.setdiff1d(labels[rows, columns], [0])
    long = [each for each in crossing if sizes[each, cv2.CC_STAT_WIDTH] > _MIN_RIM_LENGTH * unit]
    return np.asarray(np.isin(labels, long) * np.uint8(255), np.uint8)


def _disk(wide: float) -> NDArray[np.uint8]:
    side = max(3, round(wide)) | 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
