"""W of the paper: from where points were and where they are to be, the portrait's volume, bent."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from avatar.faces.liveportrait.appearance import VOLUME_CHANNELS, VOLUME_DEPTH
from avatar.faces.liveportrait.blocks import Hourglass, SameBlock2d
from avatar.faces.liveportrait.keypoints import KEYPOINTS

_MOTION_COUNT = KEYPOINTS + 1  # one for each point, and one for what stands still
_COMPRESSED_CHANNELS = 4  # channels in which motions are tried
_HEATMAP_VARIANCE = 0.01  # variance of the bell around a point, in units where the volume reaches from -1 to 1
_OUTPUT_CHANNELS = 256


class WarpSource(NamedTuple):
    """What is the same for all frames of a portrait: its *volume*, a *narrow* one, its *points* and their *bells*."""

    volume: Tensor
    narrow: Tensor
    points: Tensor
    bells: Tensor


class _DenseMotion(nn.Module):
    """From the motion of points to that of everything."""

    def __init__(self) -> None:
        super().__init__()
        inputs = _MOTION_COUNT * (_COMPRESSED_CHANNELS + 1)
        outputs = Hourglass._INNER[0] // 2 + inputs
        self.hourglass = Hourglass(inputs)
        self.mask = nn.Conv3d(outputs, _MOTION_COUNT, 7, padding=3)
        self.compress = nn.Conv3d(VOLUME_CHANNELS, _COMPRESSED_CHANNELS, 1)
        self.norm = nn.BatchNorm3d(_COMPRESSED_CHANNELS)
        self.occlusion = nn.Conv2d(outputs * VOLUME_DEPTH, 1, 7, padding=3)

    def narrow(self, volume: Tensor) -> Tensor:
        return functional.relu(self.norm(self.compress(volume)))

    def forward(self, source: WarpSource, points: Tensor) -> tuple[Tensor, Tensor]:
        """Return where each place of the volume comes from (n, d, h, w, 3), and how visible it is (n, 1, h, w)."""
        count, grid = len(points), _coordinate_grid(source.narrow)
        moved = grid - (points - source.points)[:, :, None, None, None]
        motions = torch.cat((grid.expand(count, 1, *grid.shape), moved), dim=1)
        tried = functional.grid_sample(
            source.narrow.expand(count * _MOTION_COUNT, *source.narrow.shape[1:]),
            motions.flatten(0, 1),
            align_corners=False,
        ).reshape(count, _MOTION_COUNT, *source.narrow.shape[1:])
        heat = keypoint_heatmaps(points, grid) - source.bells
        still = heat.new_zeros(count, 1, *heat.shape[2:])
        seen = torch.cat((torch.cat((still, heat), dim=1)[:, :, None], tried), dim=2)
        made = self.hourglass(seen.flatten(1, 2))
        shares = self.mask(made).softmax(dim=1)
        where = (motions * shares[..., None]).sum(dim=1)
        return where, self.occlusion(made.flatten(1, 2)).sigmoid()


class WarpingModule(nn.Module):
    """Bends a portrait's volume to new points: (n, 256, h, w), which the generator draws."""

    def __init__(self) -> None:
        super().__init__()
        self.dense_motion_network = _DenseMotion()
        self.third = SameBlock2d(VOLUME_CHANNELS * VOLUME_DEPTH, _OUTPUT_CHANNELS, leak=0.01)
        self.fourth = nn.Conv2d(_OUTPUT_CHANNELS, _OUTPUT_CHANNELS, 1)

    def source(self, volume: Tensor, points: Tensor) -> WarpSource:
        """Prepare the *volume* (1, 32, 16, h, w) of a portrait with *points* (1, 21, 3)."""
        narrow = self.dense_motion_network.narrow(volume)
        return WarpSource(volume, narrow, points, keypoint_heatmaps(points, _coordinate_grid(narrow)))

    def forward(self, source: WarpSource, points: Tensor) -> Tensor:
        """Return the volume of *source* with its points at *points* (n, 21, 3)."""
        where, visible = self.dense_motion_network(source, points)
        volume = source.volume.expand(len(points), *source.volume.shape[1:])
        bent = functional.grid_sample(volume, where, align_corners=False)
        return self.fourth(self.third(bent.flatten(1, 2))) * visible  # type: ignore[no-any-return]


def keypoint_heatmaps(points: Tensor, grid: Tensor) -> Tensor:
    """Return a bell around each of *points* (n, k, 3) at the places *grid* (d, h, w, 3): (n, k, d, h, w)."""
    away = grid - points[:, :, None, None, None]
    return torch.exp(-away.square().sum(dim=-1) / (2 * _HEATMAP_VARIANCE))


def _coordinate_grid(volume: Tensor) -> Tensor:
    """Return the places of *volume* (d, h, w, 3): x to the right, y down, z away from the viewer, each -1 to 1."""
    axes = [torch.linspace(-1, 1, length, device=volume.device) for length in volume.shape[2:]]
    return torch.stack(torch.meshgrid(*axes, indexing="ij")[::-1], dim=-1)
