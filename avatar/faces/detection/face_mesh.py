"""Lay the 468-point mesh on a face (MediaPipe's face landmark network, Apache-2.0, which looks at 192 x 192 pixels)."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.detection.blazeface import Detection
from avatar.faces.geometry.topology import POINTS
from avatar.media.frames import Box, Format, Frame, Landmarks, Pixels
from avatar.models.tflite import TfliteNetwork
from avatar.models.weights import Weights

MESH = Weights(
    name="face-mesh-468",
    source="wheel:mediapipe==0.10.21/mediapipe/modules/face_landmark/face_landmark.tflite",
    sha256="1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    licence="Apache-2.0",
)

_SIDE = 192
_ROOM = 1.5  # the network was trained on squares this much larger than the face


@dataclass(frozen=True)
class Roi:
    """A turned square of the picture: middle *x*, *y* and *side* in pixels, *turn* in radians (clockwise in view)."""

    x: float
    y: float
    side: float
    turn: float


def roi_of_detection(detection: Detection) -> Roi:
    """Return where to look for the mesh of a detected face."""
    left, top, right, bottom = detection.box
    turn = _turn(detection.keypoints[0], detection.keypoints[1])
    return Roi((left + right) / 2, (top + bottom) / 2, detection.size * _ROOM, turn)


def roi_of_landmarks(landmarks: Landmarks) -> Roi:
    """Return where to look for the mesh of a face that was at *landmarks* a frame ago."""
    points = landmarks[:, :2]
    turn = _turn(points[33], points[263])
    upright = points @ _rotation(turn)
    low, high = upright.min(axis=0), upright.max(axis=0)
    x, y = _rotation(turn) @ ((low + high) / 2)
    return Roi(float(x), float(y), float((high - low).max()) * _ROOM, turn)


def lay(graph: TfliteNetwork, picture: Pixels | Frame, roi: Roi) -> tuple[Landmarks, float]:
    """Return the mesh (468, 3) that *graph* sees in *roi* of *picture*, and how sure it is (0 to 1) that it is a face.

    x and y are pixels of the whole picture; z is depth in the same unit, towards the viewer negative. Of a frame, what
    is looked at stays on the device of *graph*, where it is there already.
    """
    import torch

    if isinstance(picture, Frame):
        seen = view_on(picture, roi, graph.device)
    else:
        seen = torch.from_numpy(_view(picture, roi)).to(graph.device).permute(2, 0, 1)[None].float()
    points, sure = (output.cpu().numpy().reshape(-1) for output in graph(seen / 255))
    scale = roi.side / _SIDE
    mesh = points.reshape(POINTS, 3) * np.float32(scale)
    mesh[:, :2] = (mesh[:, :2] - roi.side / 2) @ _rotation(roi.turn).T + (roi.x, roi.y)
    return mesh.astype(np.float32), float(1 / (1 + np.exp(-sure[0])))


def _view(rgb: Pixels, roi: Roi) -> Pixels:
    times, to_picture = _times(roi), _to_picture(roi)
    side = _SIDE * times
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    view = cv2.warpAffine(rgb, to_picture, (side, side), flags=flags)
    if times > 1:
        view = cv2.resize(view, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(view, np.uint8)


def view_on(frame: Frame, roi: Roi, device: str) -> Any:
    """Return the view (1, 3, 192, 192; 0 to 255) of *roi* in *frame* on the torch *device*, as ``_view`` sees it."""
    import torch
    from torch.nn import functional

    side, way = _SIDE * _times(roi), _to_picture(roi)
    corners = np.array([(0, 0, 1), (side - 1, 0, 1), (0, side - 1, 1), (side - 1, side - 1, 1)]) @ way.T
    box = Box.around(corners, 2, Format(frame.width, frame.height, Fraction(1)))
    if box.empty:
        return torch.zeros(1, 3, _SIDE, _SIDE, device=device)
    size = np.array([box.right - box.left, box.bottom - box.top])
    # From pixels of the view to the box, which reaches from -1 to 1.
    per, start = way[:, :2] * (2 / size)[:, None], (way[:, 2] - (box.left, box.top) + 0.5) * 2 / size - 1
    down, across = torch.meshgrid(*[torch.arange(side, dtype=torch.float32, device=device)] * 2, indexing="ij")
    grid = torch.stack([across * per[k, 0] + down * per[k, 1] + start[k] for k in range(2)], dim=-1)
    seen = frame.see_on(box, device).permute(2, 0, 1)[None].float()
    view = functional.grid_sample(seen, grid[None], mode="bilinear", padding_mode="zeros", align_corners=False)
    return functional.avg_pool2d(view, _times(roi)).round()


def _times(roi: Roi) -> int:
    """Return how finely *roi* is sampled and then averaged: a large face keeps its fine edges still."""
    return max(1, round(roi.side / _SIDE))


def _to_picture(roi: Roi) -> NDArray[np.float64]:
    """Return the way (2, 3) from pixels of the fine view to pixels of the picture."""
    side = _SIDE * _times(roi)
    way = np.empty((2, 3))
    way[:, :2] = _rotation(roi.turn) * (roi.side / side)
    way[:, 2] = (roi.x, roi.y) - way[:, :2] @ ((side - 1) / 2, (side - 1) / 2)
    return way


def _turn(right_eye: NDArray[np.floating], left_eye: NDArray[np.floating]) -> float:
    return float(np.arctan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0]))


def _rotation(turn: float) -> NDArray[np.float64]:
    cos, sin = np.cos(turn), np.sin(turn)
    return np.array([[cos, -sin], [sin, cos]])
