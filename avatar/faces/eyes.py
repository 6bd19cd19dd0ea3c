"""Eyes that stay round while their lids move: the eyeball is laid under the warped skin, cut out by the lids."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.bend import Field
from avatar.faces.coefficients import INDEX, Floats
from avatar.faces.rig import Pose, Rig
from avatar.faces.topology import LEFT_EYE, RIGHT_EYE
from avatar.media.frames import Box, Format, Landmarks, Pixels

Rows = dict[tuple[int, ...], tuple[int, ...]]

# The rows of points above each upper lid: in its fold, and under the brow.
_FOLD: Final[Rows] = {RIGHT_EYE: (247, 30, 29, 27, 28, 56, 190), LEFT_EYE: (414, 286, 258, 257, 259, 260, 467)}
_UNDER_BROW: Final[Rows] = {
    RIGHT_EYE: (113, 225, 224, 223, 222, 221, 189),
    LEFT_EYE: (413, 441, 442, 443, 444, 445, 342),
}
_FINE: Final = 4  # masks are drawn this much larger, then averaged: soft edges


@dataclass(frozen=True, eq=False)
class Eye:
    """One eye of a portrait: its *contour* (16 points) on *rig*, and the colour of its *lashes*."""

    rig: Rig
    contour: tuple[int, ...]
    lashes: Floats

    @property
    def blink(self) -> int:
        """The number of the coefficient that closes this eye."""
        return INDEX["eyeBlinkRight" if self.contour is RIGHT_EYE else "eyeBlinkLeft"]

    @classmethod
    def pair(cls, rig: Rig, picture: Pixels) -> tuple["Eye", "Eye"]:
        """Return both eyes of *picture*, whose resting mesh is that of *rig*."""
        right, left = (cls(rig, contour, _lash_colour(picture, rig, contour)) for contour in (RIGHT_EYE, LEFT_EYE))
        return right, left

    def box(self, mesh: Floats, within: Format) -> Box:
        """Return the region this eye paints for *mesh* (468, >=2)."""
        return Box.around(mesh[list(self.contour)], 4, within)

    def paint(self, view: Pixels, box: Box, mesh: Floats, pose: Pose, look: "Look") -> None:
        """Paint eyeball and lash line into *view*, the pixels of *box*, between the lids of *mesh*."""
        lids = mesh[list(self.contour), :2]
        resting = pose.carry(self.rig.rest[list(self.contour)])[:, :2]
        ball = self._ball(box, resting, look).sample(look.source, look.scale)
        mask = polygon_mask(lids, box)[..., None]
        painted = view + (ball.astype(np.float32) - view) * mask
        drop = float((lids[4] - resting[4])[1]) / max(float((resting[12] - resting[4])[1]), 1)
        if drop > 0.05:
            line = _line_mask(lids[:9], box, self.rig.unit * 0.018)[..., None] * min(1.0, drop * 1.5) * 0.85
            painted = painted + (self.lashes - painted) * line
        np.copyto(view, painted.round().astype(np.uint8))

    def tuck_lashes(self, before: Floats, coefficients: Floats) -> None:
        """Change *before*, where the mesh takes its picture from, so that a closing lid shows skin and not lashes.

        Lashes point up before an open lid and down from a closed one; stretched with the skin they would smear.
        """
        closing = min(1.0, 2.5 * float(coefficients[self.blink]))
        if closing > 0:
            upper, fold, brow = list(self.contour[1:8]), list(_FOLD[self.contour]), list(_UNDER_BROW[self.contour])
            before[upper] += (before[fold] - before[upper]) * (0.9 * closing)
            before[fold] += (before[brow] - before[fold]) * (0.55 * closing)

    def _ball(self, box: Box, resting: Floats, look: "Look") -> Field:
        """Return where the pixels of the eyeball come from: the portrait's eye, moved with the head, gazing."""
        source = self.rig.rest[list(self.contour), :2]
        known = np.concatenate([resting, np.ones((len(resting), 1), np.float32)], axis=1)
        affine = np.linalg.lstsq(known, source, rcond=None)[0]
        xs = np.arange(box.left, box.right, dtype=np.float32)[None]
        ys = np.arange(box.top, box.bottom, dtype=np.float32)[:, None]
        dx, dy = (affine[0, k] * xs + affine[1, k] * ys + affine[2, k] for k in (0, 1))
        middle, half = resting.mean(axis=0), np.ptp(resting[:, 0]) / 2
        # The iris moves by the gaze, the corners of the eye do not.
        near = 1 - np.clip(((xs - middle[0]) ** 2 + (ys - middle[1]) ** 2) / half**2, 0, 1)
        gaze = near * near * self.rig.unit
        return Field(
            box,
            np.asarray(dx - xs - gaze * look.gaze[0], np.float32),
            np.asarray(dy - ys - gaze * look.gaze[1], np.float32),
        )


@dataclass(frozen=True, eq=False)
class Look:
    """What eyes are painted from: the *source* picture at *scale* times the resolution, and the *gaze* (x, y)."""

    source: Pixels
    scale: int
    gaze: Floats


def widened(landmarks: Landmarks) -> Landmarks:
    """Return *landmarks* with the lower lids where the pictures show them: the network draws them a little high."""
    result = landmarks.copy()
    unit = float(np.linalg.norm(landmarks[263, :2] - landmarks[33, :2]))
    for contour in (RIGHT_EYE, LEFT_EYE):
        inner = list(contour[9:])
        result[inner, 1] += np.float32(0.032 * unit) * np.sin(np.linspace(0.2, np.pi - 0.2, 7)).astype(np.float32)
    return result


def polygon_mask(points: Floats, box: Box) -> Floats:
    """Return how much (0 to 1) of each pixel of *box* lies inside the polygon *points* (n, 2)."""
    canvas = _canvas(box)
    cv2.fillPoly(canvas, [_fixed(points, box)], 255, cv2.LINE_8, 4)
    return _small(canvas)


def _line_mask(points: Floats, box: Box, width: float) -> Floats:
    canvas = _canvas(box)
    cv2.polylines(canvas, [_fixed(points, box)], False, 255, max(1, round(width * _FINE)), cv2.LINE_8, 4)
    return _small(canvas)


def _canvas(box: Box) -> NDArray[np.uint8]:
    return np.zeros(((box.bottom - box.top) * _FINE, (box.right - box.left) * _FINE), np.uint8)


def _fixed(points: Floats, box: Box) -> NDArray[np.int32]:
    inside = (points - np.array((box.left, box.top), np.float32) + 0.5) * _FINE - 0.5
    return np.asarray((inside * 16).round(), np.int32)


def _small(canvas: NDArray[np.uint8]) -> Floats:
    size = canvas.shape[1] // _FINE, canvas.shape[0] // _FINE
    return np.asarray(cv2.resize(canvas, size, interpolation=cv2.INTER_AREA), np.float32) / np.float32(255)


def _lash_colour(picture: Pixels, rig: Rig, contour: tuple[int, ...]) -> Floats:
    """Return the darkest colour along the upper lid: the lashes, or the crease where there are none to see."""
    edge = rig.rest[list(contour[1:8]), :2]
    colours = np.stack([picture[round(float(y)) - 2 : round(float(y)) + 2, round(float(x))] for x, y in edge])
    flat = colours.reshape(-1, 3).astype(np.float32)
    return np.asarray(flat[flat.sum(axis=1).argsort()[: max(1, len(flat) // 4)]].mean(axis=0), np.float32)
