"""The inside of a mouth, painted between the lips: cavity, tongue, two rows of teeth, and the shade the lips throw."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from avatar.faces.coefficients import INDEX, Floats
from avatar.faces.rig import Pose, Rig, Shown
from avatar.faces.teeth import HALF_WIDTH, Row, lower_row, upper_row
from avatar.faces.topology import LEFT_EYE, LIPS_INNER, LIPS_OUTER, RIGHT_EYE
from avatar.media.frames import Box, Format, Pixels

_FACE: Final = 92.0  # millimetres between the outer corners of an adult's eyes
_FINE: Final = 2  # the inside is painted this much larger, then averaged
_UPPER_EDGE: Final = 2.1  # millimetres from the line between closed lips down to the edge of the upper teeth
_OVERBITE: Final = 1.7  # millimetres by which the upper teeth hide the lower ones in a closed bite
_DEPTH: Final = 5.0  # millimetres from the lips back to the teeth
_CAVITY: Final = np.array([0.16, 0.06, 0.055], np.float32)  # linear parts of the light on the teeth
_TONGUE: Final = np.array([0.66, 0.33, 0.33], np.float32)
_WARM: Final = np.array([1.0, 0.76, 0.68], np.float32)
_GUM: Final = np.array([0.70, 0.38, 0.38], np.float32)
_ENAMEL: Final = np.array([1.08, 1.03, 0.95], np.float32)


@dataclass(frozen=True, eq=False)
class Mouth:
    """The inside of one person's mouth: its rows of teeth, and the *light* (3,) that falls on them in this picture."""

    rig: Rig
    upper: Row
    lower: Row
    light: Floats

    @classmethod
    def of(cls, rig: Rig, picture: Pixels) -> "Mouth":
        """Make the mouth of the person in *picture*, whose resting mesh is that of *rig*."""
        scale = _FINE * rig.unit / _FACE
        return cls(rig, upper_row(scale), lower_row(scale), _white(picture, rig))

    def box(self, mesh: Floats, within: Format) -> Box:
        """Return the region that the inside of the mouth takes for *mesh* (468, >=2)."""
        return Box.around(mesh[list(LIPS_OUTER)], 2, within)

    def gap(self, shown: Shown) -> float:
        """Return how far the lips are apart in millimetres; 0 when less than half a pixel would show."""
        lips = shown.mesh[list(LIPS_INNER), :2]
        pixels = float((lips[11:][::-1] - lips[1:10])[:, 1].max())
        return pixels * _FACE / (self.rig.unit * shown.pose.scale) if pixels >= 0.4 else 0.0

    def paint(self, view: Pixels, box: Box, shown: Shown) -> None:
        """Paint the open mouth into *view*, the pixels of *box*; closed lips are left as they are."""
        gap = self.gap(shown)
        if not gap:
            return
        lips = shown.mesh[list(LIPS_INNER), :2]
        size = (box.right - box.left) * _FINE, (box.bottom - box.top) * _FINE
        canvas = np.zeros((size[1], size[0]), np.uint8)
        fixed = (((lips - (box.left, box.top) + 0.5) * _FINE - 0.5) * 16).round().astype(np.int32)
        cv2.fillPoly(canvas, [fixed], 255, cv2.LINE_AA, 4)
        inside = self._inside(canvas, box, shown, gap)
        height, width = view.shape[:2]
        small = cv2.resize(inside, (width, height), interpolation=cv2.INTER_AREA)
        # Blurred by a pixel: wet lips have no hard edge against the dark.
        mask = cv2.resize(cv2.GaussianBlur(canvas, (0, 0), _FINE * 0.45), (width, height), interpolation=cv2.INTER_AREA)
        share = (mask.astype(np.float32) / 255)[..., None] * _eased(gap, 0.25, 1.2)
        if self.rig.ajar:
            # The portrait shows an open mouth of its own: leave it gradually, not with the first frame that moves.
            share = share * _eased(float(np.abs(shown.coefficients).max()), 0.0, 0.15)
        np.copyto(view, (view + (small - view) * share).round().clip(0, 255).astype(np.uint8))

    def _inside(self, mask: Pixels, box: Box, shown: Shown, gap: float) -> Floats:
        pose, coefficients = shown.pose, shown.coefficients
        jaw = self.rig.moves[INDEX["jawOpen"], 14] * coefficients[INDEX["jawOpen"]]
        up_x, up_y = self._millimetres(mask.shape, box, pose, np.zeros(3, np.float32))
        low_x, low_y = self._millimetres(mask.shape, box, pose, jaw)
        tongue = float(coefficients[INDEX["tongueOut"]])
        rounding = float(coefficients[INDEX["mouthPucker"]] + 0.8 * coefficients[INDEX["mouthFunnel"]])
        # Pushed-out lips stand before the teeth like a tube: what is behind them goes dark.
        lit = (1 - 0.85 * _eased(rounding, 0.3, 0.75)) * (0.75 + 0.25 * _eased(gap, 1, 8))
        picture = np.empty((*mask.shape, 3), np.float32)
        picture[:] = _CAVITY
        low_edge = _UPPER_EDGE - _OVERBITE
        flesh = _tongue(low_x, low_y - low_edge + 0.42 * gap, tongue)
        _lay(picture, _TONGUE, np.clip(flesh * 3, 0, 1)[..., None], flesh)
        self._teeth(picture, self.lower, low_x, low_y - low_edge, 0.85)
        if tongue > 0.5:
            _lay(picture, _TONGUE, (np.clip(flesh * 3, 0, 1) * _eased(tongue, 0.5, 0.8))[..., None], flesh)
        self._teeth(picture, self.upper, up_x, up_y - _UPPER_EDGE, 1.0)
        # Light that has been inside a mouth has lost its blue.
        light = np.float32(lit) * self._shade(mask, up_x)[..., None]
        picture *= light * (_WARM + (1 - _WARM) * light)
        return np.asarray(picture * self.light, np.float32)

    def _millimetres(self, shape: tuple[int, ...], box: Box, pose: Pose, moved: Floats) -> tuple[Floats, Floats]:
        """Return, per fine pixel, how far right and below the middle of the resting lips the plane of the teeth is."""
        frame, millimetre = self.rig.frame.astype(np.float32), self.rig.unit / _FACE
        middle = (self.rig.rest[13] + self.rig.rest[14]) / 2 + frame[:, 2] * _DEPTH * millimetre + moved
        corners = np.stack([middle, middle + frame[:, 0] * millimetre, middle + frame[:, 1] * millimetre])
        seen = (pose.carry(corners)[:, :2] - (box.left, box.top) + 0.5) * _FINE - 0.5
        inverse = np.linalg.inv((seen[1:] - seen[0]).T)
        xs = np.arange(shape[1], dtype=np.float32)[None] - np.float32(seen[0, 0])
        ys = np.arange(shape[0], dtype=np.float32)[:, None] - np.float32(seen[0, 1])
        x, y = (np.float32(row[0]) * xs + np.float32(row[1]) * ys for row in inverse)
        return x, y

    def _teeth(self, picture: Floats, row: Row, x: Floats, y: Floats, light: float) -> None:
        at_x = np.asarray((x + HALF_WIDTH) * row.scale - 0.5, np.float32)
        at_y = np.asarray(y * row.scale + row.edge - 0.5, np.float32)
        parts = (cv2.remap(each, at_x, at_y, cv2.INTER_LINEAR) for each in (row.tone, row.cover, row.gum))
        tone, cover, gum = (np.asarray(each, np.float32) for each in parts)
        if row is self.upper:
            # Teeth fade where the arch turns into the dark of the cheek.
            cover = cover * np.clip((HALF_WIDTH - 4 - np.abs(x)) / 8, 0, 1)
        _lay(picture, _GUM, gum[..., None], np.full_like(gum, 0.7 * light))
        _lay(picture, _ENAMEL, cover[..., None], tone / np.maximum(cover, 0.05).clip(None, 1) * light)

    def _shade(self, mask: Pixels, x: Floats) -> Floats:
        """Return the light that comes past the lips: little at their edge and towards the corners."""
        reach = 2.6 * _FINE * self.rig.unit / _FACE
        # Padded, so that the border of the box does not count as light.
        away = cv2.distanceTransform(cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_L2, 3)
        from_lips = np.clip(away[1:-1, 1:-1] / reach, 0, 1)
        corners = 1 - 0.55 * np.clip((np.abs(x) - 8) / 18, 0, 1)
        return np.asarray((0.5 + 0.5 * from_lips) * corners, np.float32)


def _tongue(x: Floats, below: Floats, out: float) -> Floats:
    """Return the light on the tongue (0 where it is not), *below* millimetres under the edge of the lower teeth."""
    top = 0.8 - 6.0 * _eased(out, 0.0, 0.9)
    dome = top + np.square(x / 15.0) * 5.0
    depth = below - dome
    body = np.clip(depth / 2.6, 0, 1) * np.clip((19 - np.abs(x)) / 4, 0, 1)
    groove = 1 - 0.18 * np.exp(-np.square(x / 1.8))
    return np.asarray(body * groove * (0.5 + 0.3 * out + 0.35 * np.clip(depth / 5, 0, 1)), np.float32)


def _lay(picture: Floats, colour: Floats, cover: Floats, tone: Floats) -> None:
    picture += (colour * tone[..., None] - picture) * cover


def _eased(value: float, low: float, high: float) -> float:
    share = min(max((value - low) / (high - low), 0.0), 1.0)
    return share * share * (3 - 2 * share)


def _white(picture: Pixels, rig: Rig) -> Floats:
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
