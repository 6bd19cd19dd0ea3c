"""Give the mouths in a stream of frames the shapes of a speech, and leave everything else alone."""

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

import numpy as np

from avatar.faces.drawing.warp_field import warp_field as field_of
from avatar.faces.features.mouth import Mouth
from avatar.faces.geometry.blendshapes import INDEX, NAMES, Floats, basis
from avatar.faces.geometry.head_surround import HeadSurround
from avatar.faces.geometry.lip_line import LOWER_INNER_LIP, UPPER_INNER_LIP, central_lip_gap
from avatar.faces.geometry.rig import Pose, PosedFace, Rig, rigid_points
from avatar.faces.geometry.topology import LIPS_INNER, LIPS_OUTER
from avatar.media.frames import Box, Format, Frame, Landmarks, Pixels

_LIP_POINTS: Final = list(LIPS_OUTER + LIPS_INNER)
_UPPER_INNER, _LOWER_INNER = list(UPPER_INNER_LIP), list(LOWER_INNER_LIP)
# In distances of the outer eye corners: lips nearer than this to their shape are left as they are.
_MIN_LIP_MOTION: Final = 0.004
_MAX_PAINTED_DIFFERENCE: Final = 12.0  # mean difference in levels below which the mouth is already painted
_MIN_TELLING_GAP_MM: Final = 2.0  # millimetres: lips this far apart show whether the inside of the mouth is there
_MAX_PAINTED_MOUTHS: Final = (
    5  # such mouths in a row that had theirs: whoever draws this face draws it, and need not be looked at
)
_REPORTED_CLOSED_GAP: Final = 0.016  # eye distances: what a landmark network reports between closed lips
_REST_UPDATE_RATE: Final = 0.02  # share of the newest frame in the running resting face
_REST_GAP_SCALE: Final = 0.05  # eye distances: lips this far apart say little about the resting face


@cache
def _mouth_weights() -> Floats:
    """Return how much (468, 0 to 1) each point belongs to the mouth and the jaw: what speech moves, it may move."""
    speech = [i for i, name in enumerate(NAMES) if name.startswith(("jaw", "mouth"))]
    reach = np.linalg.norm(basis()[speech], axis=2).max(axis=0)
    share = np.clip((reach - 0.03) / 0.09, 0, 1)
    share[_LIP_POINTS] = 1
    return np.asarray(share * share * (3 - 2 * share), np.float32)


@dataclass(eq=False)
class MouthWarper:
    """Refines frame after frame; what it must know of the person it learns from the frames that have passed.

    The resting face: footage whose maker knows where the face is (an animator) begins in the resting pose, by contract,
    so its first face is taken as it is. Footage that was looked at may begin anywhere: each frame's face is brought to
    the pose of the first, its mouth closed, and a running mean kept in which nearly closed mouths count most.
    """

    format: Format
    _rig: Rig | None = field(default=None, init=False)
    _mouth: Mouth | None = field(default=None, init=False)
    _surround: HeadSurround | None = field(default=None, init=False)
    _painted_in_a_row: int = field(
        default=0, init=False
    )  # open mouths in a row that whoever drew them had drawn inside, too

    def warp(self, frame: Frame, coefficients: Floats, *, looked_at: bool) -> None:
        """Bring the mouth of *frame* into the shape of *coefficients* (52,); without a face nothing is touched.

        *looked_at* says that the landmarks come from a network and not from whoever drew the face.
        """
        if frame.landmarks is None:
            return
        seen = _without_reported_gap(frame.landmarks) if looked_at else frame.landmarks
        rig, mouth, surround = self._fitted(frame, seen, looked_at)
        spoken = rig.apply_blendshapes(coefficients)
        pose = _head_pose(rig.rest, spoken, seen)
        wanted = pose.apply(spoken)
        shift = (wanted - seen) * _mouth_weights()[:, None]
        target = seen + shift
        moved = float(np.linalg.norm(shift[_LIP_POINTS, :2], axis=1).max()) > _MIN_LIP_MOTION * rig.unit * pose.scale
        if moved:
            self._warp_region(frame, surround, pose, (seen, target))
        if moved or looked_at or self._painted_in_a_row < _MAX_PAINTED_MOUTHS:
            shown = PosedFace(target, pose, coefficients)
            painted = _paint_interior(frame, self.format, mouth, shown)
            if not moved and mouth.gap(shown) >= _MIN_TELLING_GAP_MM:
                self._painted_in_a_row = 0 if painted else self._painted_in_a_row + 1
        # The lips are now where they were wanted; what comes next must find them there.
        frame.landmarks = target if moved else seen

    def _fitted(self, frame: Frame, seen: Landmarks, looked_at: bool) -> tuple[Rig, Mouth, HeadSurround]:
        if self._rig is None or self._mouth is None or self._surround is None:
            self._rig = Rig.of(_close_jaw(seen, Rig.of(seen)) if looked_at else seen)
            self._mouth = Mouth.of(self._rig, frame.rgb)
            self._surround = HeadSurround.of(self._rig)
        elif looked_at:
            self._rig = Rig.of(_updated_rest(self._rig, seen))
            self._mouth = replace(self._mouth, rig=self._rig)
        return self._rig, self._mouth, self._surround

    def _warp_region(
        self, frame: Frame, surround: HeadSurround, pose: Pose, meshes: tuple[Landmarks, Landmarks]
    ) -> None:
        """Move the lips, the skin around them and the jaw of *frame* from the first of *meshes* to the second."""
        seen, target = meshes
        outside = pose.apply(surround.rest)
        before = np.concatenate([seen, outside])[:, :2]
        after = np.concatenate([target, outside + surround.jaw_displacement(target - seen)])[:, :2]
        stirred = np.linalg.norm(after - before, axis=1) > 0.02
        # Every triangle that moves lies between the points that move and their neighbours.
        moving = surround.triangles[stirred[surround.triangles].any(axis=1)]
        box = Box.around(np.concatenate([before[moving], after[moving]]).reshape(-1, 2), 2, self.format)
        if box.empty:
            return
        view = frame.edit(box)
        source, corner = view.copy(), (box.left, box.top)
        bent = field_of(before, after, moving, box)
        np.copyto(view, bent.sample(source, corner=corner))
        lips = Box.around(target[_LIP_POINTS], 2, self.format)
        if box.covers(lips) and not lips.empty:
            fine = field_of(before, after, moving, lips, fine=3)
            np.copyto(frame.edit(lips), fine.sample(source, corner=corner))


def _head_pose(rest: Landmarks, spoken: Landmarks, seen: Landmarks) -> Pose:
    """Return the pose of the head, whichever explains what is seen better: a resting mouth, or one that speaks already.

    Even the bridge of the nose moves a little with the jaw; read as motion of the head it would move the lips twice.
    """
    points = rigid_points()
    return Pose.fit_best(np.stack([spoken[points], rest[points]]), seen[points])


def _paint_interior(frame: Frame, within: Format, mouth: Mouth, shown: PosedFace) -> bool:
    """Paint the inside of the mouth, unless the picture shows it already: painted twice, its edge would harden.

    Return whether it was painted.
    """
    box = mouth.box(shown.mesh, within)
    if box.empty or not mouth.gap(shown):
        return False
    view = frame.edit(box)
    painted: Pixels = view.copy()
    mouth.paint(painted, box, shown)
    change = np.abs(painted.astype(np.int16) - view).mean(axis=2)
    if (change > 0).any() and change[change > 0].mean() > _MAX_PAINTED_DIFFERENCE:
        np.copyto(view, painted)
        return True
    return False


def _without_reported_gap(landmarks: Landmarks) -> Landmarks:
    """Return *landmarks* less the gap that a network reports between lips that touch."""
    result = landmarks.copy()
    gap = landmarks[_LOWER_INNER] - landmarks[_UPPER_INNER]
    size = np.linalg.norm(gap[:, :2], axis=1, keepdims=True)
    unit = float(np.linalg.norm(landmarks[263, :2] - landmarks[33, :2]))
    take = gap * np.minimum(1, _REPORTED_CLOSED_GAP * unit / np.maximum(size, 1e-6)) / 2
    result[_UPPER_INNER] += take
    result[_LOWER_INNER] -= take
    return result


def _close_jaw(mesh: Landmarks, rig: Rig) -> Landmarks:
    """Return *mesh* with its jaw raised until the lips touch."""
    opening = rig.deltas[INDEX["jawOpen"]]
    gap = float((mesh[14] - mesh[13]) @ rig.rotation[:, 1])
    most = float((opening[14] - opening[13]) @ rig.rotation[:, 1])
    return np.asarray(mesh - opening * (max(gap, 0.0) / max(most, 1e-6)), np.float32)


def _updated_rest(rig: Rig, seen: Landmarks) -> Landmarks:
    """Return the resting face of *rig*, a little corrected by what the frame shows."""
    points = rigid_points()
    here = Pose.fit(rig.rest[points], seen[points]).apply_inverse(seen)
    weight = _REST_UPDATE_RATE * float(np.exp(-central_lip_gap(seen) / _REST_GAP_SCALE))
    return np.asarray(rig.rest + (_close_jaw(here, rig) - rig.rest) * weight, np.float32)
