"""G of the paper: the picture of a bent volume (SPADE: a normalisation that the volume itself tells what to draw)."""

from torch import Tensor, nn
from torch.nn import functional

_SEEN, _WIDE, _LAST = 256, 512, 64  # channels: of what is drawn, inside, and before the picture
_HIDDEN = 128
_LEAK = 0.2


class _Told(nn.Module):
    """A normalisation whose scale and shift are read from what is drawn."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mlp_shared = nn.Sequential(nn.Conv2d(_SEEN, _HIDDEN, 3, padding=1), nn.ReLU())
        self.mlp_gamma, self.mlp_beta = (nn.Conv2d(_HIDDEN, width, 3, padding=1) for _ in range(2))

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        told = self.mlp_shared(functional.interpolate(seen, size=x.shape[2:]))
        return functional.instance_norm(x) * (1 + self.mlp_gamma(told)) + self.mlp_beta(told)  # type: ignore[no-any-return]


class _Residual(nn.Module):
    """Two convolutions, each behind such a normalisation, added to what came in."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        inner = min(inputs, outputs)
        self.conv_0 = nn.Conv2d(inputs, inner, 3, padding=1)
        self.conv_1 = nn.Conv2d(inner, outputs, 3, padding=1)
        self.norm_0, self.norm_1 = _Told(inputs), _Told(inner)
        self._other = inputs != outputs
        if self._other:
            self.conv_s = nn.Conv2d(inputs, outputs, 1, bias=False)
            self.norm_s = _Told(inputs)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        beside = self.conv_s(self.norm_s(x, seen)) if self._other else x
        inner = self.conv_0(functional.leaky_relu(self.norm_0(x, seen), _LEAK))
        return beside + self.conv_1(functional.leaky_relu(self.norm_1(inner, seen), _LEAK))  # type: ignore[no-any-return]


class SpadeGenerator(nn.Module):
    """What was bent (n, 256, h, w) to a picture (n, 3, 8 h, 8 w; red, green, blue, 0 to 1)."""

    _MIDDLE = 6

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Conv2d(_SEEN, _WIDE, 3, padding=1)
        for number in range(self._MIDDLE):
            self.add_module(f"G_middle_{number}", _Residual(_WIDE, _WIDE))
        self.up_0 = _Residual(_WIDE, _SEEN)
        self.up_1 = _Residual(_SEEN, _LAST)
        self.conv_img = nn.Sequential(nn.Conv2d(_LAST, 12, 3, padding=1), nn.PixelShuffle(2))

    def forward(self, seen: Tensor) -> Tensor:
        x = self.fc(seen)
        for number in range(self._MIDDLE):
            x = self.get_submodule(f"G_middle_{number}")(x, seen)
        for block in (self.up_0, self.up_1):
            x = block(functional.interpolate(x, scale_factor=2), seen)
        return self.conv_img(functional.leaky_relu(x, _LEAK)).sigmoid()  # type: ignore[no-any-return]
