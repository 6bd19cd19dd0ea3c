"""Public LivePortrait checkpoints, brought by the user: read without running code, checked tensor by tensor."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from avatar.errors import WeightsError
from avatar.models.checkpoint import read_state_dict, validate_state_dict

# As the public folder has them, each with the network that it holds.
APPEARANCE: Final = "base_models/appearance_feature_extractor.pth"
MOTION: Final = "base_models/motion_extractor.pth"
WARPING: Final = "base_models/warping_module.pth"
GENERATOR: Final = "base_models/spade_generator.pth"
RETARGETING: Final = "retargeting_models/stitching_retargeting_module.pth"
CHECKPOINT_FILES: Final = (APPEARANCE, MOTION, WARPING, GENERATOR, RETARGETING)

_MODEL_NAME = "the public LivePortrait model for humans"
# The layers of the generator whose weights are stored with their largest stretch (Miyato et al. 2018) beside them.
_SPECTRAL_NORM_WEIGHTS = (".conv_0.weight", ".conv_1.weight", ".conv_s.weight")


def build_networks() -> dict[str, Any]:
    """Return the five networks by file, without weights and without memory for them."""
    import torch

    from avatar.faces.liveportrait.appearance import AppearanceExtractor
    from avatar.faces.liveportrait.generator import SpadeGenerator
    from avatar.faces.liveportrait.motion import MotionExtractor
    from avatar.faces.liveportrait.retargeting import StitchingRetargeting
    from avatar.faces.liveportrait.warping import WarpingModule

    with torch.device("meta"):
        return dict(
            zip(
                CHECKPOINT_FILES,
                (AppearanceExtractor(), MotionExtractor(), WarpingModule(), SpadeGenerator(), StitchingRetargeting()),
                strict=True,
            )
        )


def tensor_shapes(file: str, network: Any) -> dict[str, tuple[int, ...]]:
    """Return the shape of each tensor of the checkpoint *file* of *network*, by name."""
    return dict(_stored_shapes(file, {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}))


def load_network(file: str, network: Any, folder: Path, device: str) -> Any:
    """Return *network* with the tensors of *file* in *folder*, on *device*, ready to work.

    Raises:
        WeightsError: when it cannot be read as tensors; code ``weights.unreadable``; when it is another network; code
            ``weights.other-network``.
    """
    tensors = validate_state_dict(
        _named_tensors(file, read_state_dict(folder / file)), tensor_shapes(file, network), Path(file).name, _MODEL_NAME
    )
    network.load_state_dict(_fold_spectral_norm(tensors, network.state_dict()), assign=True)
    return network.to(device).eval().requires_grad_(False)


def _named_tensors(file: str, stored: Any) -> Mapping[str, Any]:
    """Return the tensors in *stored*, the content of *file*, under one name each."""
    if file == RETARGETING and isinstance(stored, dict):
        parts = {part: tensors for part, tensors in stored.items() if isinstance(tensors, dict)}
        stored = {f"{part}.{name}": tensor for part, each in parts.items() for name, tensor in each.items()}
        # As training on several GPUs leaves them.
        return {name.replace(".module.", "."): tensor for name, tensor in stored.items()}
    if not isinstance(stored, dict):
        raise WeightsError(
            f"{Path(file).name} holds no tensors by name; bring {_MODEL_NAME}", code="weights.other-network"
        )
    return {str(name).removeprefix("module."): tensor for name, tensor in stored.items()}


def _stored_shapes(file: str, made: Mapping[str, tuple[int, ...]]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Give the name and shape of what is stored for each tensor of a network, in place of those that are bound."""
    for name, shape in made.items():
        if file == GENERATOR and name.endswith(_SPECTRAL_NORM_WEIGHTS):
            yield f"{name}_orig", shape
            yield f"{name}_u", shape[:1]
            yield f"{name}_v", (shape[1] * shape[2] * shape[3],)
        else:
            yield name, shape


def _fold_spectral_norm(tensors: Mapping[str, Any], made: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tensors that a network has, bound weights divided by their largest stretch."""
    folded = {}
    for name in made:
        if name in tensors:
            folded[name] = tensors[name].to(made[name].dtype)
        else:
            weight, u, v = (tensors[f"{name}_{part}"].float() for part in ("orig", "u", "v"))
            folded[name] = weight / (u @ (weight.flatten(1) @ v))
    return folded
