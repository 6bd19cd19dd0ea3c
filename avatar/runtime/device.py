"""Where networks run: a GPU where there is one, and it is not declined."""

from typing import Literal

from avatar.errors import InputError

Device = Literal["auto", "cpu", "cuda"]


def resolve_device(device: Device) -> str:
    """Return the torch device for *device*: ``auto`` is a GPU where there is one.

    Raises:
        InputError: ``device.no-gpu``.
    """
    import torch

    found = torch.cuda.is_available()
    if device == "cuda" and not found:
        raise InputError("device is 'cuda', and this machine has no GPU; choose 'cpu' or 'auto'", code="device.no-gpu")
    return "cuda" if found and device != "cpu" else "cpu"
