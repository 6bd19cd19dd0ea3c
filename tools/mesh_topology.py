"""Make ``avatar/faces/topology.npz``: the triangles of the 468-point face mesh.

    pip download --no-deps mediapipe==0.10.21
    python tools/mesh_topology.py mediapipe-0.10.21-*.whl avatar/faces/topology.npz

The wheel (Apache-2.0) lists the edges of the mesh in its ``face_mesh_connections.py``, three at a time, one triangle
after the other: 852 triangles of skin. The eyes and the mouth are left open there; they are filled here by strips
between the upper and the lower contour (28 and 18 triangles), which makes the 898 of the canonical mesh. All corners
run clockwise as seen in a picture of the face from before.
"""

import ast
import sys
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np

_SOURCE = "mediapipe/python/solutions/face_mesh_connections.py"
_RIGHT_EYE = ((246, 161, 160, 159, 158, 157, 173), (7, 163, 144, 145, 153, 154, 155), (33, 133))
_LEFT_EYE = ((398, 384, 385, 386, 387, 388, 466), (382, 381, 380, 374, 373, 390, 249), (362, 263))
_MOUTH = ((191, 80, 81, 82, 13, 312, 311, 310, 415), (95, 88, 178, 87, 14, 317, 402, 318, 324), (78, 308))

Triangle = tuple[int, int, int]
Contour = tuple[tuple[int, ...], tuple[int, ...], tuple[int, int]]


def skin(source: str) -> list[Triangle]:
    """Return the triangles that *source* lists edge by edge."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "FACEMESH_TESSELATION":
            assert isinstance(node.value, ast.Call)
            edges = ast.literal_eval(node.value.args[0])
            return [corners(*edges[i : i + 3]) for i in range(0, len(edges), 3)]
    raise SystemExit("no FACEMESH_TESSELATION in that wheel")


def corners(*edges: tuple[int, int]) -> Triangle:
    """Return the corners of the triangle that three *edges* close, clockwise on a face seen from before."""
    (a, b), (c, d), (e, f) = edges
    assert (b, d, f) == (c, e, a), edges
    return a, e, c


def filling(contour: Contour) -> list[Triangle]:
    """Return the strip of triangles between the upper and the lower line of *contour*, corners included."""
    upper, lower, (first, last) = contour
    strip = [(first, upper[0], lower[0]), (last, lower[-1], upper[-1])]
    for (a, b), (c, d) in zip(pairwise(upper), pairwise(lower), strict=True):
        strip += [(a, b, c), (b, d, c)]
    return strip


def main(wheel: str, target: str) -> None:
    """Write the topology found in *wheel* to *target*."""
    with zipfile.ZipFile(wheel) as archive:
        triangles = skin(archive.read(_SOURCE).decode())
    with Path(target).open("wb") as file:
        np.savez_compressed(
            file,
            skin=np.array(triangles, np.int16),
            eyes=np.array(filling(_RIGHT_EYE) + filling(_LEFT_EYE), np.int16),
            mouth=np.array(filling(_MOUTH), np.int16),
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
