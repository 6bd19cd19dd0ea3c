"""Wav2Lip checkpoints with random weights, in the public format."""

from pathlib import Path
from typing import Any

from avatar.faces.wav2lip.layers import shapes


def random_tensors(seed: int = 1) -> dict[str, Any]:
    """Weights that let signals through at about their own strength, so that what is made depends on what is seen."""
    import torch

    source = torch.Generator().manual_seed(seed)
    tensors: dict[str, Any] = {}
    for name, shape in shapes().items():
        if name.endswith("num_batches_tracked"):
            tensors[name] = torch.tensor(0)
        elif len(shape) == 4:
            last = name == "output_block.1.weight"
            spread = (8 if last else 1.6) / (shape[1] * shape[2] * shape[3]) ** 0.5
            tensors[name] = torch.randn(shape, generator=source) * spread
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
