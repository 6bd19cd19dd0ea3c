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

SAMPLE_RATE_HZ = 32_000  # samples per second of all that these networks hear
HOP_SAMPLES = 320
_WINDOW_SAMPLES = 2048
_MARKED_BANDS = 128  # of 1025: the mark lies below 2 kHz
_MIN_LEVEL_DB, _MAX_LEVEL_DB = (
    -180.0,
    15.0,
)  # decibels: levels are given to the networks as 0 at the lowest, 1 at the headroom
_LEVEL_RANGE_DB = _MAX_LEVEL_DB - _MIN_LEVEL_DB
_AUDIBLE_SHARE = 0.05  # of the loudest moment: digital silence is neither marked nor heeded
# A word said slower or faster is heard as well: the detector looks at the sound at three speeds.
_SPEED_BY_NAME = (("slow", 1.25), ("normal", 1.0), ("fast", 0.75))


@dataclass(frozen=True, eq=False)
class Perth:
    """Both networks, by their tensors."""

    tensors: "Mapping[str, Tensor]"

    def residue(self, sound: "Tensor") -> "Tensor":
        """Return what must be added to *sound* (samples,) at 32 kHz to mark it."""
        import torch

        spectrum = _spectrum(sound)
        levels = _normalised_levels(spectrum)
        raised = self._through("encoder.layers", levels[:_MARKED_BANDS]) * _audible_mask(levels)
        change = torch.zeros_like(spectrum)
        change[:_MARKED_BANDS] = spectrum[:_MARKED_BANDS] * (10 ** (raised * _LEVEL_RANGE_DB / 20) - 1)
        return torch.istft(change, _WINDOW_SAMPLES, HOP_SAMPLES, window=_hann_window(), length=len(sound))

    def score(self, sound: "Tensor") -> float:
        """Return how marked *sound* (samples,) at 32 kHz is: about 1 when it is, about 0 when it is not."""
        import torch

        levels = _normalised_levels(_spectrum(sound))
        audible = _audible_mask(levels)[None, None]
        heard, weights = [], []
        for name, speed in _SPEED_BY_NAME:
            at_speed = _time_stretch(levels[None, :_MARKED_BANDS], speed)
            weight, mark = self._through(f"decoder.{name}_layers", at_speed[0])
            heeded = torch.nn.functional.interpolate(audible, size=at_speed.shape[2], mode="nearest")[0, 0]
            heard.append((mark * heeded).sum() / heeded.sum())
            weights.append((weight * heeded).sum() / heeded.sum())
        return float((torch.stack(heard) * torch.stack(weights).softmax(dim=0)).sum())

    def _through(self, name: str, given: "Tensor") -> "Tensor":
        from torch.nn.functional import leaky_relu

        value = given.T.contiguous()  # moments first
        for number, (kernel, bias) in enumerate(_conv_layers(self, name)):
            value = leaky_relu(value) if number else value
            value = (conv1d_7(value, kernel) if kernel.dim() == 3 else value @ kernel) + bias
        return value.T


@lru_cache(maxsize=1)
def open_perth(path: Path) -> Perth:
    """Return the networks whose weights lie in the file *path*.

    Raises:
        WeightsError: when the file cannot be read as tensors; code ``weights.unreadable``.
    """
    import torch

    try:
        tensors = torch.load(path, map_location="cpu", weights_only=True)["model"]
        assert all(tensor.dtype == torch.float32 for tensor in tensors.values())
    except Exception as error:  # a damaged archive fails in many ways
        raise WeightsError(f"the weights in {path.name} cannot be read: {error}", code="weights.unreadable") from error
    return Perth(tensors)


@cache
def _conv_layers(network: Perth, name: str) -> "Sequence[tuple[Tensor, Tensor]]":
    """Return the convolutions of *name* in *network*, kernel and bias: of seven taps, or of one, which is a matrix."""
    named = [[network.tensors[f"{name}.{number}.conv.{kind}"] for kind in ("weight", "bias")] for number in range(7)]
    return [
        (transform_kernels_7(kernel) if kernel.shape[2] == TAPS_1D else kernel[:, :, 0].T, bias)
        for kernel, bias in named
    ]


def _spectrum(sound: "Tensor") -> "Tensor":
    import torch

    return torch.stft(sound, _WINDOW_SAMPLES, HOP_SAMPLES, window=_hann_window(), return_complex=True)


def _hann_window() -> "Tensor":
    import torch

    return torch.hann_window(_WINDOW_SAMPLES)


def _normalised_levels(spectrum: "Tensor") -> "Tensor":
    decibels = 20 * spectrum.abs().clip(min=10 ** (_MIN_LEVEL_DB / 20)).log10()
    return (decibels - _MIN_LEVEL_DB) / _LEVEL_RANGE_DB


def _audible_mask(levels: "Tensor") -> "Tensor":
    """Return 1 for each moment (of *levels*: bands, moments) that holds any sound, 0 for the others."""
    loudness = levels.sum(dim=0)
    return (loudness > _AUDIBLE_SHARE * loudness.max()).float()


def _time_stretch(bands: "Tensor", speed: float) -> "Tensor":
    from torch.nn.functional import interpolate

    if speed == 1.0:
        return bands
    return interpolate(bands, size=int(bands.shape[2] * speed), mode="linear", align_corners=True)
