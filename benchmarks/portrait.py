"""A portrait of nobody that the project does not ship: halfway between two synthetic performers."""

from pathlib import Path

import cv2
import numpy as np

from avatar.faces.animate.animator import SOURCE_SCALE
from avatar.faces.animate.portrait import frame_portrait
from avatar.faces.detection.landmarker import Landmarker
from avatar.faces.drawing.warp_field import warp_field
from avatar.faces.geometry.blendshapes import Floats
from avatar.faces.geometry.head_surround import HeadSurround
from avatar.faces.geometry.lip_line import snap_lips
from avatar.faces.geometry.rig import Rig
from avatar.faces.geometry.signed_distance import signed_distance
from avatar.faces.geometry.topology import OVAL
from avatar.media.frames import Box, Pixels
from avatar.media.image_io import write_rgb

_SIZE = 768  # pixels
_FADE = 40  # pixels from the oval in which the second face fades in


def between(one: Path, other: Path, landmarker: Landmarker, to: Path) -> None:
    """Write a portrait with the head of *one* and a face whose shape and skin are halfway to those of *other*."""
    (first, face), (second, other_face) = (_seen(path, landmarker) for path in (one, other))
    middle = (face + other_face) / np.float32(2)
    head, skin = _bent(first, face, middle), _bent(second, other_face, middle)
    ys, xs = np.mgrid[0:_SIZE, 0:_SIZE].astype(np.float32)
    depth = signed_distance(np.stack([xs, ys], axis=-1).reshape(-1, 2), middle[list(OVAL), :2]).reshape(_SIZE, _SIZE)
    share = cv2.GaussianBlur((depth / _FADE).clip(0, 1).astype(np.float32), (0, 0), 5)[..., None] / 2
    write_rgb(to, np.rint(head + (skin.astype(np.float32) - head) * share).astype(np.uint8))


def _seen(portrait: Path, landmarker: Landmarker) -> tuple[Pixels, Floats]:
    """Return a portrait and its mesh, whose lips meet where the picture's do: else two mouths are blended."""
    picture, face = frame_portrait(portrait, landmarker, _SIZE // SOURCE_SCALE)
    return picture, snap_lips(picture, face)


def _bent(picture: Pixels, before: Floats, after: Floats) -> Pixels:
    """Return *picture* with the face at *before* (468, 3) where *after* is, and what surrounds it bent along."""
    rig = Rig.of(before)
    surround = HeadSurround.of(rig)
    outside = surround.rest + _following(surround, before, after)
    points = np.concatenate([before, surround.rest])[:, :2], np.concatenate([after, outside])[:, :2]
    bent = warp_field(*points, surround.triangles, Box(0, 0, _SIZE, _SIZE))
    return bent.sample(picture)


def _following(surround: HeadSurround, before: Floats, after: Floats) -> Floats:
    """Return how far the rings (n, 3) go along: those next to the face all the way, the last not at all."""
    moved = np.tile((after - before)[list(OVAL)], (len(surround.rest) // len(OVAL), 1))
    return np.asarray(moved * surround.head[:, None], np.float32)
