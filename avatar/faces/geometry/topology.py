"""The 468-point face mesh: its triangles, and which points trace the oval, the lips, the eyes and the brows.

"Right" and "left" are the person's own: the right eye is at the left of the picture. The triangles come from
``topology.npz``, which ``tools/mesh_topology.py`` makes.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

MESH_POINTS: Final = 468  # landmarks of the face mesh

# Closed contours, each point once, clockwise in the picture from its left end (the oval: from the top).
OVAL: Final = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
LIPS_OUTER: Final = (
    *(61, 185, 40, 39, 37, 0, 267, 269, 270, 409),
    *(291, 375, 321, 405, 314, 17, 84, 181, 91, 146),
)
LIPS_INNER: Final = (
    *(78, 191, 80, 81, 82, 13, 312, 311, 310, 415),
    *(308, 324, 318, 402, 317, 14, 87, 178, 88, 95),
)
RIGHT_EYE: Final = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
LEFT_EYE: Final = (362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382)
RIGHT_BROW: Final = (46, 70, 63, 105, 66, 107, 55, 65, 52, 53)
LEFT_BROW: Final = (285, 336, 296, 334, 293, 300, 276, 283, 282, 295)


@dataclass(frozen=True)
class Topology:
    """Triangles as (n, 3) point numbers: 852 of *skin*, 28 that fill the *eyes*, 18 that fill the *mouth*.

    Corners run clockwise in a picture of a face that looks at the camera.
    """

    skin: NDArray[np.int64]
    eyes: NDArray[np.int64]
    mouth: NDArray[np.int64]


@cache
def topology() -> Topology:
    """Return the triangles of the mesh."""
    with files("avatar.faces").joinpath("data/topology.npz").open("rb") as file, np.load(file) as stored:
        return Topology(*(stored[name].astype(np.int64) for name in ("skin", "eyes", "mouth")))


def eye_distance(landmarks: NDArray[np.floating]) -> float:
    """Return the distance in pixels between the middles of the eyes of *landmarks* (468, >=2)."""
    across = (landmarks[362, :2] + landmarks[263, :2]) / 2 - (landmarks[33, :2] + landmarks[133, :2]) / 2
    return float(np.sqrt(across.dot(across)))
