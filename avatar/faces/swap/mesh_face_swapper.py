"""Put a portrait's face onto another head: the mesh carries its texture, the head keeps its motion and its light."""

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.drawing.blend_mask import mouth
from avatar.faces.drawing.rasterizer import rasterize
from avatar.faces.geometry.eyelids import EYES, closing, eyeballs, openings, shutting
from avatar.faces.geometry.lip_geometry import part_lips
from avatar.faces.geometry.topology import POINTS, eye_distance
from avatar.faces.swap.composite import CompositeLayer, Hidden, composite
from avatar.faces.swap.occlusion import Occlusion
from avatar.faces.swap.source_face import TWINS, SourceFace
from avatar.media.frames import Landmarks, Pixels

_STEPS = 36  # the mesh is drawn with about this many steps to an eye distance, and interpolated between them
_EDGE = 0.1  # eye distances over which the face fades in from where a turned head hides the rest of it
_CALM = 0.25  # the share of a new frame in the running tone of the head
_CUT = 0.15  # a change of that tone larger than this (of full brightness) is another scene, not flicker
_EYE_LIGHT = 0.25  # the exponent of the skin's gain that eyes get: light reaches them, the colour of skin does not
_EYES = slice(POINTS, POINTS + len(EYES))  # the points of a mesh that look at its eyeballs
_OPEN_EYES = 0.22  # the least opening that the eyes of an unknown head are thought to have at rest


@dataclass
class MeshFaceSwapper:
    """The donor's face on a stream of frames.

    Remembers the head's tone, so that the match does not flicker, and how far its eyes are open when they rest, by
    which a blink is told.
    """

    donor: SourceFace
    _tone: NDArray[np.float32] | None = field(default=None, init=False)
    _rest: NDArray[np.float64] | None = field(default=None, init=False)
    _occlusion: Occlusion | None = field(default=None, init=False)

    def onto(self, patch: Any, landmarks: Landmarks, *, filmed: bool = True) -> None:
        """Paint the donor's face over the face at *landmarks* (468, >=2; pixels of *patch*) in *patch*, in place.

        *patch* (h, w, 3) is an array, or a tensor of bytes on the donor's device, where it then stays.
        Before a face that was *filmed* something may have come, and stays there; before an animated one nothing can.
        """
        import torch

        unit, seen = eye_distance(landmarks), patch if isinstance(patch, np.ndarray) else patch.cpu().numpy()
        with torch.inference_mode():
            tone = self._calmed(seen, landmarks)
            step = max(1, round(unit / _STEPS))
            coarse = self._spread(self._carried(landmarks, tone, filmed), landmarks, patch.shape[:2], step)
            hidden = self._in_front(seen, landmarks, tone) if filmed else None
            bright = max(float(tone.mean()), 1e-3)
            layer = CompositeLayer(coarse, step, unit, mouth(landmarks, patch.shape[:2]), bright, hidden)
            composite(patch, self.donor, layer)

    def forget(self) -> None:
        """Forget the head: its face is gone, and the next one may be another, in another light."""
        self._tone = self._rest = self._occlusion = None

    def _in_front(self, patch: Pixels, landmarks: Landmarks, tone: NDArray[np.float32]) -> Hidden:
        """Return how much of the head in *patch* is hidden."""
        if self._occlusion is None:
            self._occlusion = Occlusion(self.donor)
        return self._occlusion.hidden(patch, landmarks, tone)

    def _calmed(self, patch: Pixels, landmarks: Landmarks) -> NDArray[np.float32]:
        """Return the running tone of the head's skin (468, 3) around each landmark."""
        new = self.donor.skin.tone(patch, landmarks)
        if self._tone is None or float(np.abs(new - self._tone).mean()) > _CUT:
            self._tone = new
        self._tone = self._tone + np.float32(_CALM) * (new - self._tone)
        return self._tone

    def _closed(self, landmarks: Landmarks, filmed: bool) -> NDArray[np.floating]:
        """Return how much of each point (500,) is the head's own because its lids close over it.

        Closing lids become the head's own: a portrait with open eyes has no lid to show, only stretched lashes.
        """
        now = openings(landmarks)
        rest = np.maximum(now, _OPEN_EYES) if self._rest is None else self._rest
        self._rest = rest + (now - rest) * np.where(now > rest, 0.3, 0.01)
        closed: NDArray[np.floating] = closing(now, self._rest) @ self.donor.lids
        if not filmed:
            closed[_EYES] = shutting(now, self._rest) @ self.donor.lids[:, _EYES]
        return closed

    def _carried(self, landmarks: Landmarks, tone: NDArray[np.float32], filmed: bool) -> Any:
        """Return what the mesh points carry (500, 9): place in the donor's picture, fade, tones wanted and given."""
        import torch

        given, wanted = self.donor.tone[TWINS], tone[TWINS]
        wanted[_EYES] = given[_EYES] * (wanted[_EYES] / given[_EYES]) ** np.float32(_EYE_LIGHT)
        carried = np.empty((len(TWINS), 9), np.float32)
        carried[:POINTS, :2] = self.donor.landmarks[:, :2]
        carried[POINTS:, :2] = eyeballs(self.donor.landmarks, landmarks)
        carried[:, 2] = self.donor.fade * (1 - self._closed(landmarks, filmed)).clip(0, 1)
        carried[:, 3:6], carried[:, 6:] = wanted, given
        return torch.from_numpy(carried).to(self.donor.device)

    def _spread(self, carried: Any, landmarks: Landmarks, shape: tuple[int, ...], step: int) -> Any:
        """Return what the points carry (rows, columns, 9) at every *step*-th pixel of *shape*, and one step beyond."""
        import torch

        points = torch.from_numpy(part_lips(landmarks)[TWINS]).to(carried.device)
        height, width = (-(-length // step) + 1 for length in shape)
        depth = points[:, 2] if points.shape[1] > 2 else None
        drawing = rasterize(points[:, :2] / step, self.donor.triangles, width, height, depth)
        coarse = drawing.interpolate(carried)
        edge = _edge(drawing.seen.cpu().numpy(), max(1, round(_EDGE * eye_distance(landmarks) / step)))
        coarse[..., 2] = coarse[..., 2].minimum(torch.from_numpy(edge).to(coarse.device))
        return coarse


def _edge(seen: NDArray[np.bool_], reach: int) -> NDArray[np.float32]:
    """Return 0 at the edge of what is *seen* (h, w), growing to 1 over *reach* pixels inside it.

    On a turned head the edge of the face is a cheek, not the oval at which the face fades anyway.
    """
    size = 2 * reach + 1
    around = cv2.blur(seen.astype(np.float32), (size, size), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.clip(2 * around - 1, 0, 1) * seen, np.float32)
