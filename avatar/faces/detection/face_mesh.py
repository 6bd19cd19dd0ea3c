"""Face landmarks: MediaPipe's face mesh network (468 points, Apache-2.0), on views of 192 x 192 pixels."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.detection.blazeface import Detection
from avatar.faces.geometry.topology import MESH_POINTS
from avatar.media.frames import Box, Format, Frame, Landmarks, Pixels
from avatar.models.tflite import TfliteNetwork
from avatar.models.weights import Weights

MESH = Weights(
    name="face-mesh-468",
    source="wheel:mediapipe==0.10.21/mediapipe/modules/face_landmark/face_landmark.tflite",
    sha256="1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    licence="Apache-2.0",
)

_INPUT_SIZE_PX = 192
_ROI_SCALE = 1.5  # side of the region of interest by size of the face, as in training


@dataclass(frozen=True)
class Roi:
    """A rotated square region of interest: centre *x*, *y* and *side* in pixels, *angle* in radians, clockwise."""

    x: float
    y: float
    side: float
    angle: float


def roi_of_detection(detection: Detection) -> Roi:
    """Return the region of interest of a detected face."""
    left, top, right, bottom = detection.box
    turn = _eye_line_angle(detection.keypoints[0], detection.keypoints[1])
    return Roi((left + right) / 2, (top + bottom) / 2, detection.size * _ROI_SCALE, turn)


def roi_of_landmarks(landmarks: Landmarks) -> Roi:
    """Return the region of interest of a face that was at *landmarks* a frame ago."""
    points = landmarks[:, :2]
    turn = _eye_line_angle(points[33], points[263])
    upright = points @ _rotation_matrix(turn)
    low, high = upright.min(axis=0), upright.max(axis=0)
    x, y = _rotation_matrix(turn) @ ((low + high) / 2)
    return Roi(float(x), float(y), float((high - low).max()) * _ROI_SCALE, turn)


def predict_landmarks(graph: TfliteNetwork, picture: Pixels | Frame, roi: Roi) -> tuple[Landmarks, float]:
    """Return the landmarks (468, 3) that *graph* predicts in *roi* of *picture*, and the face score (0 to 1).

    x and y are pixels of the whole picture; z is depth in the same unit, towards the viewer negative. Of a frame, what
    is looked at stays on the device of *graph*, where it is there already.
    """
    import torch

    if isinstance(picture, Frame):
        seen = crop_roi_on(picture, roi, graph.device)
    else:
        seen = torch.from_numpy(_crop_roi(picture, roi)).to(graph.device).permute(2, 0, 1)[None].float()
    points, sure = (output.cpu().numpy().reshape(-1) for output in graph(seen / 255))
    scale = roi.side / _INPUT_SIZE_PX
    mesh = points.reshape(MESH_POINTS, 3) * np.float32(scale)
    mesh[:, :2] = (mesh[:, :2] - roi.side / 2) @ _rotation_matrix(roi.angle).T + (roi.x, roi.y)
    return mesh.astype(np.float32), float(1 / (1 + np.exp(-sure[0])))


def _crop_roi(rgb: Pixels, roi: Roi) -> Pixels:
    times, to_picture = _supersampling(roi), _crop_to_picture(roi)
    side = _INPUT_SIZE_PX * times
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    view = cv2.warpAffine(rgb, to_picture, (side, side), flags=flags)
    if times > 1:
        view = cv2.resize(view, (_INPUT_SIZE_PX, _INPUT_SIZE_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(view, np.uint8)


def crop_roi_on(frame: Frame, roi: Roi, device: str) -> Any:
    """Return the crop (1, 3, 192, 192; 0 to 255) of *roi* in *frame* on the torch *device*; ``_crop_roi`` in torch."""
    import torch
    from torch.nn import functional

    side, way = _INPUT_SIZE_PX * _supersampling(roi), _crop_to_picture(roi)
    corners = np.array([(0, 0, 1), (side - 1, 0, 1), (0, side - 1, 1), (side - 1, side - 1, 1)]) @ way.T
    box = Box.around(corners, 2, Format(frame.width, frame.height, Fraction(1)))
    if box.empty:
        return torch.zeros(1, 3, _INPUT_SIZE_PX, _INPUT_SIZE_PX, device=device)
    size = np.array([box.right - box.left, box.bottom - box.top])
    # From pixels of the view to the box, which reaches from -1 to 1.
    per, start = way[:, :2] * (2 / size)[:, None], (way[:, 2] - (box.left, box.top) + 0.5) * 2 / size - 1
    down, across = torch.meshgrid(*[torch.arange(side, dtype=torch.float32, device=device)] * 2, indexing="ij")
    grid = torch.stack([across * per[k, 0] + down * per[k, 1] + start[k] for k in range(2)], dim=-1)
    seen = frame.see_on(box, device).permute(2, 0, 1)[None].float()
    view = functional.grid_sample(seen, grid[None], mode="bilinear", padding_mode="zeros", align_corners=False)
    return functional.avg_pool2d(view, _supersampling(roi)).round()


def _supersampling(roi: Roi) -> int:
    """Return the supersampling factor of *roi*, so that a large face is not aliased."""
    return max(1, round(roi.side / _INPUT_SIZE_PX))


def _crop_to_picture(roi: Roi) -> NDArray[np.float64]:
    """Return the affine matrix (2, 3) from pixels of the supersampled crop to pixels of the picture."""
    side = _INPUT_SIZE_PX * _supersampling(roi)
    way = np.empty((2, 3))
    way[:, :2] = _rotation_matrix(roi.angle) * (roi.side / side)
    way[:, 2] = (roi.x, roi.y) - way[:, :2] @ ((side - 1) / 2, (side - 1) / 2)
    return way


def _eye_line_angle(right_eye: NDArray[np.floating], left_eye: NDArray[np.floating]) -> float:
    return float(np.arctan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0]))


def _rotation_matrix(turn: float) -> NDArray[np.float64]:
    cos, sin = np.cos(turn), np.sin(turn)
    return np.array([[cos, -sin], [sin, cos]])
