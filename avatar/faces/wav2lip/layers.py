"""The layers of the Wav2Lip generator as public checkpoints name and shape them.

The paper: "A Lip Sync Expert Is All You Need for Speech to Lip Generation In the Wild", ACM Multimedia 2020.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

Kind = Literal["plain", "residual", "up"]


@dataclass(frozen=True)
class ConvSpec:
    """One convolution with its batch normalisation and its ReLU; the *last* of all has neither.

    A *residual* layer adds its input before the ReLU; an *up* layer is a transposed convolution, which of stride 2
    doubles the size.
    """

    inputs: int
    outputs: int
    kernel: int = 3
    stride: tuple[int, int] = (1, 1)
    padding: int = 1
    kind: Kind = "plain"
    name: str = ""
    last: bool = False

    def shapes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Give the name and the shape of each tensor of this layer, as a checkpoint has them."""
        channels = (self.inputs, self.outputs) if self.kind == "up" else (self.outputs, self.inputs)
        first = self.name if self.last else f"{self.name}.conv_block.0"
        yield f"{first}.weight", (*channels, self.kernel, self.kernel)
        yield f"{first}.bias", (self.outputs,)
        if not self.last:
            for statistic in ("weight", "bias", "running_mean", "running_var"):
                yield f"{self.name}.conv_block.1.{statistic}", (self.outputs,)
            yield f"{self.name}.conv_block.1.num_batches_tracked", ()


Block = tuple[ConvSpec, ...]


def _residual(width: int, times: int) -> Block:
    return (ConvSpec(width, width, kind="residual"),) * times


def _down(inputs: int, outputs: int, times: int, stride: tuple[int, int] = (2, 2)) -> Block:
    return (ConvSpec(inputs, outputs, stride=stride), *_residual(outputs, times))


def _up(inputs: int, outputs: int, times: int) -> Block:
    return (ConvSpec(inputs, outputs, stride=(2, 2), kind="up"), *_residual(outputs, times))


def _named(block: Block, name: str) -> Block:
    return tuple(replace(layer, name=f"{name}.{index}") for index, layer in enumerate(block))


def _all_named(blocks: Sequence[Block], name: str) -> tuple[Block, ...]:
    return tuple(_named(block, f"{name}.{index}") for index, block in enumerate(blocks))


_FACE_EMBEDDING: Final = (ConvSpec(512, 512, padding=0), ConvSpec(512, 512, kernel=1, padding=0))  # 3 x 3 to one vector

# From 96 x 96 down to 1 x 1: the masked face and the face itself, three channels each.
FACE_ENCODER: Final = _all_named(
    (
        (ConvSpec(6, 16, kernel=7, padding=3),),
        _down(16, 32, 2),
        _down(32, 64, 3),
        _down(64, 128, 2),
        _down(128, 256, 2),
        _down(256, 512, 1),
        _FACE_EMBEDDING,
    ),
    "face_encoder_blocks",
)

# From 80 mel bands x 16 columns to 1 x 1.
AUDIO_ENCODER: Final = _named(
    (
        ConvSpec(1, 32),
        *_residual(32, 2),
        *_down(32, 64, 2, stride=(3, 1)),
        *_down(64, 128, 2, stride=(3, 3)),
        *_down(128, 256, 1, stride=(3, 2)),
        ConvSpec(256, 512, padding=0),
        ConvSpec(512, 512, kernel=1, padding=0),
    ),
    "audio_encoder",
)

# From 1 x 1 up to 96 x 96; each block is followed by the output of its counterpart in FACE, laid beside its own.
FACE_DECODER: Final = _all_named(
    (
        (ConvSpec(512, 512, kernel=1, padding=0),),
        (ConvSpec(1024, 512, padding=0, kind="up"), *_residual(512, 1)),
        _up(1024, 512, 2),
        _up(768, 384, 2),
        _up(512, 256, 2),
        _up(320, 128, 2),
        _up(160, 64, 2),
    ),
    "face_decoder_blocks",
)

OUTPUT_BLOCK: Final = (
    ConvSpec(80, 32, name="output_block.0"),
    ConvSpec(32, 3, kernel=1, padding=0, name="output_block.1", last=True),
)


def generator_layers() -> Iterator[ConvSpec]:
    """Give every layer of the generator."""
    for block in (*FACE_ENCODER, AUDIO_ENCODER, *FACE_DECODER, OUTPUT_BLOCK):
        yield from block


def tensor_shapes() -> dict[str, tuple[int, ...]]:
    """Return the shape of each tensor of a checkpoint, by name."""
    return dict(pair for layer in generator_layers() for pair in layer.shapes())
