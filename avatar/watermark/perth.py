"""The two networks of Perth (Resemble AI): one hides a mark in the spectrum of speech, the other looks for it.

Only the weights come from its package; the networks are built here. The package's own import turns into ``None``, with
no word said, where something that it needs is missing, and a mark that is missing in silence is worse than none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from avatar.errors import WeightsError
from avatar.runtime.winograd import TAPS_1D, conv1d_7, transform_kernels_7

if TYPE_CHECKING:
    from torch import Tensor

RATE = 32_000  # samples per second of all that these networks hear
HOP = 320
_WINDOW = 2048
_BANDS = 128  # of 1025: the mark lies below 2 kHz
_LOWEST, _HEADROOM = -180.0, 15.0  # decibels: levels are given to the networks as 0 at the lowest, 1 at the headroom
_SCALE = _HEADROOM - _LOWEST
_AUDIBLE = 0.05  # of the loudest moment: digital silence is neither marked nor heeded
# A word said slower or faster is heard as well: the detector looks at the sound at three speeds.
_SPEEDS = (("slow", 1.25), ("normal", 1.0), ("fast", 0.75))


@dataclass(frozen=True, eq=False)
class Perth:
    """Both networks, by their tensors."""

    tensors: "Mapping[str, Tensor]"

    def residue(self, sound: "Tensor") -> "Tensor":
        """Return what must be added to *sound* (samples,) at 32 kHz to mark it."""
        import torch

        spectrum = _spectrum(sound)
        levels = _levels(spectrum)
        raised = self._through("encoder.layers", levels[:_BANDS]) * _audible(levels)
        change = torch.zeros_like(spectrum)
        change[:_BANDS] = spectrum[:_BANDS] * (10 ** (raised * _SCALE / 20) - 1)
        return torch.istft(change, _WINDOW, HOP, window=_hann(), length=len(sound))

    def score(self, sound: "Tensor") -> float:
        """Return how marked *sound* (samples,) at 32 kHz is: about 1 when it is, about 0 when it is not."""
        import torch

        levels = _levels(_spectrum(sound))
        audible = _audible(levels)[None, None]
        heard, weights = [], []
        for name, speed in _SPEEDS:
            at_speed = _stretched(levels[None, :_BANDS], speed)
            weight, mark = self._through(f"decoder.{name}_layers", at_speed[0])
            heeded = torch.nn.functional.interpolate(audible, size=at_speed.shape[2], mode="nearest")[0, 0]
            heard.append((mark * heeded).sum() / heeded.sum())
            weights.append((weight * heeded).sum() / heeded.sum())
        return float((torch.stack(heard) * torch.stack(weights).softmax(dim=0)).sum())

    def _through(self, name: str, given: "Tensor") -> "Tensor":
        from torch.nn.functional import leaky_relu

        value = given.T.contiguous()  # moments first
        for number, (kernel, bias) in enumerate(_layers(self, name)):
            value = leaky_relu(value) if number else value
            value = (conv1d_7(value, kernel) if kernel.dim() == 3 else value @ kernel) + bias
        return value.T


@lru_cache(maxsize=1)
def open_perth(path: Path) -> Perth:
    """Return the networks whose weights lie in the file *path*.

    Raises:
        WeightsError: ``weights.unreadable``.
    """
    import torch

    try:
        tensors = torch.load(path, map_location="cpu", weights_only=True)["model"]
        assert all(tensor.dtype == torch.float32 for tensor in tensors.values())
    except Exception as error:  # a damaged archive fails in many ways
        raise WeightsError(f"the weights in {path.name} cannot be read: {error}", code="weights.unreadable") from error
    return Perth(tensors)


@cache
def _layers(network: Perth, name: str) -> "Sequence[tuple[Tensor, Tensor]]":
    """Return the convolutions of *name* in *network*, kernel and bias: of seven taps, or of one, which is a matrix."""
    named = [[network.tensors[f"{name}.{number}.conv.{kind}"] for kind in ("weight", "bias")] for number in range(7)]
    return [
        (transform_kernels_7(kernel) if kernel.shape[2] == TAPS_1D else kernel[:, :, 0].T, bias)
        for kernel, bias in named
    ]


def _spectrum(sound: "Tensor") -> "Tensor":
    import torch

    return torch.stft(sound, _WINDOW, HOP, window=_hann(), return_complex=True)


def _hann() -> "Tensor":
    import torch

    return torch.hann_window(_WINDOW)


def _levels(spectrum: "Tensor") -> "Tensor":
    decibels = 20 * spectrum.abs().clip(min=10 ** (_LOWEST / 20)).log10()
    return (decibels - _LOWEST) / _SCALE


def _audible(levels: "Tensor") -> "Tensor":
    """Return 1 for each moment (of *levels*: bands, moments) that holds any sound, 0 for the others."""
    loudness = levels.sum(dim=0)
    return (loudness > _AUDIBLE * loudness.max()).float()


def _stretched(bands: "Tensor", speed: float) -> "Tensor":
    from torch.nn.functional import interpolate

    if speed == 1.0:
        return bands
    return interpolate(bands, size=int(bands.shape[2] * speed), mode="linear", align_corners=True)
