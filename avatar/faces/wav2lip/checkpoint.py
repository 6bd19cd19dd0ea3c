"""Public Wav2Lip checkpoints, brought by the user: pinned, read without running code, checked tensor by tensor."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avatar.brought import brought_file
from avatar.errors import WeightsError
from avatar.faces.wav2lip.layers import shapes


def checkpoint_at(name: str, sha256: str) -> Path:
    """Return the checkpoint file *name* of the weights folder, once its digest is *sha256*.

    Raises:
        InputError: ``weights.path`` or ``weights.not-pinned``.
        WeightsError: ``weights.missing`` or ``weights.altered``.
    """
    return brought_file(name, sha256, option="checkpoint", what="a Wav2Lip generator (wav2lip.pth or wav2lip_gan.pth)")


def read_checkpoint(path: Path) -> Mapping[str, Any]:
    """Return the tensors of the public checkpoint at *path* by name, float32 on the CPU.

    A checkpoint is what ``torch.save`` wrote of ``{"state_dict": {name: tensor}}``; names may begin with ``module.``,
    as several GPUs leave them. Only tensors are read: a file that would run code is refused.

    Raises: WeightsError, with code ``weights.unreadable`` or ``weights.other-network``.
    """
    import torch

    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # zip, pickle, storage: each breaks in its own way, and all mean the same
        raise WeightsError(
            f"{path.name} cannot be read as a checkpoint of tensors; bring the original file again",
            code="weights.unreadable",
        ) from error
    tensors = stored.get("state_dict") if isinstance(stored, dict) else None
    if not isinstance(tensors, dict):
        raise WeightsError(f"{path.name} has no 'state_dict'; bring a Wav2Lip generator", code="weights.other-network")
    named = {str(name).removeprefix("module."): tensor for name, tensor in tensors.items()}
    _check(named, path.name)
    return named


def _check(tensors: Mapping[str, Any], file: str) -> None:
    wanted = shapes()
    lacking = [name for name in wanted if name not in tensors]
    if lacking:
        raise WeightsError(
            f"{file} lacks {len(lacking)} of {len(wanted)} tensors, {lacking[0]} among them; bring a Wav2Lip generator "
            "(not a discriminator, and not another size)",
            code="weights.other-network",
        )
    for name, shape in wanted.items():
        found = tuple(getattr(tensors[name], "shape", ("no tensor",)))
        if found != shape:
            raise WeightsError(
                f"{file}: {name} is {found} instead of {shape}; bring a Wav2Lip generator for faces of 96 pixels",
                code="weights.other-network",
            )
