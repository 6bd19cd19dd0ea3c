"""A small network that hears what a mouth does: a transformer on a recogniser's ear, trained on synthetic speech only.

``tools/train_face_network.py`` trains it and says how; the model card is beside the weights.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np

from avatar.faces.geometry.blendshapes import Floats
from avatar.models.weights import Weights
from avatar.voices.recognition.asr_features import FEATURE_SIZE, STEPS_PER_S

MOUTH: Final = Weights(
    name="mouth encoder",
    source="package:avatar/faces/data/mouth.safetensors",
    sha256="f912be200e2f019f809a83aad92a70f76d5e00552d9cd23e4dd8d0fefa9a153f",
    licence="Apache-2.0",
)
# What each output column drives; both sides of a pair move alike. Then three probabilities.
SHAPES: Final = (
    *("jawOpen", "tongueOut", "mouthFunnel", "mouthPucker", "mouthStretch", "mouthSmile"),
    *("mouthUpperUp", "mouthLowerDown", "mouthPress", "mouthRollUpper", "mouthRollLower", "mouthShrugLower"),
)
EVENTS: Final = ("lips", "teeth", "silence")

_WIDTH = 160
_HEADS = 4
_FEEDFORWARD_WIDTH = 400
_LAYERS = 2
_KERNEL_STEPS = 11  # steps that the convolution of a layer sees: a phoneme and its neighbours
_DROPOUT = 0.1  # of what the layers say, while they learn
_BLOCK_STEPS = 8 * STEPS_PER_S  # long sounds are processed in blocks of 8 s
_CONTEXT_STEPS = STEPS_PER_S  # before and after a block


def build_network() -> Any:
    """Return the untrained network: features (batch, n, 384) in, (batch, n, 15) out, of which the last 3 are logits."""
    from torch import Tensor, nn

    class Layer(nn.Module):
        """What is near by convolution, what is far by attention, then each step on its own; all added to what was."""

        def __init__(self) -> None:
            super().__init__()
            self.norms = nn.ModuleList(nn.LayerNorm(_WIDTH) for _ in range(3))
            self.near = nn.Conv1d(_WIDTH, _WIDTH, _KERNEL_STEPS, padding=_KERNEL_STEPS // 2, groups=_WIDTH)
            self.mixed = nn.Linear(_WIDTH, _WIDTH)
            self.far = nn.MultiheadAttention(_WIDTH, _HEADS, batch_first=True)
            self.each = nn.Sequential(
                nn.Linear(_WIDTH, _FEEDFORWARD_WIDTH), nn.GELU(), nn.Linear(_FEEDFORWARD_WIDTH, _WIDTH)
            )
            self.drop = nn.Dropout(_DROPOUT)

        def forward(self, x: Tensor) -> Tensor:
            near = self.near(self.norms[0](x).transpose(1, 2)).transpose(1, 2)
            x = x + self.drop(self.mixed(nn.functional.gelu(near)))
            y = self.norms[1](x)
            x = x + self.drop(self.far(y, y, y, need_weights=False)[0])
            return x + self.drop(self.each(self.norms[2](x)))  # type: ignore[no-any-return]

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.ear = nn.Sequential(nn.LayerNorm(FEATURE_SIZE), nn.Dropout(_DROPOUT), nn.Linear(FEATURE_SIZE, _WIDTH))
            self.layers = nn.Sequential(*(Layer() for _ in range(_LAYERS)), nn.LayerNorm(_WIDTH))
            self.out = nn.Linear(_WIDTH, len(SHAPES) + len(EVENTS))

        def hidden(self, features: Tensor) -> Tensor:
            return self.layers(self.ear(features))  # type: ignore[no-any-return]

        def forward(self, features: Tensor) -> Tensor:
            return self.out(self.hidden(features))  # type: ignore[no-any-return]

    return Network()


class MouthEncoder:
    """The trained network, ready to hear."""

    def __init__(self, weights: Path) -> None:
        from safetensors.torch import load_file

        self._network = build_network()
        # Kept in half precision, worked with in single: the file is half as large and a CPU as fast.
        self._network.load_state_dict({name: value.float() for name, value in load_file(weights).items()})
        self._network.eval()

    def predict(self, features: Floats) -> tuple[Floats, Floats]:
        """Return the shapes (n, 12) and the probabilities of the events (n, 3), 50 a second, in *features* (n, 384)."""
        import torch

        pieces = []
        with torch.inference_mode():
            for start in range(0, len(features), _BLOCK_STEPS):
                first, last = max(0, start - _CONTEXT_STEPS), min(len(features), start + _BLOCK_STEPS + _CONTEXT_STEPS)
                heard = self._network(torch.from_numpy(features[None, first:last]))[0]
                pieces.append(heard[start - first : min(start + _BLOCK_STEPS, len(features)) - first])
        if not pieces:
            return np.zeros((0, len(SHAPES)), np.float32), np.zeros((0, len(EVENTS)), np.float32)
        outputs = torch.cat(pieces)
        shapes, events = outputs[:, : len(SHAPES)], outputs[:, len(SHAPES) :].sigmoid()
        return np.asarray(shapes.clamp(min=0).numpy()), np.asarray(events.numpy())
