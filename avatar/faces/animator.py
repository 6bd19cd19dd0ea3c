"""Move one portrait: coefficients and head motion in, frames out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from avatar.faces.bend import Field, coarse_field, draw_over, field
from avatar.faces.coefficients import Floats
from avatar.faces.eyes import Eye, Look, widened
from avatar.faces.glasses import Glasses
from avatar.faces.mouth import Mouth
from avatar.faces.rig import Rig, Shown, gentle
from avatar.faces.rings import Surround
from avatar.faces.seam import sealed
from avatar.faces.unfold import unfolded
from avatar.media.frames import Box, Format, Frame, Frames, Landmarks, Pixels, Planes, planes_of

_BATCH = 8
SCALE = 2  # the source is kept at twice the resolution of the frames: bending it then costs no sharpness


@dataclass(frozen=True, eq=False)
class Gesture:
    """One moment: the expression (52), the head's turn in degrees (3), the gaze (2) and the breath (0 to 1)."""

    coefficients: Floats
    degrees: Floats
    gaze: Floats
    breath: float

    @property
    def resting(self) -> bool:
        return not (self.coefficients.any() or self.degrees.any() or self.gaze.any() or self.breath)


@dataclass(frozen=True, eq=False)
class Animator:
    """A portrait, ready to be moved: frames of *format*, the resting ones bit for bit the same.

    Its *source* has a fourth channel that nobody looks at: OpenCV samples four in half the time of three.
    """

    format: Format
    source: Pixels
    base: Planes
    rig: Rig
    surround: Surround
    chest: Floats
    mouth: Mouth
    eyes: tuple[Eye, Eye]
    glasses: Glasses | None

    @classmethod
    def of(cls, source: Pixels, landmarks: Landmarks, format: Format) -> "Animator":
        """Prepare *source*, which has ``SCALE`` times the resolution of *format*; *landmarks* are in its pixels."""
        rest = gentle(unfolded(widened(sealed(source, landmarks)))) / np.float32(SCALE)
        rig = Rig.of(rest)
        size = (format.width, format.height)
        small = np.asarray(cv2.resize(source, size, interpolation=cv2.INTER_AREA), np.uint8)
        glasses = Glasses.of(rig, source, SCALE)
        source = glasses.taken_off() if glasses else source
        mouth, eyes = Mouth.of(rig, small), Eye.pair(rig, source, SCALE)
        source = np.asarray(cv2.cvtColor(source, cv2.COLOR_RGB2RGBA), np.uint8)
        return cls(format, source, planes_of(small), rig, Surround.of(rig), _chest(rig, format), mouth, eyes, glasses)

    def frames(self, gestures: Sequence[Gesture], pulse: Callable[[float], None]) -> Frames:
        """Return a frame for each of *gestures*, made when pulled; *pulse* hears of the progress."""

        def batches() -> Iterator[list[Frame]]:
            for start in range(0, len(gestures), _BATCH):
                pulse(start / len(gestures))
                yield [self.frame(gesture) for gesture in gestures[start : start + _BATCH]]

        return Frames(self.format, len(gestures), batches())

    def frame(self, gesture: Gesture) -> Frame:
        """Return the portrait in *gesture*, with the landmarks where they were put."""
        if gesture.resting:
            return Frame(self.base.copy(), self.rig.rest.copy(), tracked=True)
        pose = self.rig.head(gesture.degrees)
        expressed = self.rig.expressed(gesture.coefficients)
        mesh = pose.carry(expressed)
        outside = self.surround.moved(self.rig, expressed, pose)
        shown = Shown(mesh, pose, gesture.coefficients)
        frame = Frame(self.base.copy(), mesh, tracked=True)
        bent, lips = self._bend(mesh, outside, gesture)
        view = frame.cover(bent.box, _three(bent.sample(self.source, SCALE)))
        for eye in self.eyes:
            box = eye.box(mesh, self.format)
            eye.paint(_window(view, bent.box, box), box, shown, Look(self.source, bent, gesture.gaze))
        if self.glasses:
            self.glasses.put_on(view, bent.box, self.rig, self.surround, pose)
        inner = _window(view, bent.box, lips.box)
        np.copyto(inner, _three(lips.sample(self.source, SCALE)))
        self.mouth.paint(inner, lips.box, shown)
        return frame

    def _bend(self, mesh: Floats, outside: Floats, gesture: Gesture) -> tuple[Field, Field]:
        """Return the field of the whole frame, coarse around the face, and that of the lips, three times as fine."""
        before = np.concatenate([self.rig.rest, self.surround.rest])[:, :2]
        for eye in self.eyes:
            eye.tuck_lashes(before, gesture.coefficients)
        after = np.concatenate([mesh, outside])[:, :2]
        whole = Box(0, 0, self.format.width, self.format.height)
        bent = coarse_field(before, after, self.surround.triangles, whole)
        draw_over(bent, before, after, self.surround.close, Box.around(mesh, 2, self.format))
        np.add(bent.dy, self.chest * np.float32(gesture.breath), out=bent.dy)
        lips = field(before, after, self.surround.close, self.mouth.box(mesh, self.format), fine=3)
        return bent, lips


def _three(pixels: Pixels) -> Pixels:
    """Return *pixels* without their fourth channel."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB), np.uint8)


def _window(view: Pixels, of: Box, box: Box) -> Pixels:
    return view[box.top - of.top : box.bottom - of.top, box.left - of.left : box.right - of.left]


def _chest(rig: Rig, format: Format) -> Floats:
    """Return how far (pixels) a full breath lifts each row of the picture (height, 1): the shoulders, not the face."""
    chin, face = rig.rest[152, 1], rig.rest[152, 1] - rig.rest[10, 1]
    down = np.clip((np.arange(format.height) - chin - 0.05 * face) / (0.55 * face), 0, 1)
    return np.asarray(down * down * (3 - 2 * down) * rig.unit * 0.014, np.float32)[:, None]
