"""Follow a face through a stream of frames."""

from dataclasses import dataclass, field

import numpy as np

from avatar.faces.detection.landmarker import SURE, Landmarker
from avatar.faces.features.eyes import widened
from avatar.faces.geometry.topology import LIPS_INNER, LIPS_OUTER, POINTS, eye_distance
from avatar.media.frames import Frame, Frames, Landmarks, Pixels

_STILL = 0.012  # of the eye distance: steps below this are mostly the network's own noise, above it they are motion
_CALMEST = 0.35  # the share of a step that a still point still follows
_LIPS = np.isin(np.arange(POINTS), LIPS_OUTER + LIPS_INNER)


def track(frames: Frames, landmarker: Landmarker) -> Frames:
    """Return *frames* with landmarks on each: those not yet tracked are looked at as they pass.

    A face is detected once, then followed from frame to frame; when it is lost it is looked for again. A frame
    without a face has ``None``.
    """
    tracker = Tracker(landmarker)

    def step(batch: list[Frame]) -> list[Frame]:
        for frame in batch:
            tracker.look(frame)
        return batch

    return frames.through(step)


@dataclass
class Tracker:
    """Remembers where the face was, and calms the mesh without delaying it."""

    landmarker: Landmarker
    _before: Landmarks | None = field(default=None, init=False)

    def look(self, frame: Frame) -> None:
        """Give *frame* its landmarks by looking at it, unless whoever made it said where the face is."""
        if not frame.tracked:
            frame.landmarks = self._followed(frame)
            frame.tracked = frame.looked_at = True

    def _followed(self, frame: Frame) -> Landmarks | None:
        raw = self._from_before(frame)
        if raw is None:
            self._before = self._anew(frame.rgb)  # nothing to calm: the face was not there, or jumped
        elif self._before is not None:
            self._before = smooth_landmarks(self._before, raw)
        return None if self._before is None else widened(self._before)

    def _from_before(self, frame: Frame) -> Landmarks | None:
        if self._before is None:
            return None
        points, score = self.landmarker.landmarks(frame, self._before)
        return points if score > SURE else None

    def _anew(self, rgb: Pixels) -> Landmarks | None:
        return next(iter(self.landmarker.faces(rgb)), None)


def smooth_landmarks(before: Landmarks, raw: Landmarks) -> Landmarks:
    """Return *raw* with the tremble of still points reduced.

    A point that moves is taken as it is, so motion has no lag; one that rests follows only partly. Lips are never held
    back: a frame of delay there is seen against the sound.
    """
    step = raw - before
    moved = np.linalg.norm(step[:, :2], axis=1) / (_STILL * max(eye_distance(raw), 1e-6))
    share = np.where(_LIPS, 1.0, moved.clip(_CALMEST, 1.0))
    return np.asarray(before + step * share[:, None], np.float32)
