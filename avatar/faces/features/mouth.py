"""One person's mouth: where its inside is seen between the lips, and in which light."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.features.mouth_interior import SUPERSAMPLING as _FINE
from avatar.faces.features.mouth_interior import MouthInterior, Teeth
from avatar.faces.features.mouth_interior import smoothstep as _eased
from avatar.faces.geometry.blendshapes import INDEX, Floats
from avatar.faces.geometry.rig import Pose, PosedFace, Rig
from avatar.faces.geometry.topology import LEFT_EYE, LIPS_INNER, LIPS_OUTER, RIGHT_EYE
from avatar.media.frames import Box, Format, Pixels
from avatar.runtime.jit import lazy_njit

_EYE_CORNER_DISTANCE_MM: Final = 92.0  # millimetres between the outer corners of an adult's eyes
_UPPER_EDGE_MM: Final = 2.1  # millimetres from the line between closed lips down to the edge of the upper teeth
_OVERBITE_MM: Final = 1.7  # millimetres by which the upper teeth hide the lower ones in a closed bite
_TOOTH_EDGES_MM: Final = (_UPPER_EDGE_MM - _OVERBITE_MM, _UPPER_EDGE_MM)  # of the lower teeth and of the upper ones
_TEETH_DEPTH_MM: Final = 5.0  # millimetres from the lips back to the teeth


@dataclass(frozen=True, eq=False)
class Mouth:
    """The inside of one person's mouth: its teeth, and the *light* (3,) that falls on them in this picture."""

    rig: Rig
    teeth: Teeth
    light: Floats

    @classmethod
    def of(cls, rig: Rig, picture: Pixels) -> "Mouth":
        """Return the mouth of the person in *picture*, at the resolution of the frames; *rig* is their face."""
        return cls(rig, Teeth.of(_FINE * rig.unit / _EYE_CORNER_DISTANCE_MM), _white_light(picture, rig))

    def box(self, mesh: Floats, within: Format) -> Box:
        """Return the region that the inside of the mouth takes for *mesh* (468, >=2)."""
        return Box.around(mesh[list(LIPS_OUTER)], 2, within)

    def gap(self, shown: PosedFace) -> float:
        """Return how far the lips are apart in millimetres; 0 when less than half a pixel would show."""
        lips = shown.mesh[list(LIPS_INNER), :2]
        pixels = float((lips[11:][::-1] - lips[1:10])[:, 1].max())
        return pixels * _EYE_CORNER_DISTANCE_MM / (self.rig.unit * shown.pose.scale) if pixels >= 0.4 else 0.0

    def paint(self, view: Pixels, box: Box, shown: PosedFace) -> None:
        """Paint the open mouth in place into *view*, the pixels of *box* of the frame; closed lips are not touched."""
        gap = self.gap(shown)
        if not gap:
            return
        lips = shown.mesh[list(LIPS_INNER), :2]
        opening = np.zeros(((box.bottom - box.top) * _FINE, (box.right - box.left) * _FINE), np.uint8)
        fixed = (((lips - (box.left, box.top) + 0.5) * _FINE - 0.5) * 16).round().astype(np.int32)
        cv2.fillPoly(opening, [fixed], 255, cv2.LINE_AA, 4)
        strength = _eased(gap, 0.25, 1.2)
        if self.rig.rest_jaw_open:
            # The portrait shows an open mouth of its own: leave it gradually, not with the first frame that moves.
            strength *= _eased(float(np.abs(shown.coefficients).max()), 0.0, 0.15)
        # Blurred by a pixel: wet lips have no hard edge against the dark.
        share = np.asarray(cv2.GaussianBlur(opening, (0, 0), _FINE * 0.45), np.float32) * np.float32(strength / 255)
        jaw = self.rig.deltas[INDEX["jawOpen"], 14] * shown.coefficients[INDEX["jawOpen"]]
        painted = MouthInterior(
            teeth=self.teeth,
            places=self._teeth_transforms(box, shown.pose, jaw),
            gap=gap,
            tongue=float(shown.coefficients[INDEX["tongueOut"]]),
            rounding=float(shown.coefficients[INDEX["mouthPucker"]] + 0.8 * shown.coefficients[INDEX["mouthFunnel"]]),
            light=self.light,
        )
        painted.paint(view, share, self._shade(opening))

    @cached_property
    def _teeth_axes(self) -> Floats:
        """Where the middles of the lower and of the upper teeth rest, and a millimetre right of and below each."""
        frame, millimetre = self.rig.rotation.astype(np.float32), self.rig.unit / _EYE_CORNER_DISTANCE_MM
        middle = (self.rig.rest[13] + self.rig.rest[14]) / 2 + frame[:, 2] * (_TEETH_DEPTH_MM * millimetre)
        corners = np.stack([middle, middle + frame[:, 0] * millimetre, middle + frame[:, 1] * millimetre])
        return np.asarray(np.stack([corners, corners]), np.float32)

    def _teeth_transforms(self, box: Box, pose: Pose, jaw: Floats) -> NDArray[np.float64]:
        """Return where the lower teeth (moved by the *jaw*) and upper teeth are seen, as ``MouthInterior`` has it."""
        corners = self._teeth_axes.copy()
        corners[0] += jaw
        return _pixel_to_teeth(pose.apply(corners), box.left, box.top, np.array(_TOOTH_EDGES_MM))

    def _shade(self, opening: Pixels) -> Floats:
        """Return, per fine pixel, the light that comes past the lips: little at their edge."""
        reach = 2.6 * _FINE * self.rig.unit / _EYE_CORNER_DISTANCE_MM
        # Padded, so that the border of the box does not count as light.
        away = cv2.distanceTransform(cv2.copyMakeBorder(opening, 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_L2, 3)
        return np.asarray(0.5 + 0.5 * np.clip(away[1:-1, 1:-1] / reach, 0, 1), np.float32)


@lazy_njit
def _pixel_to_teeth(seen: Floats, left: int, top: int, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, 2, 3) how fine pixels of a box at *left*, *top* lie among teeth that are *seen* (n, 3, 3) there.

    That is how many millimetres right of the first point, the second being one away, and, the third being one away,
    below an edge that lies *edges* (n) below it.
    """
    places = np.empty((len(seen), 2, 3))
    for row in range(len(seen)):
        x, y = (seen[row, 0, 0] - left + 0.5) * _FINE - 0.5, (seen[row, 0, 1] - top + 0.5) * _FINE - 0.5
        right, down = (seen[row, 1] - seen[row, 0]) * _FINE, (seen[row, 2] - seen[row, 0]) * _FINE
        area = right[0] * down[1] - down[0] * right[1]
        places[row, 0, 0], places[row, 0, 1] = down[1] / area, -down[0] / area
        places[row, 1, 0], places[row, 1, 1] = -right[1] / area, right[0] / area
        for axis in range(2):
            places[row, axis, 2] = -(places[row, axis, 0] * x + places[row, axis, 1] * y)
        places[row, 1, 2] -= edges[row]
    return places


def _white_light(picture: Pixels, rig: Rig) -> Floats:
    """Return the light on something white in this picture, judged by the whites of the eyes (RGB, 0 to 255)."""
    mask = np.zeros(picture.shape[:2], np.uint8)
    for eye in (RIGHT_EYE, LEFT_EYE):
        cv2.fillPoly(mask, [rig.rest[list(eye), :2].round().astype(np.int32)], 255)
    whites = picture[mask > 0].astype(np.float32)
    if not len(whites):
        return np.full(3, 215, np.float32)
    bright = whites[whites.sum(axis=1).argsort()[-max(1, len(whites) // 12) :]].mean(axis=0)
    # An eye half closed, or only a highlight, misleads: keep to what rooms look like.
    return np.asarray(np.clip(bright * 1.02, 150, 245), np.float32)
