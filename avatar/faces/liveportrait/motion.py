"""M of the paper: where the 21 points of a head are, how it is turned, and what its face does (ConvNeXt V2, tiny)."""

from itertools import pairwise

from torch import Tensor, nn, zeros
from torch.nn import functional

from avatar.faces.liveportrait.keypoints import ANGLE_BINS, KEYPOINTS

_STAGE_WIDTHS, _STAGE_DEPTHS = (96, 192, 384, 768), (3, 3, 9, 3)
_NORM_EPSILON = 1e-6
# What is read off, by the names of the checkpoint.
_OUTPUT_HEADS = {
    "kp": 3 * KEYPOINTS,
    "scale": 1,
    "pitch": ANGLE_BINS,
    "yaw": ANGLE_BINS,
    "roll": ANGLE_BINS,
    "t": 3,
    "exp": 3 * KEYPOINTS,
}


class _ChannelLayerNorm(nn.LayerNorm):
    """A layer normalisation over the channels of pictures (n, channels, h, w)."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class _GlobalResponseNorm(nn.Module):
    """Global response normalisation: each channel by how strong it is beside the others (n, h, w, channels)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma, self.beta = (nn.Parameter(zeros(1, 1, 1, width)) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        strength: Tensor = x.norm(dim=(1, 2), keepdim=True)
        share = strength / (strength.mean(dim=-1, keepdim=True) + _NORM_EPSILON)
        return x + self.beta + self.gamma * (x * share)


class _ConvNextBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, _NORM_EPSILON)
        self.pwconv1 = nn.Linear(width, 4 * width)
        self.grn = _GlobalResponseNorm(4 * width)
        self.pwconv2 = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.pwconv1(self.norm(self.dwconv(x).permute(0, 2, 3, 1)))
        made = self.pwconv2(self.grn(functional.gelu(inner)))
        return x + made.permute(0, 3, 1, 2)  # type: ignore[no-any-return]


class _ConvNextBackbone(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        stem = nn.Sequential(nn.Conv2d(3, _STAGE_WIDTHS[0], 4, 4), _ChannelLayerNorm(_STAGE_WIDTHS[0], _NORM_EPSILON))
        halves = [
            nn.Sequential(_ChannelLayerNorm(narrow, _NORM_EPSILON), nn.Conv2d(narrow, wide, 2, 2))
            for narrow, wide in pairwise(_STAGE_WIDTHS)
        ]
        self.downsample_layers = nn.ModuleList([stem, *halves])
        blocks = zip(_STAGE_WIDTHS, _STAGE_DEPTHS, strict=True)
        self.stages = nn.ModuleList(
            nn.Sequential(*(_ConvNextBlock(width) for _ in range(depth))) for width, depth in blocks
        )
        self.norm = nn.LayerNorm(_STAGE_WIDTHS[-1], _NORM_EPSILON)
        for name, outputs in _OUTPUT_HEADS.items():
            self.add_module(f"fc_{name}", nn.Linear(_STAGE_WIDTHS[-1], outputs))

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        for halve, stage in zip(self.downsample_layers, self.stages, strict=True):
            picture = stage(halve(picture))
        seen = self.norm(picture.mean(dim=(2, 3)))
        return {name: self.get_submodule(f"fc_{name}")(seen) for name in _OUTPUT_HEADS}


class MotionExtractor(nn.Module):
    """A picture (n, 3, 256, 256; red, green, blue, 0 to 1) to what ``_OUTPUT_HEADS`` names, each (n, outputs)."""

    def __init__(self) -> None:
        super().__init__()
        self.detector = _ConvNextBackbone()

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        return self.detector(picture)  # type: ignore[no-any-return]
