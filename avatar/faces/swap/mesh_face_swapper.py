"""Put a portrait's face onto another head: the mesh carries its texture, the head keeps its motion and its light."""

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.drawing.blend_mask import mouth_masks
from avatar.faces.drawing.rasterizer import rasterize
from avatar.faces.geometry.eyelids import (
    EYE_POINTS,
    align_eye_contours,
    eye_aspect_ratio,
    eyeball_occlusion,
    eyelid_closure,
)
from avatar.faces.geometry.lip_geometry import part_lips
from avatar.faces.geometry.topology import MESH_POINTS, eye_distance
from avatar.faces.swap.composite import CompositeLayer, OcclusionMap, composite
from avatar.faces.swap.occlusion import OcclusionEstimator
from avatar.faces.swap.source_face import VERTEX_LANDMARKS, SourceFace
from avatar.media.frames import Landmarks, Pixels

_STEPS_PER_EYE_DISTANCE = (
    36  # the mesh is drawn with about this many steps to an eye distance, and interpolated between them
)
_EDGE_FADE = 0.1  # eye distances over which the face fades in from where a turned head hides the rest of it
_TONE_UPDATE_RATE = 0.25  # the share of a new frame in the running tone of the head
_MAX_TONE_CHANGE = 0.15  # a change of that tone larger than this (of full brightness) is another scene, not flicker
_EYE_GAIN_EXPONENT = (
    0.25  # the exponent of the skin's gain that eyes get: light reaches them, the colour of skin does not
)
_EYEBALL_POINTS = slice(MESH_POINTS, MESH_POINTS + len(EYE_POINTS))  # the points of a mesh that look at its eyeballs
_MIN_REST_EYE_ASPECT_RATIO = 0.22  # the least opening that the eyes of an unknown head are thought to have at rest


@dataclass
class MeshFaceSwapper:
    """The donor's face on a stream of frames.

    Remembers the head's tone, so that the match does not flicker, and how far its eyes are open when they rest, by
    which a blink is told.
    """

    donor: SourceFace
    _tone: NDArray[np.float32] | None = field(default=None, init=False)
    _rest: NDArray[np.float64] | None = field(default=None, init=False)
    _occlusion: OcclusionEstimator | None = field(default=None, init=False)

    def swap(self, patch: Any, landmarks: Landmarks, *, filmed: bool = True) -> None:
        """Paint the donor's face over the face at *landmarks* (468, >=2; pixels of *patch*) in *patch*, in place.

        *patch* (h, w, 3) is an array, or a tensor of bytes on the donor's device, where it then stays.
        Before a face that was *filmed* something may have come, and stays there; before an animated one nothing can.
        """
        import torch

        unit, seen = eye_distance(landmarks), patch if isinstance(patch, np.ndarray) else patch.cpu().numpy()
        with torch.inference_mode():
            tone = self._smoothed_tone(seen, landmarks)
            step = max(1, round(unit / _STEPS_PER_EYE_DISTANCE))
            coarse = self._interpolated(
                self._vertex_attributes(landmarks, tone, filmed), landmarks, patch.shape[:2], step
            )
            hidden = self._occlusion_map(seen, landmarks, tone) if filmed else None
            bright = max(float(tone.mean()), 1e-3)
            layer = CompositeLayer(coarse, step, unit, mouth_masks(landmarks, patch.shape[:2]), bright, hidden)
            composite(patch, self.donor, layer)

    def reset(self) -> None:
        """Forget the head: its face is gone, and the next one may be another, in another light."""
        self._tone = self._rest = self._occlusion = None

    def _occlusion_map(self, patch: Pixels, landmarks: Landmarks, tone: NDArray[np.float32]) -> OcclusionMap:
        """Return how much of the head in *patch* is hidden."""
        if self._occlusion is None:
            self._occlusion = OcclusionEstimator(self.donor)
        return self._occlusion.estimate(patch, landmarks, tone)

    def _smoothed_tone(self, patch: Pixels, landmarks: Landmarks) -> NDArray[np.float32]:
        """Return the running tone of the head's skin (468, 3) around each landmark."""
        new = self.donor.skin.tone(patch, landmarks)
        if self._tone is None or float(np.abs(new - self._tone).mean()) > _MAX_TONE_CHANGE:
            self._tone = new
        self._tone = self._tone + np.float32(_TONE_UPDATE_RATE) * (new - self._tone)
        return self._tone

    def _lid_coverage(self, landmarks: Landmarks, filmed: bool) -> NDArray[np.floating]:
        """Return how much of each point (500,) is the head's own because its lids close over it.

        Closing lids become the head's own: a portrait with open eyes has no lid to show, only stretched lashes.
        """
        now = eye_aspect_ratio(landmarks)
        rest = np.maximum(now, _MIN_REST_EYE_ASPECT_RATIO) if self._rest is None else self._rest
        self._rest = rest + (now - rest) * np.where(now > rest, 0.3, 0.01)
        closed: NDArray[np.floating] = eyelid_closure(now, self._rest) @ self.donor.lids
        if not filmed:
            closed[_EYEBALL_POINTS] = eyeball_occlusion(now, self._rest) @ self.donor.lids[:, _EYEBALL_POINTS]
        return closed

    def _vertex_attributes(self, landmarks: Landmarks, tone: NDArray[np.float32], filmed: bool) -> Any:
        """Return what the mesh points carry (500, 9): place in the donor's picture, fade, tones wanted and given."""
        import torch

        given, wanted = self.donor.tone[VERTEX_LANDMARKS], tone[VERTEX_LANDMARKS]
        wanted[_EYEBALL_POINTS] = given[_EYEBALL_POINTS] * (
            wanted[_EYEBALL_POINTS] / given[_EYEBALL_POINTS]
        ) ** np.float32(_EYE_GAIN_EXPONENT)
        carried = np.empty((len(VERTEX_LANDMARKS), 9), np.float32)
        carried[:MESH_POINTS, :2] = self.donor.landmarks[:, :2]
        carried[MESH_POINTS:, :2] = align_eye_contours(self.donor.landmarks, landmarks)
        carried[:, 2] = self.donor.fade * (1 - self._lid_coverage(landmarks, filmed)).clip(0, 1)
        carried[:, 3:6], carried[:, 6:] = wanted, given
        return torch.from_numpy(carried).to(self.donor.device)

    def _interpolated(self, carried: Any, landmarks: Landmarks, shape: tuple[int, ...], step: int) -> Any:
        """Return what the points carry (rows, columns, 9) at every *step*-th pixel of *shape*, and one step beyond."""
        import torch

        points = torch.from_numpy(part_lips(landmarks)[VERTEX_LANDMARKS]).to(carried.device)
        height, width = (-(-length // step) + 1 for length in shape)
        depth = points[:, 2] if points.shape[1] > 2 else None
        drawing = rasterize(points[:, :2] / step, self.donor.triangles, width, height, depth)
        coarse = drawing.interpolate(carried)
        edge = _edge_fade(drawing.covered.cpu().numpy(), max(1, round(_EDGE_FADE * eye_distance(landmarks) / step)))
        coarse[..., 2] = coarse[..., 2].minimum(torch.from_numpy(edge).to(coarse.device))
        return coarse


def _edge_fade(seen: NDArray[np.bool_], reach: int) -> NDArray[np.float32]:
    """Return 0 at the edge of what is *seen* (h, w), growing to 1 over *reach* pixels inside it.

    On a turned head the edge of the face is a cheek, not the oval at which the face fades anyway.
    """
    size = 2 * reach + 1
    around = cv2.blur(seen.astype(np.float32), (size, size), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.clip(2 * around - 1, 0, 1) * seen, np.float32)
