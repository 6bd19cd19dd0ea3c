"""The head surround mesh: rings of points outside the face oval that follow the head with a radial falloff.

Hair and ears go with the head, the neck bends, the shoulders and the background stay.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.faces.geometry.blendshapes import Floats
from avatar.faces.geometry.rig import Pose, Rig
from avatar.faces.geometry.topology import OVAL, topology
from avatar.media.frames import Landmarks

# Of each ring: its distance, as a fraction of the way from "moves with the head" to "stays", and its share of motion.
_RING_FALLOFF: Final = ((0.0, 1.0), (0.25, 0.84), (0.5, 0.5), (0.75, 0.16), (1.0, 0.0))
# In eye distances, from the pivot forward to the ears: with more, a turned jaw frays; with less, hair lags.
_EAR_DEPTH: Final = 0.7
_RING_POINTS = len(OVAL)
# The mouth first and the skin over it: where thin triangles touch, lips must not show what lies between them.
_FACE_TRIANGLES: Final = np.concatenate([topology().mouth, topology().eyes, topology().skin])
# The edge of the face is seen from its side, in slivers: whatever is drawn later is surer than they are.
_IS_OVAL_TRIANGLE: Final = np.isin(_FACE_TRIANGLES, OVAL).any(axis=1)


@dataclass(frozen=True, eq=False)
class HeadSurround:
    """The rings around one rig: points (n, 3; pixels) at *rest*, and their shares (n,) of *head* and *jaw* motion."""

    rest: Floats
    head: Floats
    jaw: Floats
    triangles: NDArray[np.int64]  # of the mesh and of the rings, points numbered from 0 (mesh) and 468 (rings)
    close: NDArray[np.int64]  # of the mesh and the two rings next to it
    outer: NDArray[np.int64]  # of the rings and the edge of the mesh

    @classmethod
    def of(cls, rig: Rig) -> "HeadSurround":
        """Return the rings around the resting mesh of *rig*."""
        oval = rig.rest[list(OVAL)]
        centre = (rig.rest[10] + rig.rest[152]) / 2
        ray = oval - centre
        radius = np.linalg.norm(ray[:, :2], axis=1)
        down = (ray[:, :2] / radius[:, None]) @ _down_axis(rig)
        with_head, stays = _ring_scales(down)
        jaw_fade = np.clip(down, 0, 1)
        ears = rig.pivot[2] - np.float32(_EAR_DEPTH * rig.unit)
        points, head, jaw = [], [], []
        # One ring close to the oval for the skin under the jaw, then the fading ones.
        for part, share in ((-0.5, 1.0), *_RING_FALLOFF):
            scale = 1 + (with_head - 1) * 0.5 if part < 0 else with_head + (stays - with_head) * part
            ring = centre + ray * scale[:, None]
            # Behind the oval the head curves away from the camera, to the depth of the ears.
            ring[:, 2] = oval[:, 2] + (ears - oval[:, 2]) * np.clip((scale - 1) / 0.2, 0, 1)
            points.append(ring)
            head.append(np.full(_RING_POINTS, share))
            jaw.append(np.clip(1 - (scale - 1) / 0.42, 0, 1) ** 1.5 * jaw_fade)
        return cls(
            np.concatenate(points).astype(np.float32),
            np.concatenate(head).astype(np.float32),
            np.concatenate(jaw).astype(np.float32),
            np.concatenate([_FACE_TRIANGLES, _band_triangles(1 + len(_RING_FALLOFF))]),
            np.concatenate(
                [_FACE_TRIANGLES[_IS_OVAL_TRIANGLE], _band_triangles(2), _FACE_TRIANGLES[~_IS_OVAL_TRIANGLE]]
            ),
            np.concatenate([_FACE_TRIANGLES[_IS_OVAL_TRIANGLE], _band_triangles(1 + len(_RING_FALLOFF))]),
        )

    def deform(self, rig: Rig, expressed: Landmarks, pose: Pose) -> Floats:
        """Return the ring points (n, 3; pixels) for the mesh *expressed* (468, 3) and the head *pose*."""
        bent = self.rest + self.jaw_displacement(expressed - rig.rest)
        turned = pose.apply(bent)
        return np.asarray(bent + (turned - bent) * self.head[:, None], np.float32)

    def jaw_displacement(self, shift: Floats) -> Floats:
        """Return the displacement (n, 3) of the ring points by the jaw, for mesh displacements *shift* (468, 3)."""
        follow = np.tile(shift[list(OVAL)], (len(self.rest) // _RING_POINTS, 1))
        return np.asarray(follow * self.jaw[:, None], np.float32)


def _down_axis(rig: Rig) -> Floats:
    axis = (rig.rest[152] - rig.rest[10])[:2]
    return np.asarray(axis / np.linalg.norm(axis), np.float32)


def _ring_scales(down: Floats) -> tuple[Floats, Floats]:
    """Return, per direction (-1 up to 1 down), the scale of the oval up to which all goes with the head / none does."""
    stops = (-1.0, -0.75, -0.2, 0.25, 0.7, 1.0)
    with_head = np.interp(down, stops, (2.6, 2.1, 1.3, 1.16, 1.06, 1.05))
    stays = np.interp(down, stops, (3.4, 3.2, 2.1, 1.75, 1.6, 1.62))
    return with_head.astype(np.float32), stays.astype(np.float32)


def _band_triangles(rings: int) -> NDArray[np.int64]:
    here = np.arange(_RING_POINTS)
    there = (here + 1) % _RING_POINTS
    bands = []
    for ring in range(rings):
        inner = np.array(OVAL) if ring == 0 else 468 + (ring - 1) * _RING_POINTS + here
        outer = 468 + ring * _RING_POINTS + here
        bands += [
            np.stack([inner, outer, outer[there]], axis=1),
            np.stack([inner, outer[there], inner[there]], axis=1),
        ]
    return np.concatenate(bands)
