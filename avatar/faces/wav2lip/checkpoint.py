"""Public Wav2Lip checkpoints, brought by the user: pinned, read without running code, checked tensor by tensor."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from avatar.canonical import digest_of_file
from avatar.errors import InputError, WeightsError
from avatar.faces.wav2lip.layers import shapes
from avatar.weights import changed, weights_folder


def checkpoint_at(name: str, sha256: str) -> Path:
    """Return the checkpoint file *name* of the weights folder, once its digest is *sha256*.

    Raises:
        InputError: ``weights.path`` or ``weights.not-pinned``.
        WeightsError: ``weights.missing`` or ``weights.altered``.
    """
    place = PurePosixPath(name)
    if place.is_absolute() or ".." in place.parts or not place.parts:
        raise InputError(f"checkpoint: {name!r} is not in the weights folder; name a file in it", code="weights.path")
    path = weights_folder() / place
    if not path.is_file():
        raise WeightsError(
            f"checkpoint: no file at {path}; put a Wav2Lip generator there (wav2lip.pth or wav2lip_gan.pth)",
            code="weights.missing",
        )
    found = _digest(path, changed(path))
    if not sha256:
        raise InputError(
            f"checkpoint: {name} is not pinned; if you trust where it came from, set checkpoint_sha256: {found}",
            code="weights.not-pinned",
        )
    if found != sha256:
        raise WeightsError(
            f"checkpoint: {path} hashes to {found[:12]}… instead of {sha256[:12]}…; bring the original file again",
            code="weights.altered",
        )
    return path


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


@lru_cache(maxsize=16)
def _digest(path: Path, _changed: tuple[int, int, int]) -> str:
    return digest_of_file(path)


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
