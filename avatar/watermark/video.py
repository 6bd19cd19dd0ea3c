"""The picture mark: a faint pattern in the brightness, strong where the picture is rough, that turns over and over.

It says that a picture was made here, and in which shot. Turned over each half second, it can be told from whatever
stands still in the picture, and no moment shows it twice in the same sense.
"""

from fractions import Fraction
from itertools import count

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.media.frames import Format, Frame, Frames, split_planes
from avatar.runtime.jit import lazy_njit
from avatar.watermark.carrier import HEIGHT_ROWS, TILE_SIZE, Reals, build_tile
from avatar.watermark.reed_solomon import encode_symbols

INVERSIONS_HZ = 1  # whole turns (there and back) per second

_BASE_STRENGTH_LEVELS = (
    0.4  # grey levels (standard deviation) where the picture is smooth: one level at most, in a fifth of the pixels
)
_STRENGTH_PER_ROUGHNESS = 0.7  # more for each grey level of roughness
_MAX_STRENGTH_LEVELS = 3.0
_ROUGHNESS_WINDOW_PX = (5, 5)  # pixels
_ROUGHNESS_BLOCK_PX = 4  # pixels: roughness is measured for squares of this size


def embed_video_watermark(frames: Frames, number: int) -> Frames:
    """Return *frames* with the mark of shot *number* (32 bits) in them, made as they pass."""
    pattern = _tile_to_frame(build_tile(encode_symbols(number)), frames.format)
    turned = -pattern
    numbers = count()

    def mark(batch: list[Frame]) -> list[Frame]:
        return [
            _embed(frame, turned if _is_inverted(next(numbers), frames.format.rate) else pattern) for frame in batch
        ]

    return frames.through(mark)


def _is_inverted(number: int, rate: Fraction) -> bool:
    return int(2 * INVERSIONS_HZ * number / rate) % 2 == 1


def _embed(frame: Frame, pattern: Reals) -> Frame:
    planes = frame.settle().copy()  # an engine may show the same picture many times
    light = split_planes(planes)[0]
    _add_pattern(light, pattern, _masking_strength(light))
    return Frame(planes)


def _masking_strength(light: NDArray[np.uint8]) -> Reals:
    """Return how strong the pattern may be in *light*, in grey levels: for each column, but every fourth row."""
    height, width = light.shape
    rough = np.asarray(cv2.absdiff(light, cv2.blur(light, _ROUGHNESS_WINDOW_PX)), np.uint8)
    small = np.empty((height // _ROUGHNESS_BLOCK_PX, width // _ROUGHNESS_BLOCK_PX), np.float32)
    _block_means(rough, small)
    # An edge alone hides nothing beside it: only what is rough all round counts.
    all_round = cv2.blur(cv2.erode(cv2.blur(small, (3, 3)), np.ones((3, 3))), (5, 5))
    strength = np.minimum(_BASE_STRENGTH_LEVELS + _STRENGTH_PER_ROUGHNESS * all_round, _MAX_STRENGTH_LEVELS)
    return np.asarray(
        cv2.resize(strength, (width, height // _ROUGHNESS_BLOCK_PX), interpolation=cv2.INTER_LINEAR), np.float32
    )


@lazy_njit
def _block_means(rough: NDArray[np.uint8], small: Reals) -> None:
    """Write to *small* the mean of each square of ``_ROUGHNESS_BLOCK_PX`` pixels a side of *rough*, in whole levels.

    Less than half a level is no roughness: in a smooth sky the pattern would be seen.
    """
    rows, columns = small.shape
    share = np.float32(1 / _ROUGHNESS_BLOCK_PX**2)
    for row in range(rows):
        line = small[row]
        line[:] = np.float32(0)
        for each in range(_ROUGHNESS_BLOCK_PX):
            pixels = rough[_ROUGHNESS_BLOCK_PX * row + each]
            for column in range(columns):
                for beside in range(_ROUGHNESS_BLOCK_PX):
                    line[column] += np.float32(pixels[_ROUGHNESS_BLOCK_PX * column + beside]) * share
        for column in range(columns):
            line[column] = np.rint(line[column])


@lazy_njit
def _add_pattern(light: NDArray[np.uint8], pattern: Reals, strength: Reals) -> None:
    """Add *pattern* to *light*, in place, as strongly as *strength* says; between its rows it is interpolated."""
    (height, width), rows = light.shape, len(strength)
    for row in range(height):
        at = min(max((row + 0.5) * rows / height - 0.5, 0.0), rows - 1.0)
        above = int(at)
        share, below = np.float32(at - above), min(above + 1, rows - 1)
        lit, drawn, one, other = light[row], pattern[row], strength[above], strength[below]
        for column in range(width):
            strong = one[column] + (other[column] - one[column]) * share
            marked = np.int32(np.rint(np.float32(lit[column]) + strong * drawn[column]))
            lit[column] = np.uint8(max(min(marked, np.int32(255)), np.int32(0)))


def _tile_to_frame(tile: Reals, shape: Format) -> Reals:
    """Return *tile* side by side over a whole picture of *shape*, scaled to its height."""
    scale = HEIGHT_ROWS / shape.height
    rows, columns = ((np.arange(size, dtype=np.float32) + 0.5) * scale - 0.5 for size in (shape.height, shape.width))
    margin = 4
    round_about = np.pad(tile, margin, mode="wrap")
    at = np.meshgrid(columns % TILE_SIZE + margin, rows % TILE_SIZE + margin)
    return np.asarray(cv2.remap(round_about, at[0], at[1], cv2.INTER_CUBIC), np.float32)
