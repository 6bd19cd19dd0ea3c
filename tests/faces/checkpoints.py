"""Wav2Lip checkpoints with random weights, in the public format."""

from pathlib import Path
from typing import Any

from avatar.faces.wav2lip.layers import generator_layers


def random_tensors(seed: int = 1) -> dict[str, Any]:
    """Weights that keep signals at about one strength, so that what is made depends on what is seen and heard."""
    import torch

    source = torch.Generator().manual_seed(seed)
    tensors: dict[str, Any] = {}
    for layer in generator_layers():
        taps = layer.inputs * layer.kernel**2 / (layer.stride[0] * layer.stride[1] if layer.kind == "up" else 1)
        gain = 4 if layer.last else 0.5 if layer.kind == "residual" else 1.4
        for name, shape in layer.shapes():
            if name.endswith("num_batches_tracked"):
                tensors[name] = torch.tensor(0)
            elif len(shape) == 4:
                tensors[name] = torch.randn(shape, generator=source) * gain / taps**0.5
            elif name.endswith(("running_var", "conv_block.1.weight")):
                tensors[name] = 0.8 + 0.4 * torch.rand(shape, generator=source)
            else:
                tensors[name] = torch.randn(shape, generator=source) * 0.1
    return tensors


def save_checkpoint(path: Path, tensors: dict[str, Any], prefix: str = "module.") -> Path:
    """Save *tensors* as training on several GPUs does."""
    import torch

    path.parent.mkdir(parents=True, exist_ok=True)
    named = {prefix + name: tensor for name, tensor in tensors.items()}
    torch.save({"state_dict": named, "optimizer": None, "global_step": 3, "global_epoch": 1}, path)
    return path
