"""F of the paper: what a portrait looks like, as a volume that can be bent."""

from torch import Tensor, nn

from avatar.faces.liveportrait.blocks import DownBlock2d, ResBlock3d, SameBlock2d

VOLUME_CHANNELS, VOLUME_DEPTH = 32, 16  # of the volume; it is a quarter as high and wide as the picture


class AppearanceExtractor(nn.Module):
    """A picture (n, 3, h, w; red, green, blue, 0 to 1) to a volume (n, 32, 16, h / 4, w / 4)."""

    def __init__(self) -> None:
        super().__init__()
        self.first = SameBlock2d(3, 64)
        self.down_blocks = nn.Sequential(DownBlock2d(64, 128), DownBlock2d(128, 256))
        self.second = nn.Conv2d(256, VOLUME_CHANNELS * VOLUME_DEPTH, 1)
        self.resblocks_3d = nn.Sequential()
        for number in range(6):
            self.resblocks_3d.add_module(f"3dr{number}", ResBlock3d(VOLUME_CHANNELS))

    def forward(self, picture: Tensor) -> Tensor:
        flat = self.second(self.down_blocks(self.first(picture)))
        return self.resblocks_3d(flat.unflatten(1, (VOLUME_CHANNELS, VOLUME_DEPTH)))  # type: ignore[no-any-return]
