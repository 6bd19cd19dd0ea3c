"""Pictures in files, as pixels."""

from pathlib import Path

import cv2
import numpy as np

from avatar.errors import InputError
from avatar.media.frames import Pixels
from avatar.runtime.atomic import atomic_write


def read_rgb(path: Path) -> Pixels:
    """Return the picture at *path*, one that intake has taken in, as RGB (height, width, 3).

    Raises:
        InputError: when it cannot be read as a picture; code ``media.unreadable``.
    """
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if pixels is None:
        raise InputError(f"{path.name} cannot be read as a picture; bring a PNG or JPEG", code="media.unreadable")
    return np.asarray(pixels, dtype=np.uint8)


def write_rgb(path: Path, pixels: Pixels, *, compression: int = 6) -> None:
    """Write *pixels* (height, width, 3), RGB, as a PNG file that holds nothing else; *compression* is at most 9."""
    from PIL import Image

    with atomic_write(path) as beside:
        Image.fromarray(pixels).save(beside, format="PNG", compress_level=compression)
