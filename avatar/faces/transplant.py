"""Put a portrait's face onto another head: the mesh carries its texture, the head keeps its motion and its light."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.faces.colour import Skin, darkness, relit
from avatar.faces.eyes import widened
from avatar.faces.fade import fade_at_rest, lids, mouth
from avatar.faces.gaze import EYES, closing, eyeballs, openings
from avatar.faces.lips import laid_on_the_line, parted
from avatar.faces.topology import POINTS, eye_distance, topology
from avatar.faces.warp import draw
from avatar.media.frames import Landmarks, Pixels

_STEPS = 36  # the mesh is drawn with about this many steps to an eye distance, and interpolated between them
_EDGE = 0.1  # eye distances over which the face fades in from where a turned head hides the rest of it
_CALM = 0.25  # the share of a new frame in the running tone of the head
_EYE_LIGHT = (
    0.25  # the part of the skin's gain (as an exponent) that eyes get: light reaches them, skin colour does not
)
_OPEN_EYES = 0.22  # the least opening that the eyes of an unknown head are thought to have at rest
_CUT = 0.15  # a change of that tone larger than this (of full brightness) is another scene, not flicker
_TWINS = (*range(POINTS), *EYES)  # for each of the 500 mesh points, the landmark it stands on


@dataclass(frozen=True)
class Donor:
    """A portrait's face, prepared once: its picture at falling sizes, its mesh, its skin, and how it fades.

    The mesh has 32 points more than the landmarks: the rims of the eyes once more, which look at the eyeballs.
    """

    levels: tuple[Any, ...]
    landmarks: Landmarks
    triangles: Any
    fade: NDArray[np.float32]
    lids: NDArray[np.float32]
    skin: Skin
    tone: Any
    device: str

    @classmethod
    def of(cls, rgb: Pixels, landmarks: Landmarks, device: str = "cpu") -> "Donor":
        """Prepare the face at *landmarks* of the portrait *rgb*."""
        import torch

        landmarks = laid_on_the_line(widened(landmarks), rgb)
        picture, skin = _tensor(rgb, device), Skin.of(landmarks, device)
        points = torch.from_numpy(landmarks[:, :2].copy()).to(device)
        return cls(
            levels=_levels(picture),
            landmarks=landmarks,
            triangles=torch.from_numpy(_triangles()).to(device),
            fade=fade_at_rest(landmarks),
            lids=lids(landmarks),
            skin=skin,
            tone=skin.tone(picture[0], points, eye_distance(landmarks)),
            device=device,
        )


@dataclass
class Transplant:
    """The donor's face on a stream of frames.

    Remembers the head's tone, so that the match does not flicker, and how far its eyes are open when they rest, by
    which a blink is told.
    """

    donor: Donor
    _tone: Any = field(default=None, init=False)
    _rest: NDArray[np.float64] | None = field(default=None, init=False)

    def onto(self, patch: Pixels, landmarks: Landmarks) -> None:
        """Paint the donor's face over the face at *landmarks* (468, >=2; pixels of *patch*) in *patch*, in place."""
        import torch

        donor, unit = self.donor, eye_distance(landmarks)
        with torch.inference_mode():
            head = _tensor(patch, donor.device)[0]
            tone = self._calmed(head, landmarks, unit)
            carried = self._carried(landmarks, tone)
            spread = self._spread(carried, landmarks, patch.shape[:2], max(1, round(unit / _STEPS)))
            face = relit(self._sampled(spread[:2], unit), spread[3:6], spread[6:9])
            share = spread[2] * spread[2] * (3 - 2 * spread[2])
            opening, around = torch.from_numpy(mouth(landmarks, patch.shape[:2])).to(donor.device)
            share = share * (1 - opening.maximum(around * darkness(head, tone)))
            mixed = torch.lerp(head, face, share)
            patch[:] = (mixed * 255).round().byte().permute(1, 2, 0).cpu().numpy()

    def forget(self) -> None:
        """Forget the head: its face is gone, and the next one may be another, in another light."""
        self._tone = self._rest = None

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
        twins = torch.tensor(_TWINS, device=tone.device)
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

        points = torch.from_numpy(parted(landmarks)[list(_TWINS)]).to(carried.device)
        height, width = (-(-(length - 1) // step) + 1 for length in shape)
        depth = points[:, 2] if points.shape[1] > 2 else None
        drawing = draw(points[:, :2] / step, self.donor.triangles, width, height, depth)
        coarse = drawing.spread(carried).permute(2, 0, 1)
        coarse[2] = coarse[2].minimum(_edge(drawing.seen, max(1, round(_EDGE * eye_distance(landmarks) / step))))
        full = ((height - 1) * step + 1, (width - 1) * step + 1)
        fine = functional.interpolate(coarse[None], full, mode="bilinear", align_corners=True)[0]
        return fine[:, : shape[0], : shape[1]]

    def _sampled(self, places: Any, unit: float) -> Any:
        """Return the donor's colours (3, h, w) at *places* (2, h, w), from the size of the picture that fits."""
        from torch.nn import functional

        shrink = eye_distance(self.donor.landmarks) / max(unit, 1e-6)
        level = int(np.clip(np.floor(2 * np.log2(max(shrink, 1e-6)) + 0.1), 0, len(self.donor.levels) - 1))
        height, width = self.donor.levels[0].shape[2:]
        size = places.new_tensor([width, height])[:, None, None]
        grid = ((places + 0.5) / size * 2 - 1).permute(1, 2, 0)[None]
        return functional.grid_sample(self.donor.levels[level], grid, padding_mode="border", align_corners=False)[0]


def _edge(seen: Any, reach: int) -> Any:
    """Return 0 at the edge of what is *seen* (h, w), growing to 1 over *reach* pixels inside it.

    On a turned head the edge of the face is a cheek, not the oval at which the face fades anyway.
    """
    from torch.nn import functional

    padded = functional.pad(seen[None, None].float(), [reach] * 4, mode="replicate")
    around = functional.avg_pool2d(padded, 2 * reach + 1, stride=1)[0, 0]
    return (2 * around - 1).clamp(0, 1) * seen


def _triangles() -> NDArray[np.int64]:
    """The mesh with its eyes on their own rims, points 468 to 499."""
    mesh, rims = topology(), np.arange(POINTS)
    rims[list(EYES)] = POINTS + np.arange(len(EYES))
    return np.concatenate([mesh.skin, rims[mesh.eyes], mesh.mouth])


def _tensor(rgb: Pixels, device: str) -> Any:
    import torch

    return torch.from_numpy(np.ascontiguousarray(rgb)).to(device).permute(2, 0, 1)[None].float() / 255


def _levels(picture: Any) -> tuple[Any, ...]:
    """Return *picture* and what it looks like smaller, by the square root of two each time."""
    from torch.nn import functional

    levels = [picture]
    while min(levels[-1].shape[2:]) > 64:
        size = [round(length / 2 ** (len(levels) / 2)) for length in picture.shape[2:]]
        levels.append(functional.interpolate(picture, size, mode="bilinear", antialias=True))
    return tuple(levels)
