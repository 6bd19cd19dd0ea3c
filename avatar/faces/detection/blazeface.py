"""Face detection by BlazeFace, short range (Apache-2.0), on views of 128 x 128 pixels."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.media.frames import Pixels
from avatar.models.tflite import TfliteNetwork
from avatar.models.weights import Weights

DETECTOR = Weights(
    name="blazeface-short-range",
    source="wheel:mediapipe==0.10.21/mediapipe/modules/face_detection/face_detection_short_range.tflite",
    sha256="bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    licence="Apache-2.0",
)

_INPUT_SIZE_PX = 128
_MIN_DETECTION_SCORE = 0.5  # 0 to 1
_NMS_IOU = 0.3  # boxes that overlap by more (intersection over union) are one face

Square = tuple[float, float, float]  # left, top, side


@dataclass(frozen=True, eq=False)
class Detection:
    """A face: *box* is left, top, right, bottom; *keypoints* (6, 2) are eyes, nose, mouth, ears, the right one first.

    All in pixels of the whole picture; *score* is 0 to 1.
    """

    box: tuple[float, float, float, float]
    score: float
    keypoints: NDArray[np.float32]

    @property
    def size(self) -> float:
        return max(self.box[2] - self.box[0], self.box[3] - self.box[1])


def detect(graph: TfliteNetwork, rgb: Pixels) -> list[Detection]:
    """Return the faces that *graph* detects in *rgb*, the highest score first.

    The whole picture is looked at first, and parts of it only when nothing was found: the network sees faces from
    about a sixth of its view.
    """
    height, width = rgb.shape[:2]
    side = float(max(height, width))
    whole = ((width - side) / 2, (height - side) / 2, side)
    return _detect_in(graph, rgb, [whole]) or _detect_in(graph, rgb, list(_tile_squares(height, width)))


def _tile_squares(height: int, width: int) -> Iterator[Square]:
    """Yield overlapping squares: as wide as the short side, then half as wide."""
    for side in (float(min(height, width)), min(height, width) / 2):
        for top in _tile_starts(height, side):
            yield from ((left, top, side) for left in _tile_starts(width, side))


def _tile_starts(length: int, side: float) -> list[float]:
    count = int(np.ceil((length - side) / (side / 2))) + 1
    return [float(start) for start in np.linspace(0, length - side, count)]


def _detect_in(graph: TfliteNetwork, rgb: Pixels, squares: list[Square]) -> list[Detection]:
    import torch

    views = np.stack([_crop_square(rgb, square) for square in squares])
    pictures = torch.from_numpy(views).to(graph.device).permute(0, 3, 1, 2).float() / 127.5 - 1
    places, scores = (output.cpu().numpy() for output in graph(pictures))
    found: list[Detection] = []
    for square, place, score in zip(squares, places, scores, strict=True):
        found += _decode_boxes(square, place, score[:, 0])
    return _weighted_nms(found)


def _crop_square(rgb: Pixels, square: Square) -> Pixels:
    left, top, side = square
    scale = _INPUT_SIZE_PX / side
    shrunk = rgb
    if scale < 0.5:  # bilinear sampling skips pixels below half size
        shrunk = cv2.resize(rgb, None, fx=2 * scale, fy=2 * scale, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        scale = 0.5
    moved = np.array([[scale, 0, -left * _INPUT_SIZE_PX / side], [0, scale, -top * _INPUT_SIZE_PX / side]])
    return np.asarray(cv2.warpAffine(shrunk, moved, (_INPUT_SIZE_PX, _INPUT_SIZE_PX), flags=cv2.INTER_LINEAR), np.uint8)


def _decode_boxes(square: Square, place: NDArray[np.float32], score: NDArray[np.float32]) -> Iterator[Detection]:
    left, top, side = square
    chances = 1 / (1 + np.exp(-score.clip(-50, 50)))
    for index in np.flatnonzero(chances > _MIN_DETECTION_SCORE):
        row, anchor = place[index] / _INPUT_SIZE_PX, _anchors()[index]
        middle, half = row[:2] + anchor, row[2:4] / 2
        low, high = (((middle + sign * half) * side + (left, top)).tolist() for sign in (-1, 1))
        points = (row[4:].reshape(6, 2) + anchor) * side + (left, top)
        yield Detection((*low, *high), float(chances[index]), points.astype(np.float32))


@cache
def _anchors() -> NDArray[np.float32]:
    """Return the 896 anchors (896, 2) as fractions of the view: two for each cell of 16 x 16, six of 8 x 8."""
    grids = []
    for cells, each in ((16, 2), (8, 6)):
        middles = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        grid = np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2)
        grids.append(grid.repeat(each, axis=0))
    return np.concatenate(grids)


def _weighted_nms(found: list[Detection]) -> list[Detection]:
    """Return one detection for each face: weighted non-maximum suppression averages overlapping ones by score."""
    rest = sorted(found, key=lambda detection: -detection.score)
    faces = []
    while rest:
        same = [d for d in rest if _iou(rest[0], d) > _NMS_IOU]
        rest = [d for d in rest[1:] if d not in same]
        weights = [d.score for d in same]
        box = np.average([d.box for d in same], axis=0, weights=weights)
        points = np.average([d.keypoints for d in same], axis=0, weights=weights)
        faces.append(Detection(tuple(box.tolist()), same[0].score, points.astype(np.float32)))
    return faces


def _iou(one: Detection, other: Detection) -> float:
    a, b = np.array(one.box), np.array(other.box)
    shared = _area(np.concatenate([np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])]))
    return shared / max(_area(a) + _area(b) - shared, 1e-9)


def _area(box: NDArray[Any]) -> float:
    return float(max(box[2] - box[0], 0) * max(box[3] - box[1], 0))
