"""The generator at work: its layers with their normalisation folded in, decoding only the rows that are wanted."""

import logging
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from avatar.faces.wav2lip.checkpoint import read_checkpoint
from avatar.faces.wav2lip.layers import (
    AUDIO_ENCODER,
    FACE_DECODER,
    FACE_ENCODER,
    OUTPUT_BLOCK,
    Block,
    ConvSpec,
    generator_layers,
)
from avatar.runtime.winograd import conv2d_3x3, transform_kernels_3x3

_log = logging.getLogger(__name__)

FACE_SIZE_PX: Final = 96  # pixels: the side of the face
MEL_BANDS, MEL_COLUMNS = 80, 16  # of the mel spectrogram that one frame hears
_BATCH_NORM_EPSILON: Final = 1e-5  # of batch normalisation, as in training


class Wav2LipGenerator:
    """The network with the tensors of one checkpoint, on one device.

    Batch normalisation is folded into the convolutions in double precision, so it costs nothing per frame. A GPU
    computes in half precision.
    """

    def __init__(self, tensors: Mapping[str, Any], device: str = "cpu") -> None:
        self.device, self._precision = device, dtype_on(device)
        self._folded = {
            layer.name: _fold_batch_norm(layer, tensors, device, self._precision) for layer in generator_layers()
        }

    def generate(self, seen: Any, heard: Any, first: int = 0) -> Any:
        """Return the rows from *first* on of the faces that say what is *heard*: (n, 3, 96 - first, 96), 0 to 1.

        *seen* (n, 6, 96, 96), 0 to 1: the face with its lower half black, then the face itself, each blue, green, red.
        *heard* (n, 1, 80, 16): the mel spectrogram. Both float32, on the device. The rows are those of the whole
        face, to rounding: rows above are computed only as far as the convolutions reach.
        """
        import torch

        with torch.inference_mode():
            # Channels last: the layout that convolutions on processors and GPUs are quickest in.
            views = self._encode_face(seen.to(self._precision).contiguous(memory_format=torch.channels_last))
            made = self._block(AUDIO_ENCODER, heard.to(self._precision))
            top, starts = 0, _block_starts(first)
            for block, start in zip(FACE_DECODER, starts, strict=True):
                made = self._block(block, made[:, :, start - top :])
                top = start * block[0].stride[0]
                made = torch.cat((made, views.pop()[:, :, top:]), dim=1)
            return torch.sigmoid(self._block(OUTPUT_BLOCK, made)[:, :, first - top :].float())

    def _encode_face(self, seen: Any) -> list[Any]:
        views = []
        for block in FACE_ENCODER:
            seen = self._block(block, seen)
            views.append(seen)
        return views

    def _block(self, block: Block, value: Any) -> Any:
        for layer in block:
            value = self._layer(layer, value)
        return value

    def _layer(self, layer: ConvSpec, value: Any) -> Any:
        from torch.nn import functional

        weight, bias = self._folded[layer.name]
        if _uses_winograd(layer, self.device):
            made = conv2d_3x3(value, weight, bias)
        elif layer.kind == "up":
            more = layer.stride[0] - 1
            made = functional.conv_transpose2d(value, weight, bias, layer.stride, layer.padding, more)
        else:
            made = functional.conv2d(value, weight, bias, layer.stride, layer.padding)
        if layer.kind == "residual":
            made += value
        return made if layer.last else made.relu_()


def dtype_on(device: str) -> Any:
    """Return the type of numbers that the network computes in on *device*."""
    import torch

    # Not bfloat16, which has fewer digits: with random weights its faces are a level away, these an eighth of one.
    return torch.float16 if device.startswith("cuda") else torch.float32


@lru_cache(maxsize=1)
def open_generator(checkpoint: Path, sha256: str, device: str) -> Wav2LipGenerator:
    """Return the generator of the file *checkpoint* with digest *sha256*, loaded once in a process.

    Raises:
        WeightsError: when it cannot be read as tensors; code ``weights.unreadable``; when it is another network; code
            ``weights.other-network``.
    """
    _log.info("opening the generator %s on %s", sha256[:12], device)
    return Wav2LipGenerator(read_checkpoint(checkpoint), device)


def _block_starts(first: int) -> list[int]:
    """Return from which row on each block of the decoder needs its input, for rows from *first* on to be exact.

    Each 3 x 3 convolution spoils one row at a cut, and two rows of a doubled picture come from one row and the next.
    """
    needed, starts = first - 1, []
    for block in reversed(FACE_DECODER):
        doubles = block[0].stride[0] == 2
        needed = max(0, needed - (len(block) - 1)) // 2 if doubles else 0
        starts.append(needed)
    return starts[::-1]


def _uses_winograd(layer: ConvSpec, device: str) -> bool:
    # GPUs choose for themselves.
    return device == "cpu" and layer.kind == "residual" and 128 <= layer.inputs <= 384


def _fold_batch_norm(layer: ConvSpec, tensors: Mapping[str, Any], device: str, precision: Any) -> tuple[Any, Any]:
    import torch

    if layer.last:
        weight, bias = (tensors[f"{layer.name}.{part}"] for part in ("weight", "bias"))
    else:
        weight, bias = (tensors[f"{layer.name}.conv_block.0.{part}"].double() for part in ("weight", "bias"))
        scale, shift, mean, variance = (
            tensors[f"{layer.name}.conv_block.1.{part}"].double()
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = scale / torch.sqrt(variance + _BATCH_NORM_EPSILON)
        weight = weight * scale.reshape((1, -1, 1, 1) if layer.kind == "up" else (-1, 1, 1, 1))
        bias = (bias - mean) * scale + shift
    if _uses_winograd(layer, device):
        return transform_kernels_3x3(weight), bias.float()
    placed = weight.to(device, precision).contiguous(memory_format=torch.channels_last)
    return placed, bias.to(device, precision)
