"""Cut the face out of a frame, make it another's, and lay it back without an edge."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.geometry.topology import OVAL
from avatar.faces.inswapper.alignment import SWAPPER_SIZE_PX, Affine, offset_affine, swapper_alignment
from avatar.faces.inswapper.networks import InswapperNetwork
from avatar.media.frames import Box, Format, Frame, Landmarks
from avatar.models.onnx import Floats

_BOX_MARGIN_PX: Final = 2.0  # pixels around what is looked at or touched
_MIN_FACE_SIZE_PX: Final = 16  # pixels: a face smaller than this is left alone
# In pixels of the square.
_OVAL_EROSION_PX: Final = 3  # how far inside the oval the new face ends
_MASK_SIGMA_PX: Final = 2.5  # how far its outline is softened
_EDGE_FADE_PX: Final = 13.0  # over which rows and columns it fades in from the edges of the square
# What the network leaves as it was (a hand, hair, a microphone) stays the frame's own pixels.
_CHANGE_RANGE: Final = (
    6 / 255,
    14 / 255,
)  # mean change of a pixel: below the first it was left, from the second on made
_CHANGE_DILATION_PX: Final = 9  # how far around a changed pixel others count as changed


@dataclass(frozen=True, eq=False)
class FaceSwapper:
    """Shows whoever *source* is (see ``InswapperNetwork.source_latent``) in frames of *format*."""

    swapper: InswapperNetwork
    source: Floats
    format: Format

    def swap_frame(self, frame: Frame) -> None:
        """Exchange the face of *frame*, whose landmarks are known; a frame without a face is not touched."""
        landmarks = frame.landmarks
        touched = None if landmarks is None else Box.around(landmarks, _BOX_MARGIN_PX, self.format)
        if landmarks is None or touched is None or min(_size(touched)) < _MIN_FACE_SIZE_PX:
            return
        move = swapper_alignment(landmarks)
        seen = _crop(frame, move, self.format)
        made = self.swapper.swap(seen, self.source)
        _paste_back(frame, touched, move, made, oval_mask(landmarks, move) * change_mask(seen, made))


def oval_mask(landmarks: Landmarks, move: Affine) -> Floats:
    """Return how much of the new face is seen in each pixel of the square (128, 128), 0 to 1: inside its oval."""
    oval = landmarks[list(OVAL), :2] @ move[:, :2].T + move[:, 2]
    mask = np.zeros((SWAPPER_SIZE_PX, SWAPPER_SIZE_PX), np.uint8)
    hull = cv2.convexHull(np.round(oval * 16).astype(np.int32))  # of a turned head the oval crosses itself
    cv2.fillConvexPoly(mask, hull, 255, lineType=cv2.LINE_AA, shift=4)
    mask = np.asarray(cv2.erode(mask, np.ones((2 * _OVAL_EROSION_PX + 1,) * 2, np.uint8)), np.uint8)
    soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), _MASK_SIGMA_PX), np.float32) / 255
    return np.asarray(soft * _edge_window(), np.float32)


def change_mask(seen: Floats, made: Floats) -> Floats:
    """Return how surely (128, 128), 0 to 1, the network changed what is around each pixel of its square.

    *seen* and *made* (128, 128, 3) are what it was given and what it gave: red, green, blue, 0 to 1.
    """
    change = np.interp(np.abs(made - seen).mean(axis=2), _CHANGE_RANGE, (0, 1))
    grown = np.asarray(cv2.dilate(change, np.ones((_CHANGE_DILATION_PX, _CHANGE_DILATION_PX), np.uint8)), np.float32)
    return np.asarray(cv2.GaussianBlur(grown, (0, 0), _MASK_SIGMA_PX), np.float32)


def _crop(frame: Frame, move: Affine, format: Format) -> Floats:
    """Return what the network sees (128, 128, 3), 0 to 1; black beyond the frame, as in its training."""
    corners = np.array([(0, 0), (SWAPPER_SIZE_PX, 0), (0, SWAPPER_SIZE_PX), (SWAPPER_SIZE_PX, SWAPPER_SIZE_PX)])
    back = np.linalg.inv(move[:, :2])
    box = Box.around((corners - move[:, 2]) @ back.T, _BOX_MARGIN_PX, format)
    face = cv2.warpAffine(frame.see(box), offset_affine(move, box.left, box.top), (SWAPPER_SIZE_PX, SWAPPER_SIZE_PX))
    return np.asarray(face / np.float32(255), np.float32)


def _paste_back(frame: Frame, box: Box, move: Affine, made: Floats, share: Floats) -> None:
    """Lay *made* over *box* of *frame*, as much of each pixel as *share* says."""
    view, back = frame.edit(box), offset_affine(move, box.left, box.top)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    patch = cv2.warpAffine((made * 255 + 0.5).astype(np.uint8), back, _size(box), flags=flags)
    here = np.asarray(cv2.warpAffine(share, back, _size(box), flags=flags), np.float32)
    np.copyto(view, cv2.blendLinear(patch, np.ascontiguousarray(view), here, 1 - here))


def _size(box: Box) -> tuple[int, int]:
    return box.right - box.left, box.bottom - box.top


@cache
def _edge_window() -> NDArray[np.float32]:
    """Return a window (128, 128) that is 0 at its edges and 1 inside."""
    near = np.minimum(np.arange(SWAPPER_SIZE_PX), np.arange(SWAPPER_SIZE_PX)[::-1]) / _EDGE_FADE_PX
    ramp = near.clip(0, 1) ** 2 * (3 - 2 * near.clip(0, 1))
    return np.outer(ramp, ramp).astype(np.float32)
