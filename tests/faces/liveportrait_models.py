"""LivePortrait models with random weights, in the public format: names and shapes from ``tensors.json``."""

import json
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

DATA = Path(__file__).parent.parent / "data" / "liveportrait"
_SMALL = ("fc_scale", "fc_t", "fc_exp", "retarget_")  # layers whose outputs move points a little


def public_shapes() -> dict[str, dict[str, tuple[int, ...]]]:
    """The tensors of each file, by name; parts of a file as ``part.name``."""
    stored = json.loads((DATA / "tensors.json").read_text())
    return {file: {name: tuple(shape) for name, shape in tensors.items()} for file, tensors in stored.items()}


def random_tensors(file: str, seed: int = 1) -> dict[str, Any]:
    """Weights that keep signals at about one strength, the same ones on any machine."""
    import torch

    made: dict[str, Any] = {}
    for name, shape in public_shapes()[file].items():
        if name.endswith(("_u", "_v")):
            continue
        random = np.random.default_rng([seed, zlib.crc32(f"{file}/{name}".encode())])
        drawn = torch.from_numpy(random.standard_normal(shape, np.float32)) if shape else torch.tensor(0)
        made[name] = _scaled(name, shape, drawn)
        if name.endswith("_orig"):
            made |= _bound(name.removesuffix("_orig"), made[name])
    return made


def save_model(folder: Path, seed: int = 1) -> Path:
    """Save all five files below *folder*, as the public code does."""
    import torch

    for file in public_shapes():
        tensors = random_tensors(file, seed)
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        torch.save(in_parts(tensors) if file.startswith("retargeting") else tensors, folder / file)
    return folder


def in_parts(tensors: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The parts of the last file, each as training on several GPUs leaves it."""
    parts: dict[str, dict[str, Any]] = {}
    for name, tensor in tensors.items():
        part, rest = name.split(".", 1)
        parts.setdefault(part, {})[f"module.{rest}"] = tensor
    return parts


def _scaled(name: str, shape: tuple[int, ...], drawn: Any) -> Any:
    if name.endswith("num_batches_tracked"):
        return drawn
    if ".grn." in name:
        return drawn * 0.3
    if name.endswith("fc_scale.bias"):
        return drawn * 0.05 + 1.2
    if len(shape) > 1:
        small = any(part in name for part in _SMALL)
        return drawn * (0.03 if small else 0.3 if "fc_kp" in name else 1.3) / float(np.prod(shape[1:])) ** 0.5
    if name.endswith(("running_var", "weight")):
        return 1 + 0.2 * drawn.tanh()
    return drawn * 0.1


def _bound(name: str, weight: Any) -> dict[str, Any]:
    """The directions in which a weight stretches most, nearly: what training leaves beside it."""
    flat = weight.flatten(1)
    v = (flat.T @ flat.new_ones(len(flat))) / float((flat.T @ flat.new_ones(len(flat))).norm())
    u = (flat @ v) / float((flat @ v).norm())
    return {f"{name}_u": u, f"{name}_v": v}


@pytest.fixture(scope="module")
def public_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A weights folder with a whole model of random weights in it: half a gigabyte, so it is removed."""
    folder = tmp_path_factory.mktemp("weights")
    save_model(folder / "liveportrait")
    yield folder
    shutil.rmtree(folder)
