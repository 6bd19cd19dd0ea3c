"""Make ``avatar/faces/data/arkit.npz`` from a raw transfer of MakeHuman's CC0 face units to the mesh (dev-time).

Usage: python tools/arkit_basis.py RAW.npz LANDMARKS.npz OUT.npz

RAW holds ``B`` (52, 468, 3), ``names`` and ``neutral``: each mesh point took the displacement of the nearest vertex in
front view, so some points (the inner upper lip among them) caught a vertex of the throat or of an ear. LANDMARKS holds
frontal resting faces (468, 3) as the landmarker sees them; their mean, made symmetric, says where each point truly is.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from avatar.faces.geometry.blendshapes import NAMES
from avatar.faces.geometry.topology import LEFT_EYE, LIPS_INNER, LIPS_OUTER, OVAL, RIGHT_EYE, topology

Array = NDArray[np.float64]
# The row next to the inner lips.
_MIDDLE = (183, 42, 41, 38, 12, 268, 271, 272, 407, 325, 319, 403, 316, 15, 86, 179, 89, 96)
_LOWER = [*LIPS_INNER[11:], *_MIDDLE[9:]]
# How far down the rim of both lips goes with a pucker, from the middle outwards: the opening becomes small and round.
_UPPER_PUCKER = {(13,): 0.033, (82, 312): 0.032, (81, 311): 0.024, (80, 310): 0.012, (12, 38, 268): 0.016}
_LOWER_PUCKER = {(14,): 0.016, (87, 317): 0.012, (178, 402): -0.006, (88, 318): -0.01, (15, 86, 316): 0.006}
_LOST = 0.25  # eye distances from its true place: a point beyond it caught the wrong surface


def _upright(points: Array) -> Array:
    """Move *points* so that the middle of the eyes is the origin and the outer corners are 1 apart."""
    axis = points[263] - points[33]
    x, y = axis[:2] / np.linalg.norm(axis[:2])
    turned = (points - (points[33] + points[263]) / 2) @ np.array([[x, -y, 0], [y, x, 0], [0, 0, 1]])
    return np.asarray(turned / np.linalg.norm(axis[:2]))


def _mirror(face: Array) -> NDArray[np.int64]:
    distance = np.linalg.norm(face[:, None] - face[None] * (-1, 1, 1), axis=2)
    pairs = linear_sum_assignment(distance**2)[1]
    assert (pairs[pairs] == np.arange(len(face))).all()
    return np.asarray(pairs)


def _neighbours() -> Array:
    """Return the (468, 468) weights that average a point's neighbours along the skin."""
    joined = np.zeros((468, 468))
    for a, b in ((0, 1), (1, 2), (2, 0)):
        joined[topology().skin[:, a], topology().skin[:, b]] = 1
    return np.asarray(np.maximum(joined, joined.T))


def _filled(values: Array, lost: NDArray[np.bool_], joined: Array) -> Array:
    values, known = values.copy(), ~lost
    while not known.all():
        reach = joined[:, known]
        ready = ~known & (reach.sum(axis=1) > 0)
        mean = np.einsum("pk,kcd->pcd", reach[ready], values[known]) / reach[ready].sum(axis=1)[:, None, None]
        values[ready] = mean
        known = known | ready
    return values


def _smooth(values: Array, joined: Array) -> Array:
    fine = np.isin(np.arange(468), LIPS_INNER + LIPS_OUTER + LEFT_EYE + RIGHT_EYE)
    weights = joined / joined.sum(axis=1, keepdims=True)
    for _ in range(2):
        mean = np.einsum("pq,qcd->pcd", weights, values)
        values = np.where(fine[:, None, None], values, (values + mean) / 2)
    return values


def _seen_rim(values: Array, face: Array) -> Array:
    """Keep the rim that is seen: the vertices of the inner lips roll outwards, which in front view opens the mouth.

    In ray-traced frames with known weights the seen rim moves about a quarter as far with a funnel, and keeps the lower
    lip as thick as it was when the jaw drops; a pucker keeps the lower border and closes the sides.
    """
    rows = list(LIPS_INNER + _MIDDLE)
    values[rows, NAMES.index("mouthFunnel"), 1] *= 0.25
    values[_LOWER, NAMES.index("jawOpen"), 1] *= 0.85
    pucker = NAMES.index("mouthPucker")
    below = np.setdiff1d(np.flatnonzero(face[:, 1] > face[14, 1]), _LOWER)
    values[below, pucker, 1] *= 0.15  # the lower lip turns outwards as it is pushed up: its border stays
    for points, drop in (*_UPPER_PUCKER.items(), *_LOWER_PUCKER.items()):
        values[list(points), pucker, 1] = drop
    return values


def _symmetric(values: Array, pairs: NDArray[np.int64]) -> Array:
    swap = {"Left": "Right", "Right": "Left"}
    other = [next((name.removesuffix(s) + o for s, o in swap.items() if name.endswith(s)), name) for name in NAMES]
    columns = [NAMES.index(name) for name in other]
    return np.asarray((values + values[pairs][:, columns] * (-1, 1, 1)) / 2)


def main(raw: Path, landmarks: Path, out: Path) -> None:
    """Write the repaired basis and the mean face."""
    with np.load(raw) as given, np.load(landmarks) as seen:
        assert tuple(given["names"]) == NAMES
        values = given["B"].transpose(1, 0, 2).astype(float)
        place, faces = given["neutral"].astype(float), [_upright(seen[key].astype(float)) for key in seen]
    face = np.mean(faces, axis=0)
    pairs = _mirror(face)
    face = (face + face[pairs] * (-1, 1, 1)) / 2
    rigid = np.setdiff1d(np.arange(468), OVAL)
    place = place + np.median((face - place)[rigid], axis=0)
    lost = np.linalg.norm(place - face, axis=1) > _LOST
    joined = _neighbours()
    repaired = _seen_rim(_filled(values, lost, joined), face)
    basis = _smooth(_symmetric(repaired, pairs), joined)
    np.savez_compressed(
        out, basis=basis.transpose(1, 0, 2).astype(np.float32).round(4), neutral=face.astype(np.float32).round(4)
    )


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
