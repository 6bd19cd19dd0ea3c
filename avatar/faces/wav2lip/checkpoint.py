"""Public Wav2Lip checkpoints, brought by the user: pinned, read without running code, checked tensor by tensor."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avatar.errors import WeightsError
from avatar.faces.wav2lip.layers import tensor_shapes
from avatar.models.checkpoint import read_state_dict, validate_state_dict
from avatar.models.pinned import resolve_pinned_file
from avatar.models.reference import ModelRef


def resolve_checkpoint(model: ModelRef) -> Path:
    """Return the checkpoint file of the weights folder that *model* names, its digest checked.

    Raises:
        InputError: when the path leaves the weights folder; code ``weights.path``; when no digest is given; code
            ``weights.not-pinned``.
        WeightsError: when a file is not there; code ``weights.missing``; when its digest is another; code
            ``weights.altered``.
    """
    return resolve_pinned_file(model, option="checkpoint", what="a Wav2Lip generator (wav2lip.pth or wav2lip_gan.pth)")


def read_checkpoint(path: Path) -> Mapping[str, Any]:
    """Return the tensors of the public checkpoint at *path* by name, float32 on the CPU.

    A checkpoint is what ``torch.save`` wrote of ``{"state_dict": {name: tensor}}``; names may begin with ``module.``,
    as several GPUs leave them. Only tensors are read: a file that would run code is refused.

    Raises:
        WeightsError: when it cannot be read as tensors; code ``weights.unreadable``; when it is another network; code
            ``weights.other-network``.
    """
    stored = read_state_dict(path)
    tensors = stored.get("state_dict") if isinstance(stored, dict) else None
    if not isinstance(tensors, dict):
        raise WeightsError(f"{path.name} has no 'state_dict'; bring a Wav2Lip generator", code="weights.other-network")
    named = {str(name).removeprefix("module."): tensor for name, tensor in tensors.items()}
    return validate_state_dict(
        named, tensor_shapes(), path.name, "a Wav2Lip generator for faces of 96 pixels (not a discriminator)"
    )
