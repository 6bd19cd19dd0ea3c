"""LivePortrait beside the public code, with the same random weights: the same numbers, and what a frame costs.

``python -m benchmarks.liveportrait --peer CHECKOUT [--json FILE]``, CHECKOUT being a copy of
github.com/KwaiVGI/LivePortrait. Only its networks are run. Costs are processor seconds of one thread at full size,
medians of rounds interleaved. It takes some minutes on a processor.
"""

import importlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from avatar.faces.liveportrait.checkpoint import (
    APPEARANCE,
    GENERATOR,
    MOTION,
    RETARGETING,
    WARPING,
    build_networks,
    load_network,
)
from benchmarks.rows import Row, options_with, show

_ROUNDS = 3
_SIDE = 256  # pixels
_LEVELS = 255


def main() -> None:
    """Compare, then measure, then show."""
    import torch

    torch.set_num_threads(1)
    asked = options_with(__doc__, peer="a checkout of the public code")
    theirs = public_networks(asked.peer)
    _settle(theirs)
    with tempfile.TemporaryDirectory() as folder:
        _save(theirs, Path(folder))
        ours = {file: load_network(file, network, Path(folder), "cpu") for file, network in build_networks().items()}
    with torch.inference_mode():
        show(list(_rows(ours, theirs)), asked.json)


def public_networks(checkout: Path) -> dict[str, dict[str, Any]]:
    """Return the networks of the public code in *checkout*, by file and by part of it, sized as its configuration."""
    import yaml

    sys.path.insert(0, str(checkout))
    sizes = yaml.safe_load((checkout / "src" / "config" / "models.yaml").read_text())["model_params"]
    modules = importlib.import_module("src.modules.appearance_feature_extractor")
    look = modules.AppearanceFeatureExtractor(**sizes["appearance_feature_extractor_params"])
    read = importlib.import_module("src.modules.motion_extractor").MotionExtractor(**sizes["motion_extractor_params"])
    warp = importlib.import_module("src.modules.warping_network").WarpingNetwork(**sizes["warping_module_params"])
    draw = importlib.import_module("src.modules.spade_generator").SPADEDecoder(**sizes["spade_generator_params"])
    small = importlib.import_module("src.modules.stitching_retargeting_network").StitchingRetargetingNetwork
    parts = sizes["stitching_retargeting_module_params"]
    made = {
        APPEARANCE: {"": look},
        MOTION: {"": read},
        WARPING: {"": warp},
        GENERATOR: {"": draw},
        RETARGETING: {
            "retarget_shoulder": small(**parts["stitching"]),
            "retarget_mouth": small(**parts["lip"]),
            "retarget_eye": small(**parts["eye"]),
        },
    }
    return {file: {name: network.eval() for name, network in each.items()} for file, each in made.items()}


def _settle(theirs: dict[str, dict[str, Any]]) -> None:
    """Give normalisations random statistics and responses: as they are made, they change nothing."""
    import torch

    source = torch.Generator().manual_seed(1)
    for network in (each for parts in theirs.values() for each in parts.values()):
        for name, tensor in network.state_dict().items():
            if name.endswith("running_mean") or ".grn." in name:
                tensor.copy_(torch.randn(tensor.shape, generator=source) * 0.3)
            elif name.endswith("running_var"):
                tensor.copy_(torch.rand(tensor.shape, generator=source) + 0.5)


def _save(theirs: dict[str, dict[str, Any]], folder: Path) -> None:
    import torch

    for file, parts in theirs.items():
        (folder / file).parent.mkdir(exist_ok=True)
        named = {
            part: {f"module.{name}" if part else name: tensor for name, tensor in network.state_dict().items()}
            for part, network in parts.items()
        }
        torch.save(named.get("", named), folder / file)


def _rows(ours: dict[str, Any], theirs: dict[str, dict[str, Any]]) -> Iterator[Row]:
    import torch

    source = torch.Generator().manual_seed(2)
    picture = torch.rand(1, 3, _SIDE, _SIDE, generator=source)
    points = torch.rand(1, 21, 3, generator=source) * 1.4 - 0.7
    moved = points + torch.randn(1, 21, 3, generator=source) * 0.1
    look, read, warp, draw = (theirs[file][""] for file in (APPEARANCE, MOTION, WARPING, GENERATOR))
    volume, motion = look(picture), read(picture)
    yield _apart("appearance", ours[APPEARANCE](picture), volume)
    yield from (_apart(f"motion, {name}", value, motion[name]) for name, value in ours[MOTION](picture).items())
    bent = warp(volume, kp_driving=moved, kp_source=points)["out"]
    prepared = ours[WARPING].source(volume, points)
    own = ours[WARPING](prepared, moved)
    yield _apart("warping", own, bent)
    drawn = draw(bent)
    yield _apart("generator", ours[GENERATOR](bent), drawn)
    written = (ours[GENERATOR](own) * _LEVELS - drawn * _LEVELS).abs()
    yield Row("a frame: largest difference", float(written.max()), "of 255")
    yield Row("a frame: mean difference", float(written.mean()), "of 255")
    contenders = {
        "ours": lambda: ours[GENERATOR](ours[WARPING](prepared, moved)),
        "public code": lambda: draw(warp(volume, kp_driving=moved, kp_source=points)["out"]),
    }
    spent: dict[str, list[float]] = {}
    for _ in range(_ROUNDS):
        for name, frame in contenders.items():
            spent.setdefault(name, []).append(_cost(frame))
    yield from (Row(name, median(each), "CPU-s/frame") for name, each in spent.items())


def _apart(name: str, made: Any, wanted: Any) -> Row:
    apart = float((made - wanted).abs().max() / wanted.abs().max())
    return Row(f"{name}: largest difference", apart * 1e6, "millionths of the largest")


def _cost(frame: Callable[[], Any]) -> float:
    start = time.process_time()
    frame()
    return time.process_time() - start


if __name__ == "__main__":
    main()
