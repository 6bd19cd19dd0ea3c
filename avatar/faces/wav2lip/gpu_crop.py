"""Faces cut out and laid back on a GPU, where the frames' pixels stay: what ``crop`` does, in torch."""

from typing import Any

from avatar.faces.wav2lip.crop import HALF_SIZE_PX, lower_half, paste_mask
from avatar.faces.wav2lip.generator import FACE_SIZE_PX
from avatar.media.frames import Box, Frame, Landmarks


def crop_face_on(frame: Frame, box: Box, device: str) -> Any:
    """Return the face of *frame* in *box* as the generator sees it: as ``crop.crop_face``, on the torch *device*."""
    import torch

    face = (
        _resize(frame.see_on(box, device).permute(2, 0, 1).float(), (FACE_SIZE_PX, FACE_SIZE_PX)).round().flip(0) / 255
    )
    seen = torch.cat((face, face))
    seen[:3, HALF_SIZE_PX:] = 0
    return seen


def paste_back_on(frame: Frame, box: Box, made: Any, landmarks: Landmarks) -> None:
    """Lay the lower face *made* (3, 48, 96) into *box* of *frame*: as ``crop.paste_back``, on its torch device."""
    import torch

    lower, device = lower_half(box), str(made.device)
    size = (lower.bottom - lower.top, lower.right - lower.left)
    patch = _resize((made.flip(0) * 255).floor(), size).round()
    share = _resize(torch.from_numpy(paste_mask(landmarks, box))[None].to(device), size)
    view = frame.edit_on(lower, device)
    view.copy_(torch.lerp(view.permute(2, 0, 1).float(), patch, share).round().byte().permute(1, 2, 0))


def _resize(picture: Any, size: tuple[int, int]) -> Any:
    """Return *picture* (channels, h, w) in another *size* (height, width), as OpenCV scales it."""
    from torch.nn import functional

    return functional.interpolate(picture[None], size, mode="bilinear", align_corners=False)[0]
