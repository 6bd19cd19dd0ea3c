"""Put a portrait's face onto another head: the mesh carries its texture, the head keeps its motion and its light."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.faces.colour import darkness, relit
from avatar.faces.donor import TWINS, Donor, pixels_of
from avatar.faces.fade import mouth
from avatar.faces.gaze import EYES, closing, eyeballs, openings
from avatar.faces.lips import parted
from avatar.faces.occlusion import Occlusion
from avatar.faces.topology import POINTS, eye_distance
from avatar.faces.warp import draw
from avatar.media.frames import Landmarks, Pixels

_STEPS = 36  # the mesh is drawn with about this many steps to an eye distance, and interpolated between them
_EDGE = 0.1  # eye distances over which the face fades in from where a turned head hides the rest of it
_CALM = 0.25  # the share of a new frame in the running tone of the head
_CUT = 0.15  # a change of that tone larger than this (of full brightness) is another scene, not flicker
_EYE_LIGHT = 0.25  # the exponent of the skin's gain that eyes get: light reaches them, the colour of skin does not
_OPEN_EYES = 0.22  # the least opening that the eyes of an unknown head are thought to have at rest


@dataclass
class Transplant:
    """The donor's face on a stream of frames.

    Remembers the head's tone, so that the match does not flicker, and how far its eyes are open when they rest, by
    which a blink is told.
    """

    donor: Donor
    _tone: Any = field(default=None, init=False)
    _rest: NDArray[np.float64] | None = field(default=None, init=False)
    _occlusion: Occlusion | None = field(default=None, init=False)

    def onto(self, patch: Pixels, landmarks: Landmarks, *, filmed: bool = True) -> None:
        """Paint the donor's face over the face at *landmarks* (468, >=2; pixels of *patch*) in *patch*, in place.

        Before a face that was *filmed* something may have come, and stays there; before an animated one nothing can.
        """
        import torch

        donor, unit = self.donor, eye_distance(landmarks)
        with torch.inference_mode():
            head = pixels_of(patch, donor.device)[0]
            tone = self._calmed(head, landmarks, unit)
            carried = self._carried(landmarks, tone)
            spread = self._spread(carried, landmarks, patch.shape[:2], max(1, round(unit / _STEPS)))
            face = relit(donor.colours(spread[:2], unit), spread[3:6], spread[6:9])
            share = spread[2] * spread[2] * (3 - 2 * spread[2])
            opening, around = torch.from_numpy(mouth(landmarks, patch.shape[:2])).to(donor.device)
            share = share * (1 - opening.maximum(around * darkness(head, tone)))
            if filmed:
                share = share * (1 - self._in_front(head, landmarks, tone, spread[:2]))
            mixed = torch.lerp(head, face, share)
            patch[:] = (mixed * 255).round().byte().permute(1, 2, 0).cpu().numpy()

    def forget(self) -> None:
        """Forget the head: its face is gone, and the next one may be another, in another light."""
        self._tone = self._rest = self._occlusion = None

    def _in_front(self, head: Any, landmarks: Landmarks, tone: Any, places: Any) -> Any:
        """Return how much of the head is hidden at each pixel (h, w), whose *places* in the donor's are given."""
        import torch

        if self._occlusion is None:
            self._occlusion = Occlusion(self.donor)
        points = torch.from_numpy(np.ascontiguousarray(landmarks[:, :2])).to(head.device)
        self._occlusion.hidden(head, points, tone)
        return self._occlusion.at(places)

    def _calmed(self, head: Any, landmarks: Landmarks, unit: float) -> Any:
        """Return the running tone of the head's skin (468, 3) around each landmark."""
        import torch

        points = torch.from_numpy(np.ascontiguousarray(landmarks[:, :2])).to(head.device)
        new = self.donor.skin.tone(head, points, unit)
        if self._tone is None or float((new - self._tone).abs().mean()) > _CUT:
            self._tone = new
        self._tone = self._tone + _CALM * (new - self._tone)
        return self._tone

    def _closing(self, landmarks: Landmarks) -> NDArray[np.float64]:
        """Return how far the head's right and left eye are closed (2,): 0 open, 1 shut."""
        now = openings(landmarks)
        rest = np.maximum(now, _OPEN_EYES) if self._rest is None else self._rest
        self._rest = rest + (now - rest) * np.where(now > rest, 0.3, 0.01)
        return closing(now, self._rest)

    def _carried(self, landmarks: Landmarks, tone: Any) -> Any:
        """Return what the mesh points carry (500, 9): place in the donor's picture, fade, tones wanted and given."""
        import torch

        own = self.donor.landmarks[:, :2]
        places = np.concatenate([own, eyeballs(self.donor.landmarks, landmarks)])
        # Closing lids become the head's own: a portrait with open eyes has no lid to show, only stretched lashes.
        fade = self.donor.fade * (1 - self._closing(landmarks) @ self.donor.lids).clip(0, 1)
        plain = np.concatenate([places, fade[:, None]], axis=1).astype(np.float32)
        twins = torch.tensor(TWINS, device=tone.device)
        given, wanted = self.donor.tone[twins], tone[twins]
        eyes = slice(POINTS, POINTS + len(EYES))
        wanted[eyes] = given[eyes] * (wanted[eyes] / given[eyes]) ** _EYE_LIGHT
        return torch.cat([torch.from_numpy(plain).to(tone.device), wanted, given], dim=1)

    def _spread(self, carried: Any, landmarks: Landmarks, shape: tuple[int, ...], step: int) -> Any:
        """Return what the points carry at each pixel (9, h, w): drawn every *step* pixels, interpolated between.

        Interpolation softens the rims of the eyes as a lens would.
        """
        import torch
        from torch.nn import functional

        points = torch.from_numpy(parted(landmarks)[list(TWINS)]).to(carried.device)
        height, width = (-(-(length - 1) // step) + 1 for length in shape)
        depth = points[:, 2] if points.shape[1] > 2 else None
        drawing = draw(points[:, :2] / step, self.donor.triangles, width, height, depth)
        coarse = drawing.spread(carried).permute(2, 0, 1).contiguous()
        coarse[2] = coarse[2].minimum(_edge(drawing.seen, max(1, round(_EDGE * eye_distance(landmarks) / step))))
        full = ((height - 1) * step + 1, (width - 1) * step + 1)
        fine = functional.interpolate(coarse[None], full, mode="bilinear", align_corners=True)[0]
        return fine[:, : shape[0], : shape[1]]


def _edge(seen: Any, reach: int) -> Any:
    """Return 0 at the edge of what is *seen* (h, w), growing to 1 over *reach* pixels inside it.

    On a turned head the edge of the face is a cheek, not the oval at which the face fades anyway.
    """
    from torch.nn import functional

    padded = functional.pad(seen[None, None].float(), [reach] * 4, mode="replicate")
    size = 2 * reach + 1
    around = functional.avg_pool2d(functional.avg_pool2d(padded, (1, size), stride=1), (size, 1), stride=1)[0, 0]
    return (2 * around - 1).clamp(0, 1) * seen
