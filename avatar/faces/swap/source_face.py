"""The face of a portrait, prepared once to be put onto any number of frames."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.faces.drawing.blend_mask import lid_masks, rest_blend_mask
from avatar.faces.drawing.color_transfer import SkinSampler
from avatar.faces.features.eyes import correct_lower_lids
from avatar.faces.geometry.eyelids import EYE_POINTS
from avatar.faces.geometry.lip_geometry import snap_inner_lips
from avatar.faces.geometry.topology import MESH_POINTS, eye_distance, topology
from avatar.media.frames import Landmarks, Pixels

VERTEX_LANDMARKS = np.array(
    [*range(MESH_POINTS), *EYE_POINTS]
)  # for each of the 500 mesh points, the landmark it stands on


@dataclass(frozen=True, eq=False)
class SourceFace:
    """A portrait's face: its *picture*, its mesh, its skin, and how it fades.

    The mesh has 32 points more than the landmarks: the rims of the eyes once more, which look at the eyeballs. *fade*
    (500,) and *lids* (2, 500) are those of ``blend_mask``; *tone* (468, 3) is the skin colour at each landmark.
    """

    picture: Any  # (1, 3, h, w), 0 to 1
    landmarks: Landmarks
    triangles: Any
    fade: NDArray[np.float32]
    lids: NDArray[np.float32]
    skin: SkinSampler
    tone: NDArray[np.float32]
    device: str
    _plain: dict[int, NDArray[np.float32]] = field(default_factory=dict)
    _smaller: dict[int, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, rgb: Pixels, landmarks: Landmarks, device: str = "cpu") -> "SourceFace":
        """Prepare the face at *landmarks*, as a network sees them, of the portrait *rgb*, on the torch *device*."""
        import torch

        landmarks = snap_inner_lips(correct_lower_lids(landmarks), rgb)
        picture, skin = to_tensor(rgb, device), SkinSampler.of(landmarks)
        return cls(
            picture=picture,
            landmarks=landmarks,
            triangles=torch.from_numpy(_mesh_triangles()).to(device),
            fade=rest_blend_mask(landmarks),
            lids=lid_masks(landmarks),
            skin=skin,
            tone=skin.tone(rgb, landmarks),
            device=device,
        )

    def sample(self, places: Any, unit: float) -> Any:
        """Return the colours (3, h, w) at *places* (2, h, w) as seen on a face with eyes *unit* pixels apart."""
        from torch.nn import functional

        height, width = self.picture.shape[2:]
        size = places.new_tensor([width, height])[:, None, None]
        grid = ((places + 0.5) / size * 2 - 1).permute(1, 2, 0)[None]
        picture = self._at(self._level(unit))
        return functional.grid_sample(picture, grid, padding_mode="border", align_corners=False)[0]

    def mipmap(self, unit: float) -> NDArray[np.float32]:
        """Return the picture (h, w, 3), 0 to 1, no larger than a face with eyes *unit* pixels apart shows it."""
        level = self._level(unit)
        if level not in self._plain:
            self._plain[level] = self._at(level)[0].permute(1, 2, 0).contiguous().cpu().numpy()
        return self._plain[level]

    def _level(self, unit: float) -> int:
        shrink = eye_distance(self.landmarks) / max(unit, 1e-6)
        last = _coarsest_level(*self.picture.shape[2:])
        return int(np.clip(np.floor(2 * np.log2(max(shrink, 1e-6)) + 0.1), 0, last))

    def _at(self, level: int) -> Any:
        """Return the picture smaller by the square root of two for each *level*, made when first asked for."""
        from torch.nn import functional

        if level == 0:
            return self.picture
        if level not in self._smaller:
            size = [round(length / 2 ** (level / 2)) for length in self.picture.shape[2:]]
            self._smaller[level] = functional.interpolate(self.picture, size, mode="bilinear", antialias=True)
        return self._smaller[level]


def _coarsest_level(height: int, width: int) -> int:
    """Return the level from which a picture of *height* x *width* pixels would be too small to show a face."""
    return next(level for level in count() if min(round(side / 2 ** (level / 2)) for side in (height, width)) <= 64)


def _mesh_triangles() -> NDArray[np.int64]:
    """The mesh with its eyes on their own rims, points 468 to 499."""
    mesh, rims = topology(), np.arange(MESH_POINTS)
    rims[list(EYE_POINTS)] = MESH_POINTS + np.arange(len(EYE_POINTS))
    return np.concatenate([mesh.skin, rims[mesh.eyes], mesh.mouth])


def to_tensor(rgb: Pixels, device: str) -> Any:
    """Return *rgb* as a float32 tensor (1, 3, h, w), 0 to 1, on the torch *device*."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(rgb)).to(device).permute(2, 0, 1)[None].float() / 255
