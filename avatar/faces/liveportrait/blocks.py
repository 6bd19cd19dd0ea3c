"""Convolutions with their normalisation, as public checkpoints of LivePortrait name them."""

from torch import Tensor, cat, nn
from torch.nn import functional


class SameBlock2d(nn.Module):
    """A convolution, a normalisation and a ReLU: (n, inputs, h, w) to (n, outputs, h, w).

    A *leak* of the ReLU lets some of what is negative pass.
    """

    def __init__(self, inputs: int, outputs: int, leak: float = 0.0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm = nn.BatchNorm2d(outputs)
        self._leak = leak

    def forward(self, x: Tensor) -> Tensor:
        return functional.leaky_relu(self.norm(self.conv(x)), self._leak)


class DownBlock2d(SameBlock2d):
    """The same, at half the size: (n, inputs, h, w) to (n, outputs, h / 2, w / 2)."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.avg_pool2d(super().forward(x), 2)


class ConvBlock3d(nn.Module):
    """A convolution, a normalisation and a ReLU over volumes: (n, inputs, d, h, w) to (n, outputs, d, h, w)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(inputs, outputs, 3, padding=1)
        self.norm = nn.BatchNorm3d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.norm(self.conv(x)))


class DownBlock3d(ConvBlock3d):
    """The same, at half the height and width: (n, inputs, d, h, w) to (n, outputs, d, h / 2, w / 2)."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.avg_pool3d(super().forward(x), (1, 2, 2))


class UpBlock3d(ConvBlock3d):
    """The same, at twice the height and width: (n, inputs, d, h, w) to (n, outputs, d, 2 * h, 2 * w)."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(functional.interpolate(x, scale_factor=(1, 2, 2)))


class ResBlock3d(nn.Module):
    """Two convolutions over a volume (n, width, d, h, w), each behind its normalisation and ReLU, added to it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv3d(width, width, 3, padding=1) for _ in range(2))
        self.norm1, self.norm2 = (nn.BatchNorm3d(width) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        inner = self.conv1(functional.relu(self.norm1(x)))
        return x + self.conv2(functional.relu(self.norm2(inner)))  # type: ignore[no-any-return]


class HourglassEncoder(nn.Module):
    """The way down an hourglass: the input (n, inputs, d, h, w), then halves of it, *widths* channels wide."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.down_blocks = nn.ModuleList(map(DownBlock3d, widths[:-1], widths[1:]))

    def forward(self, x: Tensor) -> list[Tensor]:
        views = [x]
        for block in self.down_blocks:
            views.append(block(views[-1]))
        return views


class HourglassDecoder(nn.Module):
    """The way up an hourglass: each doubled view beside its counterpart from the way down.

    It makes (n, channels, d, h, w) of what the way down gives: the last of *outputs* and the first of *widths*, added.
    """

    def __init__(self, widths: tuple[int, ...], outputs: tuple[int, ...]) -> None:
        super().__init__()
        inputs = [widths[-1], *(2 * width for width in outputs[:-1])]
        self.up_blocks = nn.ModuleList(map(UpBlock3d, inputs, outputs))
        width = outputs[-1] + widths[0]
        self.conv = nn.Conv3d(width, width, 3, padding=1)
        self.norm = nn.BatchNorm3d(width)

    def forward(self, views: list[Tensor]) -> Tensor:
        x = views[-1]
        for block, beside in zip(self.up_blocks, views[-2::-1], strict=True):
            x = cat((block(x), beside), dim=1)
        return functional.relu(self.norm(self.conv(x)))


class Hourglass(nn.Module):
    """Down to a 32nd of the size and back: (n, 110, d, h, w) to (n, 142, d, h, w), which hold both near and far."""

    _INNER = (64, 128, 256, 512, 1024)

    def __init__(self, inputs: int) -> None:
        super().__init__()
        widths = (inputs, *self._INNER)
        self.encoder = HourglassEncoder(widths)
        self.decoder = HourglassDecoder(widths, (*self._INNER[-2::-1], self._INNER[0] // 2))

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(self.encoder(x))  # type: ignore[no-any-return]
