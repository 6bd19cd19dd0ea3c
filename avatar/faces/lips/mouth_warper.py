"""Give the mouths in a stream of frames the shapes of a speech, and leave everything else alone."""

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

import numpy as np

from avatar.faces.drawing.warp_field import warp_field as field_of
from avatar.faces.features.mouth import Mouth
from avatar.faces.geometry.blendshapes import INDEX, NAMES, Floats, basis
from avatar.faces.geometry.head_surround import HeadSurround
from avatar.faces.geometry.lip_line import LOWER, UPPER, gap_of
from avatar.faces.geometry.rig import Pose, Rig, Shown, rigid_points
from avatar.faces.geometry.topology import LIPS_INNER, LIPS_OUTER
from avatar.media.frames import Box, Format, Frame, Landmarks, Pixels

_LIPS: Final = list(LIPS_OUTER + LIPS_INNER)
_UPPER, _LOWER = list(UPPER), list(LOWER)
_STILL: Final = 0.004  # of the distance of the outer eye corners: lips this near their shape are left as they are
_SAME: Final = 12.0  # mean difference in levels below which the mouth is already painted
_TELLING: Final = 2.0  # millimetres: lips this far apart show whether the inside of the mouth is there
_TOLD: Final = 5  # such mouths in a row that had theirs: whoever draws this face draws it, and need not be looked at
_SEEN_GAP: Final = 0.016  # eye distances: what a landmark network reports between closed lips
_MEMORY: Final = 0.02  # share of the newest frame in the running resting face
_OPEN: Final = 0.05  # eye distances: lips this far apart say little about the resting face


@cache
def _near_mouth() -> Floats:
    """Return how much (468, 0 to 1) each point belongs to the mouth and the jaw: what speech moves, it may move."""
    speech = [i for i, name in enumerate(NAMES) if name.startswith(("jaw", "mouth"))]
    reach = np.linalg.norm(basis()[speech], axis=2).max(axis=0)
    share = np.clip((reach - 0.03) / 0.09, 0, 1)
    share[_LIPS] = 1
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
    _drawn: int = field(default=0, init=False)  # open mouths in a row that whoever drew them had drawn inside, too

    def refine(self, frame: Frame, coefficients: Floats, *, looked_at: bool) -> None:
        """Bring the mouth of *frame* into the shape of *coefficients* (52); without a face nothing is touched.

        *looked_at* says that the landmarks come from a network and not from whoever drew the face.
        """
        if frame.landmarks is None:
            return
        seen = _closed_gap(frame.landmarks) if looked_at else frame.landmarks
        rig, mouth, surround = self._known(frame, seen, looked_at)
        spoken = rig.expressed(coefficients)
        pose = _pose(rig.rest, spoken, seen)
        wanted = pose.carry(spoken)
        shift = (wanted - seen) * _near_mouth()[:, None]
        target = seen + shift
        moved = float(np.linalg.norm(shift[_LIPS, :2], axis=1).max()) > _STILL * rig.unit * pose.scale
        if moved:
            self._bend(frame, surround, pose, (seen, target))
        if moved or looked_at or self._drawn < _TOLD:
            shown = Shown(target, pose, coefficients)
            painted = _paint(frame, self.format, mouth, shown)
            if not moved and mouth.gap(shown) >= _TELLING:
                self._drawn = 0 if painted else self._drawn + 1
        # The lips are now where they were wanted; what comes next must find them there.
        frame.landmarks = target if moved else seen

    def _known(self, frame: Frame, seen: Landmarks, looked_at: bool) -> tuple[Rig, Mouth, HeadSurround]:
        if self._rig is None or self._mouth is None or self._surround is None:
            self._rig = Rig.of(_shut(seen, Rig.of(seen)) if looked_at else seen)
            self._mouth = Mouth.of(self._rig, frame.rgb)
            self._surround = HeadSurround.of(self._rig)
        elif looked_at:
            self._rig = Rig.of(_remembered(self._rig, seen))
            self._mouth = replace(self._mouth, rig=self._rig)
        return self._rig, self._mouth, self._surround

    def _bend(self, frame: Frame, surround: HeadSurround, pose: Pose, meshes: tuple[Landmarks, Landmarks]) -> None:
        """Move the lips, the skin around them and the jaw of *frame* from the first of *meshes* to the second."""
        seen, target = meshes
        outside = pose.carry(surround.rest)
        before = np.concatenate([seen, outside])[:, :2]
        after = np.concatenate([target, outside + surround.following(target - seen)])[:, :2]
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
        lips = Box.around(target[_LIPS], 2, self.format)
        if box.covers(lips) and not lips.empty:
            fine = field_of(before, after, moving, lips, fine=3)
            np.copyto(frame.edit(lips), fine.sample(source, corner=corner))


def _pose(rest: Landmarks, spoken: Landmarks, seen: Landmarks) -> Pose:
    """Return the pose of the head, whichever explains what is seen better: a resting mouth, or one that speaks already.

    Even the bridge of the nose moves a little with the jaw; read as motion of the head it would move the lips twice.
    """
    points = rigid_points()
    return Pose.best(np.stack([spoken[points], rest[points]]), seen[points])


def _paint(frame: Frame, within: Format, mouth: Mouth, shown: Shown) -> bool:
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
    if (change > 0).any() and change[change > 0].mean() > _SAME:
        np.copyto(view, painted)
        return True
    return False


def _closed_gap(landmarks: Landmarks) -> Landmarks:
    """Return *landmarks* less the gap that a network reports between lips that touch."""
    result = landmarks.copy()
    gap = landmarks[_LOWER] - landmarks[_UPPER]
    size = np.linalg.norm(gap[:, :2], axis=1, keepdims=True)
    unit = float(np.linalg.norm(landmarks[263, :2] - landmarks[33, :2]))
    take = gap * np.minimum(1, _SEEN_GAP * unit / np.maximum(size, 1e-6)) / 2
    result[_UPPER] += take
    result[_LOWER] -= take
    return result


def _shut(mesh: Landmarks, rig: Rig) -> Landmarks:
    """Return *mesh* with its jaw raised until the lips touch."""
    opening = rig.moves[INDEX["jawOpen"]]
    gap = float((mesh[14] - mesh[13]) @ rig.frame[:, 1])
    most = float((opening[14] - opening[13]) @ rig.frame[:, 1])
    return np.asarray(mesh - opening * (max(gap, 0.0) / max(most, 1e-6)), np.float32)


def _remembered(rig: Rig, seen: Landmarks) -> Landmarks:
    """Return the resting face of *rig*, a little corrected by what the frame shows."""
    points = rigid_points()
    here = Pose.between(rig.rest[points], seen[points]).back(seen)
    weight = _MEMORY * float(np.exp(-gap_of(seen) / _OPEN))
    return np.asarray(rig.rest + (_shut(here, rig) - rig.rest) * weight, np.float32)
