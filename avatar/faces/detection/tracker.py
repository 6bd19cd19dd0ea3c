"""Face tracking through a stream of frames, with temporal smoothing of the landmarks."""

from dataclasses import dataclass, field

import numpy as np

from avatar.faces.detection.landmarker import MIN_MESH_SCORE, Landmarker
from avatar.faces.features.eyes import correct_lower_lids
from avatar.faces.geometry.topology import LIPS_INNER, LIPS_OUTER, MESH_POINTS, eye_distance
from avatar.media.frames import Frame, Frames, Landmarks, Pixels

_NOISE_STEP = (
    0.012  # of the eye distance: steps below this are mostly the network's own noise, above it they are motion
)
_MIN_STEP_SHARE = 0.35  # of a step, that a resting point follows
_IS_LIP = np.isin(np.arange(MESH_POINTS), LIPS_OUTER + LIPS_INNER)


def track(frames: Frames, landmarker: Landmarker) -> Frames:
    """Return *frames* with landmarks on each: those not yet tracked are tracked as they pass.

    A face is detected once, then followed from frame to frame, and detected again when it is lost. A frame without a
    face has ``None``.
    """
    tracker = Tracker(landmarker)

    def step(batch: list[Frame]) -> list[Frame]:
        for frame in batch:
            tracker.track_frame(frame)
        return batch

    return frames.through(step)


@dataclass
class Tracker:
    """Tracks one face: holds its last landmarks, and smooths them without delay."""

    landmarker: Landmarker
    _previous: Landmarks | None = field(default=None, init=False)

    def track_frame(self, frame: Frame) -> None:
        """Set the landmarks of *frame*, unless whoever made the frame has set them already."""
        if not frame.tracked:
            frame.landmarks = self._tracked_landmarks(frame)
            frame.tracked = frame.looked_at = True

    def _tracked_landmarks(self, frame: Frame) -> Landmarks | None:
        raw = self._from_previous(frame)
        if raw is None:
            self._previous = self._redetect(frame.rgb)  # nothing to calm: the face was not there, or jumped
        elif self._previous is not None:
            self._previous = smooth_landmarks(self._previous, raw)
        return None if self._previous is None else correct_lower_lids(self._previous)

    def _from_previous(self, frame: Frame) -> Landmarks | None:
        if self._previous is None:
            return None
        points, score = self.landmarker.landmarks(frame, self._previous)
        return points if score > MIN_MESH_SCORE else None

    def _redetect(self, rgb: Pixels) -> Landmarks | None:
        return next(iter(self.landmarker.faces(rgb)), None)


def smooth_landmarks(before: Landmarks, raw: Landmarks) -> Landmarks:
    """Return *raw* with the jitter of resting points reduced.

    A point that moves is taken as it is, so motion has no lag; one that rests follows only partly. Lips are never held
    back: a frame of delay there is seen against the sound.
    """
    step = raw - before
    moved = np.linalg.norm(step[:, :2], axis=1) / (_NOISE_STEP * max(eye_distance(raw), 1e-6))
    share = np.where(_IS_LIP, 1.0, moved.clip(_MIN_STEP_SHARE, 1.0))
    return np.asarray(before + step * share[:, None], np.float32)
