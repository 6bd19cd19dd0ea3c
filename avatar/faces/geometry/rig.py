"""The face rig of one person: a resting mesh, its blendshapes fitted to it, and the rigid pose of the head."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.faces.geometry.blendshapes import INDEX, Floats, basis, neutral
from avatar.faces.geometry.lip_line import LOWER_INNER_LIP, UPPER_INNER_LIP, central_lip_gap
from avatar.faces.geometry.topology import LEFT_EYE, RIGHT_EYE
from avatar.media.frames import Landmarks
from avatar.runtime.jit import lazy_njit

_UPPER_INNER, _LOWER_INNER = list(UPPER_INNER_LIP), list(LOWER_INNER_LIP)
# The rows of each lip from the inside out, point by point beyond _UPPER and _LOWER.
_UPPER_ROWS = ([183, 42, 41, 38, 12, 268, 271, 272, 407], [184, 74, 73, 72, 11, 302, 303, 304, 408])
_LOWER_ROWS = ([96, 89, 179, 86, 15, 316, 403, 319, 325], [77, 90, 180, 85, 16, 315, 404, 320, 307])
_UPPER_EDGE = [185, 40, 39, 37, 0, 267, 269, 270, 409]
_LOWER_EDGE = [146, 91, 181, 84, 17, 314, 405, 321, 375]
_LIP_ROWS = np.array([[_UPPER_INNER, *_UPPER_ROWS, _UPPER_EDGE], [_LOWER_INNER, *_LOWER_ROWS, _LOWER_EDGE]])
_MIN_LIP_ROW_SHARE = 0.12  # of a lip's height, that a row keeps when lips are pressed or rolled
_LIP_CONTACT_PRESS = 0.35  # weight of mouthPress from which lips touch
_MAX_CLOSED_GAP = 0.01  # eye distances between the lips of a resting mouth that counts as closed
_MAX_DEPTH_SLOPE = 2.5  # pixels of depth per pixel: a turn of 6 degrees then squeezes the skin by a quarter
_LID_MEETING_SHARE = 0.95  # of the way from the upper to the lower lid, where the lids of a closed eye meet
_MAX_LID_LINE_SLOPE = 0.6  # of the end of the line of closed lids
_STRAIGHT_LIP_JAW_OPEN = (
    0.3  # of jawOpen: by then the lower lip has left the shape into which a closed mouth presses it
)
_PIVOT_DEPTH = 1.0  # eye distances from the edge of the face back to the pivot of the head
_BLINK_CONTOURS = {"eyeBlinkRight": RIGHT_EYE, "eyeBlinkLeft": LEFT_EYE}


def limit_depth_slope(landmarks: Landmarks) -> Landmarks:
    """Return *landmarks* with the slope of their depth limited to 2.5 pixels per pixel.

    At the side of a face the mesh turns edge-on: there a small turn of the head would fold it.
    """
    flat, depth = landmarks[:, :2], landmarks[:, 2]
    apart = np.linalg.norm(flat[:, None] - flat[None], axis=2)
    result = landmarks.copy()
    result[:, 2] = (depth[None] + _MAX_DEPTH_SLOPE * apart).min(axis=1)
    return result


@cache
def rigid_points() -> NDArray[np.int64]:
    """Return the point numbers (n,) that blendshapes hardly move: those by which head pose is estimated."""
    reach = np.linalg.norm(basis(), axis=2).max(axis=0)
    return np.setdiff1d(np.flatnonzero(reach < 0.03), LEFT_EYE + RIGHT_EYE)


@dataclass(frozen=True, eq=False)
class Pose:
    """The pose of a head relative to its rest: *rotation* (3, 3), *scale*, then *translation* (3,) in pixels."""

    rotation: NDArray[np.float64]
    scale: float
    translation: NDArray[np.float64]

    @classmethod
    def fit(cls, before: Floats, after: Floats) -> "Pose":
        """Return the least-squares pose from *before* (n, 3) to *after* (n, 3), by Kabsch and Umeyama."""
        return cls.fit_best(before[None], after)

    @classmethod
    def fit_best(cls, befores: Floats, after: Floats) -> "Pose":
        """Return the pose ``fit`` to that of *befores* (k, n, 3) with the smallest residual to *after* (n, 3)."""
        mean_p, mean_q, spread, covariance = _moments(befores, after)
        u, weights, vt = np.linalg.svd(covariance)
        proper = np.ones_like(weights)
        proper[:, 2] = np.sign(np.linalg.det(u @ vt))
        told = (weights * proper).sum(axis=1)
        which = int(np.argmax(told * told / spread))  # what is left of the spread of *after* is all but this
        rotation, scale = (u[which] * proper[which]) @ vt[which], float(told[which] / spread[which])
        return cls(rotation, scale, mean_q - scale * rotation @ mean_p[which])

    @classmethod
    def from_degrees(cls, degrees: Floats, pivot: Floats) -> "Pose":
        """Return the rotation about *pivot* (3,) by *degrees* (3,): pitch down, yaw right, roll clockwise."""
        rotation = _rotation_matrix(degrees)
        return cls(rotation, 1.0, pivot - rotation @ pivot)

    def apply(self, points: Floats) -> Floats:
        """Return *points* (..., 3) of the resting head, transformed by this pose."""
        return np.asarray(points @ (self.rotation.T * self.scale) + self.translation, np.float32)

    def apply_inverse(self, points: Floats) -> Floats:
        """Return *points* (..., 3) of the posed head, transformed back to the resting one."""
        return np.asarray((points - self.translation) @ self.rotation / self.scale, np.float32)


@lazy_njit
def _moments(befores: Floats, after: Floats) -> tuple[Any, Any, Any, Any]:
    """Return the means (k, 3) of *befores* (k, n, 3), that (3,) of *after* (n, 3), and how each *before* is spread.

    The spread is the sum of squared distances from the mean (k); last, the covariance with *after* (k, 3, 3), summed.
    """
    count, points, _ = befores.shape
    mean_p, mean_q = np.zeros((count, 3)), np.zeros(3)
    spread, covariance = np.zeros(count), np.zeros((count, 3, 3))
    for point in range(points):
        for axis in range(3):
            mean_q[axis] += after[point, axis] / points
    for which in range(count):
        for point in range(points):
            for axis in range(3):
                mean_p[which, axis] += befores[which, point, axis] / points
        for point in range(points):
            for axis in range(3):
                p = befores[which, point, axis] - mean_p[which, axis]
                spread[which] += p * p
                for other in range(3):
                    covariance[which, other, axis] += (after[point, other] - mean_q[other]) * p
    return mean_p, mean_q, spread, covariance


def face_rotation(landmarks: Landmarks) -> NDArray[np.float64]:
    """Return the rotation (3, 3) of the face at *landmarks* from one that looks straight at the camera."""
    points = rigid_points()
    return Pose.fit(neutral()[points], landmarks[points]).rotation


def yaw_degrees(landmarks: Landmarks) -> float:
    """Return the yaw of the face at *landmarks* in degrees: to the right in the picture is positive."""
    frame = face_rotation(landmarks)
    return float(np.degrees(np.arctan2(-frame[0, 2], frame[2, 2])))


@dataclass(frozen=True, eq=False)
class PosedFace:
    """A face in one frame: *mesh* (468, 3; pixels), head *pose* and blendshape *coefficients* (52,)."""

    mesh: Landmarks
    pose: Pose
    coefficients: Floats


@dataclass(frozen=True, eq=False)
class Rig:
    """A resting mesh *rest* (468, 3) and the displacements *deltas* (52, 468, 3) of its blendshapes, both in pixels.

    *pivot* (3,) is the point about which the head turns on the neck, *unit* the distance of the outer eye corners in
    pixels, and *rotation* (3, 3) that of the resting face from one that looks straight at the camera. *rest_jaw_open*
    is the weight of jawOpen that the resting mouth shows already: 0 for closed lips.
    """

    rest: Landmarks
    deltas: Floats
    pivot: Floats
    unit: float
    rotation: NDArray[np.float64]
    rest_jaw_open: float

    @classmethod
    def of(cls, rest: Landmarks) -> "Rig":
        """Fit the rig to the mesh of a resting face."""
        frame = face_rotation(rest)
        unit = float(np.linalg.norm(rest[263] - rest[33]))
        moves = np.asarray(basis() @ frame.T.astype(np.float32) * unit, np.float32)
        for name, eye in _BLINK_CONTOURS.items():
            moves[INDEX[name]] = _fit_blink(rest, moves[INDEX[name]], eye)
        moves[INDEX["jawOpen"]] += _lip_straightening(rest)
        # The top of the spine: below the ears, and as far behind the edge of the face as the ears are. Heads ray-traced
        # with a neck are turned so.
        sides, chin = (rest[234] + rest[454]) / 2, rest[152]
        pivot = sides + (chin - sides) * np.array([0.75, 0.75, 0.0]) + frame[:, 2] * (_PIVOT_DEPTH * unit)
        return cls(rest, moves, pivot.astype(np.float32), unit, frame, _rest_jaw_open(rest, moves[INDEX["jawOpen"]]))

    def apply_blendshapes(self, coefficients: Floats) -> Landmarks:
        """Return the mesh (468, 3; pixels) deformed by *coefficients* (52,), the head at rest."""
        moved = (coefficients @ self.deltas.reshape(len(self.deltas), -1)).reshape(self.rest.shape)
        if self.rest_jaw_open:
            # Who smiles with open lips in the portrait must still close them on P, B and M.
            pressed = min(1.0, float(coefficients[INDEX["mouthPressLeft"]]) / _LIP_CONTACT_PRESS)
            moved = moved - self.deltas[INDEX["jawOpen"]] * np.float32(self.rest_jaw_open * pressed)
        mesh = np.asarray(self.rest + moved, np.float32)
        _separate_lips(mesh, _LIP_ROWS)
        return mesh

    def head_pose(self, degrees: Floats) -> Pose:
        """Return the pose of the head turned on its neck by *degrees* (3,): pitch, yaw, roll."""
        return Pose.from_degrees(degrees, self.pivot)


def _lip_straightening(rest: Landmarks) -> Floats:
    """Return what an opening jaw does to the lower lip of closed lips besides lowering it: its edge straightens.

    Pressed together, it follows the bow of the upper lip; a lip on its own is a plain arc.
    """
    move = np.zeros_like(rest)
    if central_lip_gap(rest) > _MAX_CLOSED_GAP:
        return move
    edge = [78, *_LOWER_INNER, 308]
    x, y = (rest[edge, axis].astype(np.float64) for axis in (0, 1))
    x = (x - x.mean()) / max(float(np.ptp(x)), 1e-3)
    arc = (np.polyval(np.polyfit(x, y, 2), x) - y)[1:-1]
    for row, share in ((_LOWER_INNER, 1.0), (_LOWER_ROWS[0], 0.7), (_LOWER_ROWS[1], 0.35)):
        move[row, 1] = arc * share / _STRAIGHT_LIP_JAW_OPEN
    return move


def _rest_jaw_open(rest: Landmarks, opening: Floats) -> float:
    gap = float(np.linalg.norm(rest[14, :2] - rest[13, :2]))
    most = float(np.linalg.norm(opening[14, :2] - opening[13, :2]))
    return gap / most if central_lip_gap(rest) > _MAX_CLOSED_GAP else 0.0


@lazy_njit
def _separate_lips(mesh: Landmarks, lips: NDArray[np.int64]) -> None:
    """Let lips of *mesh* that would pass through each other meet half-way, and no row of a lip fold over, in place.

    *lips* (2, 4, n) are the upper and the lower lip from the inside out, in rows of n points; the last one is outside.
    """
    for point in range(lips.shape[2]):
        upper, lower = lips[0, 0, point], lips[1, 0, point]
        over = min(mesh[lower, 1] - mesh[upper, 1], np.float32(0)) / np.float32(2)
        mesh[upper, 1] += over
        mesh[lower, 1] -= over
        for lip in range(2):
            sign = np.float32(2 * lip - 1)
            edge = mesh[lips[lip, 0, point], 1]
            thin = sign * np.float32(_MIN_LIP_ROW_SHARE) * abs(mesh[lips[lip, 3, point], 1] - edge)
            for row in range(1, 3):
                edge += thin
                mesh[lips[lip, row, point], 1] = max(mesh[lips[lip, row, point], 1] * sign, edge * sign) * sign


def _fit_blink(rest: Landmarks, move: Floats, eye: tuple[int, ...]) -> Floats:
    """Return *move*, the blink of one eye, scaled so that this person's own lids meet exactly."""
    upper, lower = list(eye[1:8]), list(eye[:8:-1])
    gap = rest[lower, :2] - rest[upper, :2]
    middle = move[upper[3], :2]
    fitted = move * np.clip(gap[3] @ middle * _LID_MEETING_SHARE / max(float(middle @ middle), 1e-6), 0, 3)
    fitted[upper, :2] = gap * _LID_MEETING_SHARE
    fitted[lower, :2] = -gap * (1 - _LID_MEETING_SHARE)
    fitted[[eye[0], eye[8]], :2] = 0
    # Closed lids meet in a flatter line than the lower lid of an open eye: its outer end comes down.
    inner, outer = (eye[8], eye[0]) if eye is RIGHT_EYE else (eye[0], eye[8])
    across, around = rest[outer, :2] - rest[inner, :2], list(eye)
    outward = (
        (rest[around, :2] - (rest[inner, :2] + rest[outer, :2]) / 2) @ across / max(float(across @ across) / 2, 1e-3)
    )
    fitted[around, :2] += np.clip(outward, 0, 1)[:, None] ** 1.5 * gap[3] * 0.4
    # Of an eye that is turned away the outer corner lies beside the lower lid, not beyond it: the lids' line must not
    # climb to it like a wall.
    last = lower[0] if outer == eye[0] else lower[-1]
    ends = rest[[last, outer], :2] + fitted[[last, outer], :2]
    level, down = across / np.linalg.norm(across), gap[3] / max(float(np.linalg.norm(gap[3])), 1e-6)
    climb = (ends[0] - ends[1]) @ down - _MAX_LID_LINE_SLOPE * abs(float((ends[0] - ends[1]) @ level))
    fitted[outer, :2] += max(0.0, float(climb)) * down
    return np.asarray(fitted, np.float32)


def _rotation_matrix(degrees: Floats) -> NDArray[np.float64]:
    (sx, sy, sz), (cx, cy, cz) = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    pitch = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    yaw = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    roll = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return np.asarray(roll @ yaw @ pitch)
