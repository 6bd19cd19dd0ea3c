"""G of the paper: the picture of a bent volume (SPADE: a normalisation that the volume itself tells what to draw)."""

from torch import Tensor, nn
from torch.nn import functional

_FEATURE_CHANNELS = 256  # of the warped features
_INNER_CHANNELS = 512
_OUTPUT_CHANNELS = 64  # before the picture
_SPADE_CHANNELS = 128
_RELU_SLOPE = 0.2


class _Spade(nn.Module):
    """A normalisation whose scale and shift are read from what is drawn."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mlp_shared = nn.Sequential(nn.Conv2d(_FEATURE_CHANNELS, _SPADE_CHANNELS, 3, padding=1), nn.ReLU())
        self.mlp_gamma, self.mlp_beta = (nn.Conv2d(_SPADE_CHANNELS, width, 3, padding=1) for _ in range(2))

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        told = self.mlp_shared(functional.interpolate(seen, size=x.shape[2:]))
        return functional.instance_norm(x) * (1 + self.mlp_gamma(told)) + self.mlp_beta(told)  # type: ignore[no-any-return]


class _SpadeResnetBlock(nn.Module):
    """Two convolutions, each behind such a normalisation, added to what came in."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        inner = min(inputs, outputs)
        self.conv_0 = nn.Conv2d(inputs, inner, 3, padding=1)
        self.conv_1 = nn.Conv2d(inner, outputs, 3, padding=1)
        self.norm_0, self.norm_1 = _Spade(inputs), _Spade(inner)
        self._other = inputs != outputs
        if self._other:
            self.conv_s = nn.Conv2d(inputs, outputs, 1, bias=False)
            self.norm_s = _Spade(inputs)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        beside = self.conv_s(self.norm_s(x, seen)) if self._other else x
        inner = self.conv_0(functional.leaky_relu(self.norm_0(x, seen), _RELU_SLOPE))
        return beside + self.conv_1(functional.leaky_relu(self.norm_1(inner, seen), _RELU_SLOPE))  # type: ignore[no-any-return]


class SpadeGenerator(nn.Module):
    """What was bent (n, 256, h, w) to a picture (n, 3, 8 h, 8 w; red, green, blue, 0 to 1)."""

    _MIDDLE = 6

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Conv2d(_FEATURE_CHANNELS, _INNER_CHANNELS, 3, padding=1)
        for number in range(self._MIDDLE):
            self.add_module(f"G_middle_{number}", _SpadeResnetBlock(_INNER_CHANNELS, _INNER_CHANNELS))
        self.up_0 = _SpadeResnetBlock(_INNER_CHANNELS, _FEATURE_CHANNELS)
        self.up_1 = _SpadeResnetBlock(_FEATURE_CHANNELS, _OUTPUT_CHANNELS)
        self.conv_img = nn.Sequential(nn.Conv2d(_OUTPUT_CHANNELS, 12, 3, padding=1), nn.PixelShuffle(2))

    def forward(self, seen: Tensor) -> Tensor:
        x = self.fc(seen)
        for number in range(self._MIDDLE):
            x = self.get_submodule(f"G_middle_{number}")(x, seen)
        for block in (self.up_0, self.up_1):
            x = block(functional.interpolate(x, scale_factor=2), seen)
        return self.conv_img(functional.leaky_relu(x, _RELU_SLOPE)).sigmoid()  # type: ignore[no-any-return]
