"""Write ``tensors.json`` and ``drawn.json`` by running the public code: see the README beside this file."""

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.liveportrait import public_networks
from tests.faces.liveportrait_models import random_tensors

HERE = Path(__file__).parent
PROBES = 12  # numbers kept of each output


def probed(tensor: Any) -> list[float]:
    """Numbers spread evenly over *tensor*, the first and the last among them."""
    flat = tensor.flatten()
    places = [round(index * (len(flat) - 1) / (PROBES - 1)) for index in range(PROBES)]
    return [float(flat[place]) for place in places]


def given() -> tuple[Any, Any, Any, Any, Any]:
    """A picture, points of a portrait, points to bend it to, and openings of lips and eyes."""
    import torch

    axis = torch.linspace(0, 1, 128)
    picture = torch.stack(
        [axis[:, None] * axis, axis[:, None].expand(128, 128), (axis * 40).sin() * 0.5 + 0.5 * axis[:, None]]
    )
    number = torch.arange(63.0).reshape(1, 21, 3)
    points = (number * 1.7).sin() * 0.6
    return (
        picture[None].clamp(0, 1),
        points,
        points + (number * 0.9).cos() * 0.08,
        torch.tensor([[0.1, 0.3]]),
        torch.tensor([[0.3, 0.32, 0.1]]),
    )


def main() -> None:
    import torch

    networks = public_networks(Path(sys.argv[1]))
    shapes = {}
    for file, parts in networks.items():
        for part, network in parts.items():
            prefix = f"{part}." if part else ""
            found = {f"{prefix}{name}": list(tensor.shape) for name, tensor in network.state_dict().items()}
            shapes.setdefault(file, {}).update(found)
    lines = ",\n".join(
        f"{json.dumps(file)}: {{\n" + ",\n".join(f"{json.dumps(name)}: {shape}" for name, shape in each.items()) + "}"
        for file, each in shapes.items()
    )
    (HERE / "tensors.json").write_text(f"{{{lines}}}\n")

    for file, parts in networks.items():
        tensors = random_tensors(file)
        for part, network in parts.items():
            prefix = f"{part}." if part else ""
            network.load_state_dict(
                {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
            )
    (look,), (read,), (warp,), (draw,), small = (list(parts.values()) for parts in networks.values())
    picture, points, moved, lips, eyes = given()
    with torch.inference_mode():
        volume = look(picture)
        bent = warp(volume, kp_driving=moved, kp_source=points)["out"]
        flat = points.flatten(1)
        made = {
            "appearance": volume,
            **{f"motion {name}": value for name, value in read(picture).items()},
            "warping": bent,
            "generator": draw(bent),
            "shoulder": small[0](torch.cat([flat, moved.flatten(1)], dim=1)),
            "mouth": small[1](torch.cat([flat, lips], dim=1)),
            "eye": small[2](torch.cat([flat, eyes], dim=1)),
        }
    kept = {name: probed(tensor) for name, tensor in made.items()}
    (HERE / "drawn.json").write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
