"""The 52 ARKit blendshapes: their names, and the displacement of the 468 mesh points that each causes."""

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]  # an array of any shape; each function states the shape

NAMES: tuple[str, ...] = (
    *("browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff"),
    *("cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight"),
    *("eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight"),
    *("eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight"),
    *("mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel"),
    *("mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker"),
    *("mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper"),
    *("mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight"),
    *("mouthUpperUpLeft", "mouthUpperUpRight", "noseSneerLeft", "noseSneerRight", "tongueOut"),
)
INDEX: dict[str, int] = {name: index for index, name in enumerate(NAMES)}


def coefficients(**weights: float) -> Floats:
    """Return blendshape coefficients (52,) for *weights* of 0 to 1; a name without its side sets both sides.

    >>> float(coefficients(mouthSmile=0.5)[INDEX["mouthSmileLeft"]])
    0.5
    """
    values = np.zeros(len(NAMES), np.float32)
    for name, weight in weights.items():
        for full in (name,) if name in INDEX else (f"{name}Left", f"{name}Right"):
            values[INDEX[full]] = weight
    return values


@cache
def _stored() -> dict[str, Floats]:
    with files("avatar.faces").joinpath("data/arkit.npz").open("rb") as file, np.load(file) as arrays:
        return {name: arrays[name] for name in ("basis", "neutral")}


def basis() -> Floats:
    """Return the blendshape basis (52, 468, 3): point displacements at weight 1, in outer eye corner distances.

    x to the right of the picture, y down, z away from the camera; "Left" is the person's left, right in the picture.
    """
    return _stored()["basis"]


def neutral() -> Floats:
    """Return the mean resting face (468, 3), in the units and directions of ``basis``."""
    return _stored()["neutral"]
