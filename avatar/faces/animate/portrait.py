"""Bring any portrait into the frame of a video: upright, square, head and shoulders."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from avatar.errors import InputError
from avatar.faces.animate.animator import SOURCE_SCALE, Animator
from avatar.faces.detection.landmarker import Landmarker
from avatar.media.frames import Format, Landmarks, Pixels
from avatar.media.image_io import read_rgb
from avatar.runtime.memo import memoize_by_content

_MIN_PORTRAIT_SIDE_PX = 256
_SIZE_RANGE_PX = (128, 2160)
_SQUARE_FACE_HEIGHTS = (
    2.75  # the side of the square, in heights of the face (hairline to chin): head, neck and shoulders
)
_FACE_CENTER_SHARE = 0.46  # of the side lies above the middle of the face


def square_format(size: int, rate: str) -> Format:
    """Return the format of frames of *size* x *size* pixels at *rate* per second (``"25"``, ``"30000/1001"``).

    Raises:
        InputError: when *size* is odd or out of range; code ``animation.size``; when *rate* is no number of 1 to 120;
            code ``animation.rate``.
    """
    smallest, largest = _SIZE_RANGE_PX
    if size % 2 or not smallest <= size <= largest:
        raise InputError(f"size is {size}; give an even number from {smallest} to {largest}", code="animation.size")
    try:
        each = Fraction(rate)
    except (ValueError, ZeroDivisionError) as error:
        raise InputError(
            f"rate is {rate!r}; give frames per second, like '25' or '30000/1001'", code="animation.rate"
        ) from error
    if not 1 <= each <= 120:
        raise InputError(f"rate is {rate!r}; give 1 to 120 frames per second", code="animation.rate")
    return Format(size, size, each)


@memoize_by_content
def open_animator(path: Path, landmarker: Landmarker, format: Format) -> Animator:
    """Return the portrait at *path*, ready to be moved in square frames of *format*.

    Raises:
        InputError: as ``frame_portrait``.
    """
    return Animator.of(*frame_portrait(path, landmarker, format.width), format)


def frame_portrait(path: Path, landmarker: Landmarker, size: int) -> tuple[Pixels, Landmarks]:
    """Return the portrait at *path* as ``SOURCE_SCALE`` x *size* pixels square, and its mesh in those pixels.

    A picture that is nearly square is kept whole; a wide or tall one is cropped around head and shoulders.

    Raises:
        InputError: when the picture has too few pixels; code ``portrait.too-small``; or as ``Landmarker.single_face``.
    """
    rgb = read_rgb(path)
    if min(rgb.shape[:2]) < _MIN_PORTRAIT_SIDE_PX:
        raise InputError(
            f"the portrait is {rgb.shape[1]} x {rgb.shape[0]} pixels; "
            f"bring one of at least {_MIN_PORTRAIT_SIDE_PX} x {_MIN_PORTRAIT_SIDE_PX}",
            code="portrait.too-small",
        )
    face = landmarker.single_face(rgb)
    left, top, side = _square_around(rgb.shape[1], rgb.shape[0], face)
    inside = rgb[top : top + side, left : left + side]
    scale = SOURCE_SCALE * size / side
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    source = cv2.resize(inside, (SOURCE_SCALE * size, SOURCE_SCALE * size), interpolation=way)
    moved = face - np.array([left, top, 0], np.float32)
    moved[:, :2] = (moved[:, :2] + 0.5) * scale - 0.5
    moved[:, 2] *= scale
    return np.asarray(source, np.uint8), moved.astype(np.float32)


def _square_around(width: int, height: int, face: Landmarks) -> tuple[int, int, int]:
    """Return left, top and side of the square to show."""
    short, tall = min(width, height), float(face[152, 1] - face[10, 1])
    wanted = _SQUARE_FACE_HEIGHTS * tall
    nearly_square = max(width, height) <= 1.1 * short and short < 1.35 * wanted
    side = short if nearly_square else min(short, round(wanted))
    x, y = float(face[[10, 152], 0].mean()), float(face[[10, 152], 1].mean())
    left = min(max(0, round(x - side / 2)), width - side)
    top = min(max(0, round(y - _FACE_CENTER_SHARE * side)), height - side)
    return left, top, side
