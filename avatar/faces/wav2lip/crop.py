"""Where the face is cut out for the generator, and how its lower half is laid back without an edge."""

from collections import deque
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.geometry.topology import OVAL, eye_distance
from avatar.faces.wav2lip.generator import FACE_SIZE_PX
from avatar.media.frames import Box, Format, Frame, Landmarks

HALF_SIZE_PX: Final = FACE_SIZE_PX // 2  # the first row that the generator makes up; above it sees the picture
_ANCHOR_POINTS: Final = (
    33,
    133,
    362,
    263,
    168,
    6,
)  # the corners of the eyes and the bridge of the nose: speech leaves them
_BOX_AVERAGE_FRAMES: Final = 5  # frames: over as many, the public script averages its boxes
_MIN_FACE_SIZE_PX: Final = 16  # pixels: a face smaller than this is left alone
# In pixels of the crop.
_OVAL_DILATION_PX: Final = 3  # how far outside the oval the new face is still laid
_MASK_SIGMA_PX: Final = 2.0  # how far its outline is softened
# Widths of the fade at the edges of the crop.
_TOP_FADE_PX: Final = 10.0
_SIDE_FADE_PX: Final = 5.0
_BOTTOM_FADE_PX: Final = 4.0


@dataclass(eq=False)
class Cropper:
    """Finds the box of the face in frame after frame.

    The box is that of the face mesh (forehead to chin, cheek to cheek: what the face detector of the public script
    boxes), its lower edge *chin* of its height lower: there the script adds 10 pixels to faces of about 200. It is
    clipped to the frame. As in the script, boxes are averaged over 5 frames, so that the box does not breathe with the
    jaw; but relative to the eyes and the nose, so that it follows the head at once.
    """

    format: Format
    chin: float
    _recent: deque[NDArray[np.float64]] = field(default_factory=lambda: deque(maxlen=_BOX_AVERAGE_FRAMES), init=False)

    def box(self, landmarks: Landmarks | None) -> Box | None:
        """Return the box of the face of the next frame, of even sides and a height divisible by 4; ``None`` for none.

        Two rows of the picture's chroma then never belong to both halves.
        """
        if landmarks is None:
            self._recent.clear()
            return None
        anchor, unit = landmarks[list(_ANCHOR_POINTS), :2].mean(axis=0), max(eye_distance(landmarks), 1e-6)
        corners = np.stack([landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)]).astype(np.float64)
        corners[1, 1] += self.chin * (corners[1, 1] - corners[0, 1])
        self._recent.append((corners - anchor) / unit)
        steady = np.mean(self._recent, axis=0) * unit + anchor
        box = Box.around(steady, 0, self.format)
        box = Box(box.left, box.top, box.right, box.bottom - (box.bottom - box.top) % 4)
        small = min(box.right - box.left, box.bottom - box.top) < _MIN_FACE_SIZE_PX
        return None if small else box


def crop_face(frame: Frame, box: Box) -> NDArray[np.float32]:
    """Return what the generator sees of the face in *box*: (6, 96, 96), blue, green, red, twice, 0 to 1.

    First with the lower half black, then whole; scaled as for its training.
    """
    face = cv2.resize(frame.see(box), (FACE_SIZE_PX, FACE_SIZE_PX))[:, :, ::-1].transpose(2, 0, 1)
    seen = np.concatenate([face, face]).astype(np.float32) / 255
    seen[:3, HALF_SIZE_PX:] = 0
    return np.asarray(seen, np.float32)


def paste_back(frame: Frame, box: Box, made: NDArray[np.float32], landmarks: Landmarks) -> None:
    """Lay the lower half of a face that was *made* (3, 48, 96; blue, green, red; 0 to 1) into the box of *frame*.

    Only the lower half of the box is touched. Inside it the new face is seen within the oval of *landmarks* and fades
    out towards it and towards every edge of the half, so that neither the box nor its halves show.
    """
    lower = lower_half(box)
    size = (lower.right - lower.left, lower.bottom - lower.top)
    # The fraction is cut off, as in the public script: rounded, a pixel here and there would be two levels from its.
    patch = np.ascontiguousarray((made[::-1].transpose(1, 2, 0) * 255).astype(np.uint8))
    shown = np.asarray(cv2.resize(paste_mask(landmarks, box), size), np.float32)
    view = frame.edit(lower)
    np.copyto(view, cv2.blendLinear(cv2.resize(patch, size), np.ascontiguousarray(view), shown, 1 - shown))


def lower_half(box: Box) -> Box:
    """Return the half of *box* that is made anew."""
    return Box(box.left, (box.top + box.bottom) // 2, box.right, box.bottom)


def paste_mask(landmarks: Landmarks, box: Box) -> NDArray[np.float32]:
    """Return how much of the new face is seen in each pixel of the lower half of the crop (48, 96), 0 to 1."""
    scale = np.array([FACE_SIZE_PX / (box.right - box.left), FACE_SIZE_PX / (box.bottom - box.top)])
    oval = (landmarks[list(OVAL), :2] - (box.left, box.top)) * scale - (0, HALF_SIZE_PX)
    mask = np.zeros((HALF_SIZE_PX, FACE_SIZE_PX), np.uint8)
    hull = cv2.convexHull(np.round(oval * 16).astype(np.int32))  # of a turned head the oval crosses itself
    cv2.fillConvexPoly(mask, hull, 255, lineType=cv2.LINE_AA, shift=4)
    mask = np.asarray(cv2.dilate(mask, np.ones((2 * _OVAL_DILATION_PX + 1,) * 2, np.uint8)), np.uint8)
    soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), _MASK_SIGMA_PX), np.float32) / 255
    return np.asarray(soft * _edge_window(), np.float32)


@cache
def _edge_window() -> NDArray[np.float32]:
    """Return a window (48, 96) that is 0 at its edges and 1 inside."""
    rows, columns = np.arange(HALF_SIZE_PX), np.arange(FACE_SIZE_PX)
    down = _smoothstep(rows / _TOP_FADE_PX) * _smoothstep((HALF_SIZE_PX - 1 - rows) / _BOTTOM_FADE_PX)
    across = _smoothstep(columns / _SIDE_FADE_PX) * _smoothstep((FACE_SIZE_PX - 1 - columns) / _SIDE_FADE_PX)
    return np.outer(down, across).astype(np.float32)


def _smoothstep(ramp: NDArray[np.float64]) -> NDArray[np.float64]:
    ramp = ramp.clip(0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp), np.float64)
