"""Eyes that stay round while their lids move: the eyeball is laid under the warped skin, cut out by the lids."""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Final

import cv2
import numpy as np

from avatar.faces.drawing.polygon_mask import polygon_mask
from avatar.faces.drawing.warp_field import WarpField
from avatar.faces.features.lashes import Lashes
from avatar.faces.geometry.blendshapes import INDEX, Floats
from avatar.faces.geometry.rig import PosedFace, Rig
from avatar.faces.geometry.topology import LEFT_EYE, RIGHT_EYE
from avatar.media.frames import Box, Format, Landmarks, Pixels
from avatar.runtime.jit import lazy_njit

Rows = dict[tuple[int, ...], tuple[int, ...]]

# The rows of points above each upper lid: in its fold, and under the brow.
_LID_FOLD: Final[Rows] = {RIGHT_EYE: (247, 30, 29, 27, 28, 56, 190), LEFT_EYE: (414, 286, 258, 257, 259, 260, 467)}
_BROW_EDGE: Final[Rows] = {
    RIGHT_EYE: (113, 225, 224, 223, 222, 221, 189),
    LEFT_EYE: (413, 441, 442, 443, 444, 445, 342),
}
_LASH_REACH: Final = 0.35  # widths of an eye
_FULL_TURN_SINE: Final = (
    0.35  # the sine of 20 degrees: a head turned so far shows the outer lashes of its far eye in full
)
_SKIN_HUE_TOLERANCE: Final = 0.07  # shares of red, green and blue, summed: skin differs from skin by less


@dataclass(frozen=True, eq=False)
class EyeView:
    """What eyes are painted from: the *source* picture, how the skin is *bent* in this frame, and the *gaze* (x, y)."""

    source: Pixels
    bent: WarpField
    gaze: Floats


@dataclass(frozen=True, eq=False)
class Eye:
    """One eye of a portrait whose source has *scale* times the resolution of its frames.

    *contour* are its 16 points on *rig*, *lashes* its upper ones; *bare* is the part of the source around
    the lid, at *corner* (pixels of the frame), without lashes: what a closing lid shows.
    """

    rig: Rig
    contour: tuple[int, ...]
    scale: int
    lashes: Lashes
    bare: Pixels
    corner: tuple[int, int]

    @classmethod
    def pair(cls, rig: Rig, source: Pixels, scale: int) -> tuple["Eye", "Eye"]:
        """Return the right and the left eye of *source*; *rig* is in pixels of frames *scale* times smaller."""
        right, left = (cls._of(rig, source, scale, contour) for contour in (RIGHT_EYE, LEFT_EYE))
        # Both alike: of one, light or a crease may hide them.
        long = (right.lashes.length + left.lashes.length) / 2
        return right._with_lash_length(long), left._with_lash_length(long)

    @classmethod
    def _of(cls, rig: Rig, source: Pixels, scale: int, contour: tuple[int, ...]) -> "Eye":
        whole = Format(source.shape[1] // scale, source.shape[0] // scale, Fraction(1))
        around = Box.around(rig.rest[[*contour, *_LID_FOLD[contour], *_BROW_EDGE[contour]]], 0.06 * rig.unit, whole)
        inside = slice(around.top * scale, around.bottom * scale), slice(around.left * scale, around.right * scale)
        at = np.array((around.left, around.top), np.float32)
        lid = (rig.rest[list(contour[:9]), :2] - at) * scale
        away = 0 if _outward_sine(rig, contour) < _FULL_TURN_SINE / 2 else -1 if contour is RIGHT_EYE else 1
        bare = _remove_lashes(source[inside], lid.astype(np.float32), 0.05 * rig.unit * scale, away)
        lashes = Lashes.of(source[inside], lid, rig.unit, scale, 0 if contour is RIGHT_EYE else -1)
        return cls(rig, contour, scale, lashes, bare, (around.left, around.top))

    def _with_lash_length(self, long: float) -> "Eye":
        return replace(self, lashes=replace(self.lashes, length=long))

    @property
    def blink(self) -> int:
        """The number of the coefficient that closes this eye."""
        return INDEX["eyeBlinkRight" if self.contour is RIGHT_EYE else "eyeBlinkLeft"]

    def box(self, mesh: Floats, within: Format) -> Box:
        """Return the region this eye paints for *mesh* (468, >=2)."""
        return Box.around(mesh[[*self.contour, *_LID_FOLD[self.contour]]], 4, within)

    def paint(self, view: Pixels, box: Box, shown: PosedFace, look: EyeView) -> None:
        """Paint eyeball, lid and lash line in place into *view*, the pixels of *box* of the frame."""
        lids = shown.mesh[list(self.contour), :2]
        corner = np.array((box.left, box.top), np.float32)
        ball = self._eyeball(shown.pose.apply(self.rig.rest[list(self.contour)])[:, :2], look.gaze)
        _paint_eyeball(view, corner, polygon_mask([lids], box), look.source, np.float32(self.scale), ball)
        closed = float(shown.coefficients[self.blink])
        if closed > 0:
            painted = view.astype(np.float32)
            skin = look.bent.crop(box).sample(self.bare, self.scale, self.corner)
            painted += (skin - painted) * (self._lid_mask(shown.mesh, box) * min(1.0, 3 * closed))[..., None]
            self.lashes.paint(painted, lids[:9], box, closed)
            np.copyto(view, painted.round().clip(0, 255).astype(np.uint8))

    @cached_property
    def _lash_overhang(self) -> Floats:
        """How far (7, 1) lashes stand out beyond each point of the fold, in widths of the eye: to the left negative.

        From the front they do not. Of the eye that is turned away, the outer ones are seen against the cheek.
        """
        away = min(1.0, max(0.0, _outward_sine(self.rig, self.contour) / _FULL_TURN_SINE))
        end = np.linspace(-1, 0, 7) if self.contour is RIGHT_EYE else np.linspace(0, 1, 7)
        return np.asarray(_LASH_REACH * away * end[:, None] ** 3, np.float32)

    def _lid_mask(self, mesh: Floats, box: Box) -> Floats:
        """Return where (0 to 1) the moving lid is: from its edge up to the fold, softly."""
        lid, fold = mesh[list(self.contour[:9]), :2], mesh[list(_LID_FOLD[self.contour]), :2]
        across = lid[-1] - lid[0]
        up = np.array([across[1], -across[0]], np.float32)
        beyond = self._lash_overhang * across + np.abs(self._lash_overhang) * up
        outline = np.concatenate([lid[:1] + beyond[:1], lid, lid[-1:] + beyond[-1:], (fold + beyond)[::-1]])
        hard = polygon_mask([outline], box)
        soft = cv2.GaussianBlur(hard, (0, 0), max(0.5, 0.012 * self.rig.unit))
        return np.asarray(soft * (1 - polygon_mask([mesh[list(self.contour), :2]], box)), np.float32)

    def tuck_lashes(self, before: Floats, coefficients: Floats) -> None:
        """Change *before*, where the mesh takes its picture from, so that a closing lid shows skin and not lashes.

        *before* (n, 2), n >= 468, is in pixels of the frame and changed in place; *coefficients* (52,) are 0 to 1.
        Lashes point up before an open lid and down from a closed one; stretched with the skin they would smear.
        """
        closing = min(1.0, 2.5 * float(coefficients[self.blink]))
        if closing > 0:
            upper, fold, brow = list(self.contour[1:8]), list(_LID_FOLD[self.contour]), list(_BROW_EDGE[self.contour])
            bare = before[fold] + (before[brow] - before[fold]) * 0.3
            before[upper] += (bare - before[upper]) * closing
            before[fold] += (before[brow] - before[fold]) * (0.7 * closing)

    def _eyeball(self, resting: Floats, gaze: Floats) -> Floats:
        """Return how the eyeball lies under lids that would be at *resting*, as ``_paint_eyeball`` takes it.

        It is the portrait's eye, moved with the head, gazing.
        """
        own = np.ascontiguousarray(self.rig.rest[list(self.contour), :2])
        return _fit_eyeball(own, np.ascontiguousarray(resting), gaze, np.float32(self.rig.unit))


@lazy_njit
def _fit_eyeball(own: Floats, resting: Floats, gaze: Floats, unit: np.float32) -> Floats:
    """Return how points *own* (n, 2) of the source lie at *resting* (n, 2) of the frame, best in the mean, gazing."""
    middle, start = np.zeros(2), np.zeros(2)
    for point in range(len(own)):
        for axis in range(2):
            middle[axis] += resting[point, axis] / len(own)
            start[axis] += own[point, axis] / len(own)
    # Held a little to nothing, so that an eye seen from its side has an answer too.
    known, told = np.eye(2) * 1e-6, np.zeros((2, 2))
    left, right = resting[0, 0], resting[0, 0]
    for point in range(len(own)):
        left, right = min(left, resting[point, 0]), max(right, resting[point, 0])
        for axis in range(2):
            away = resting[point, axis] - middle[axis]
            for other in range(2):
                known[axis, other] += away * (resting[point, other] - middle[other])
                told[axis, other] += away * (own[point, other] - start[other])
    half = (right - left) / 2
    area = known[0, 0] * known[1, 1] - known[0, 1] * known[1, 0]
    ball = np.empty(11, np.float32)
    for other in range(2):
        ball[other] = (known[1, 1] * told[0, other] - known[0, 1] * told[1, other]) / area
        ball[2 + other] = (known[0, 0] * told[1, other] - known[1, 0] * told[0, other]) / area
        ball[4 + other], ball[6 + other] = start[other], middle[other]
        # The iris moves by the gaze, the corners of the eye do not.
        ball[9 + other] = gaze[other] * unit
    ball[8] = half * half
    return ball


@lazy_njit
def _paint_eyeball(  # noqa: PLR0913, PLR0917 - arrays and numbers, as compiled code takes them
    view: Pixels, corner: Floats, share: Floats, source: Pixels, scale: np.float32, ball: Floats
) -> None:
    """Paint an eyeball into *view*, whose first pixel is *corner*, where *share* (0 to 1) says that it is seen.

    *ball*: how the *source*'s x and y grow with x and with y (2, 2), its middle and that in the frame (x, y), half the
    eye's width squared, and how far it gazes (x, y).
    """
    half, one, zero = np.float32(0.5), np.float32(1), np.float32(0)
    height, width = source.shape[:2]
    for row in range(view.shape[0]):
        for column in range(view.shape[1]):
            seen = share[row, column]
            if seen <= zero:
                continue
            x, y = np.float32(column) + corner[0] - ball[6], np.float32(row) + corner[1] - ball[7]
            near = one - min((x * x + y * y) / ball[8], one)
            near *= near
            across = x * ball[0] + y * ball[2] + ball[4] - near * ball[9]
            down = x * ball[1] + y * ball[3] + ball[5] - near * ball[10]
            across = min(max((across + half) * scale - half, zero), np.float32(width - 1))
            down = min(max((down + half) * scale - half, zero), np.float32(height - 1))
            left, top = min(int(across), width - 2), min(int(down), height - 2)
            across, down = across - np.float32(left), down - np.float32(top)
            for each in range(3):
                upper, lower = np.float32(source[top, left, each]), np.float32(source[top + 1, left, each])
                upper += (np.float32(source[top, left + 1, each]) - upper) * across
                lower += (np.float32(source[top + 1, left + 1, each]) - lower) * across
                old = np.float32(view[row, column, each])
                view[row, column, each] = int(old + (upper + (lower - upper) * down - old) * seen + half)


def correct_lower_lids(landmarks: Landmarks) -> Landmarks:
    """Return *landmarks* with the lower lids where the pictures show them: the network draws them a little high."""
    result = landmarks.copy()
    unit = float(np.linalg.norm(landmarks[263, :2] - landmarks[33, :2]))
    for contour in (RIGHT_EYE, LEFT_EYE):
        inner = list(contour[9:])
        result[inner, 1] += np.float32(0.032 * unit) * np.sin(np.linspace(0.2, np.pi - 0.2, 7)).astype(np.float32)
    return result


def _outward_sine(rig: Rig, contour: tuple[int, ...]) -> float:
    """Return the sine of the angle by which the head turns this eye's outer end away; negative for the near eye."""
    return float(rig.rotation[0, 2]) * (1 if contour is RIGHT_EYE else -1)


def _remove_lashes(around: Pixels, lid: Floats, spread: float, away: int) -> Pixels:
    """Return *around* as smooth skin: each place takes the colour of the bright skin above the *lid* (9, 2) near it.

    An eye that is turned *away* (-1: to the left, 1: to the right, 0: not) has background behind its outer lashes,
    which stays.
    """
    height, width = around.shape[:2]
    above = np.full((height, width), 255, np.uint8)
    ends = np.array([[width, lid[-1, 1]], [width, height], [0, height], [0, lid[0, 1]]], np.float32)
    if lid[0, 0] > lid[-1, 0]:
        ends = ends[::-1]
    cv2.fillPoly(above, [np.concatenate([lid, ends]).round().astype(np.int32)], 0)
    light = cv2.cvtColor(around, cv2.COLOR_RGB2GRAY).astype(np.float32)
    skin = float(np.percentile(light[above > 0], 75)) if (above > 0).any() else 128.0
    # Lashes and brows are darker than three quarters of the skin around them.
    bright = np.clip((light / max(skin, 1.0) - 0.72) / 0.15, 0.002, 1)
    behind = bright * _hue_difference(around, lid, spread, away) if away else np.zeros_like(bright)
    share = (bright * (above > 0) + 1e-4) * (1 - 0.999 * behind)
    total = cv2.GaussianBlur(share, (0, 0), spread)
    each = cv2.GaussianBlur(around.astype(np.float32) * share[..., None], (0, 0), spread) / total[..., None]
    return np.asarray((each + (around - each) * behind[..., None]).round().clip(0, 255), np.uint8)


def _hue_difference(around: Pixels, lid: Floats, spread: float, away: int) -> Floats:
    """Return how much (0 to 1) each pixel beyond the outer end of the *lid* differs in hue from the skin above it."""
    middle = (lid[4] - (0, spread)).round().astype(int)
    reach = max(1, round(spread / 2))
    colours = around.astype(np.float32) / (around.sum(axis=2, keepdims=True) + np.float32(30))
    near = colours[max(0, middle[1] - reach) : middle[1] + 1, max(0, middle[0] - reach) : middle[0] + reach + 1]
    other = np.abs(colours - np.median(near.reshape(-1, 3), axis=0)).sum(axis=2)
    beyond = np.arange(around.shape[1])[None] * away > away * (lid[-1, 0] if away > 0 else lid[0, 0])
    return np.asarray(np.clip((other - _SKIN_HUE_TOLERANCE) / _SKIN_HUE_TOLERANCE, 0, 1) * beyond, np.float32)
