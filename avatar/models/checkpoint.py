"""Tensors from checkpoint files that a user brings: read without running code, held to their names and shapes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avatar.errors import WeightsError


def read_state_dict(path: Path) -> Any:
    """Return what ``torch.save`` wrote to *path*: tensors, by name or in dictionaries, on the CPU.

    Only tensors are read: a file that would run code is refused.

    Raises:
        WeightsError: when the file cannot be read as tensors; code ``weights.unreadable``.
    """
    import torch

    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # zip, pickle, storage: each breaks in its own way, and all mean the same
        raise WeightsError(
            f"{path.name} cannot be read as a checkpoint of tensors; bring the original file again",
            code="weights.unreadable",
        ) from error


def validate_state_dict(
    tensors: Mapping[str, Any], wanted: Mapping[str, tuple[int, ...]], file: str, what: str
) -> Mapping[str, Any]:
    """Return *tensors*, once all that are *wanted* are among them in their shapes; *what* says what to bring.

    Raises:
        WeightsError: when one is missing or has another shape; code ``weights.other-network``.
    """
    lacking = [name for name in wanted if name not in tensors]
    if lacking:
        raise WeightsError(
            f"{file} lacks {len(lacking)} of {len(wanted)} tensors, {lacking[0]} among them; bring {what}",
            code="weights.other-network",
        )
    for name, shape in wanted.items():
        found = tuple(getattr(tensors[name], "shape", ("no tensor",)))
        if found != shape:
            raise WeightsError(
                f"{file}: {name} is {found} instead of {shape}; bring {what}", code="weights.other-network"
            )
    return tensors
