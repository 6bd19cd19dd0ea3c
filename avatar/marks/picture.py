"""The picture mark: a faint pattern in the brightness, strong where the picture is rough, that turns over and over.

It says that a picture was made here, and in which shot. Turned over each half second, it can be told from whatever
stands still in the picture, and no moment shows it twice in the same sense.
"""

from fractions import Fraction
from itertools import count

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.marks.code import symbols_of
from avatar.marks.pattern import HEIGHT, TILE, Reals, tile_for
from avatar.media.frames import Format, Frame, Frames, split

TURNS = 1  # whole turns (there and back) per second

_FLAT = 0.4  # grey levels (standard deviation) where the picture is smooth: one level at most, in a fifth of the pixels
_GAIN = 0.7  # more for each grey level of roughness
_MOST = 3.0
_ROUGH_WITHIN = (5, 5)  # pixels
_EVERY = 4  # pixels: roughness is measured for squares of this size


def mark_picture(frames: Frames, number: int) -> Frames:
    """Return *frames* with the mark of shot *number* (32 bits) in them, made as they pass."""
    pattern = _laid_out(tile_for(symbols_of(number)), frames.format)
    turned = -pattern
    numbers = count()

    def mark(batch: list[Frame]) -> list[Frame]:
        return [_marked(frame, turned if _is_turned(next(numbers), frames.format.rate) else pattern) for frame in batch]

    return frames.through(mark)


def _is_turned(number: int, rate: Fraction) -> bool:
    return int(2 * TURNS * number / rate) % 2 == 1


def _marked(frame: Frame, pattern: Reals) -> Frame:
    planes = frame.settle().copy()  # an engine may show the same picture many times
    light = split(planes)[0]
    cv2.add(light, cv2.multiply(_strength(light), pattern), dst=light, dtype=cv2.CV_8U)
    return Frame(planes)


def _strength(light: NDArray[np.uint8]) -> Reals:
    """Return how strong the pattern may be in each pixel of *light*, in grey levels."""
    height, width = light.shape
    rough = cv2.absdiff(light, cv2.blur(light, _ROUGH_WITHIN))
    small = cv2.resize(rough, (width // _EVERY, height // _EVERY), interpolation=cv2.INTER_AREA).astype(np.float32)
    # An edge alone hides nothing beside it: only what is rough all round counts.
    all_round = cv2.blur(cv2.erode(cv2.blur(small, (3, 3)), np.ones((3, 3))), (5, 5))
    strength = np.minimum(_FLAT + _GAIN * all_round, _MOST)
    return np.asarray(cv2.resize(strength, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _laid_out(tile: Reals, shape: Format) -> Reals:
    """Return *tile* side by side over a whole picture of *shape*, scaled to its height."""
    scale = HEIGHT / shape.height
    rows, columns = ((np.arange(size, dtype=np.float32) + 0.5) * scale - 0.5 for size in (shape.height, shape.width))
    margin = 4
    round_about = np.pad(tile, margin, mode="wrap")
    at = np.meshgrid(columns % TILE + margin, rows % TILE + margin)
    return np.asarray(cv2.remap(round_about, at[0], at[1], cv2.INTER_CUBIC), np.float32)
