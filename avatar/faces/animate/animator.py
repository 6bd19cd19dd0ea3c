"""Move one portrait: coefficients and head motion in, frames out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from avatar.faces.drawing.warp_field import (
    NODE_SPACING_PX,
    CoarseWarpField,
    WarpField,
    coarse_warp_field,
    overwrite_warp_field,
    warp_field,
)
from avatar.faces.drawing.yuv_warp import YuvWarp
from avatar.faces.features.eyes import Eye, EyeView, correct_lower_lids
from avatar.faces.features.glasses import Glasses
from avatar.faces.features.mouth import Mouth
from avatar.faces.geometry.blendshapes import Floats
from avatar.faces.geometry.head_surround import HeadSurround
from avatar.faces.geometry.lip_line import snap_lips
from avatar.faces.geometry.rig import PosedFace, Rig, limit_depth_slope
from avatar.faces.geometry.self_occlusion import flatten_self_occlusion
from avatar.media.frames import Box, Format, Frame, Frames, Landmarks, Pixels, Planes

_BATCH_FRAMES = 8
_FACE_MARGIN_PX = (
    6  # pixels around the mesh that are drawn as finely as the face: where it ends, its outline has an edge
)
SOURCE_SCALE = 2  # the source is kept at twice the resolution of the frames: bending it then costs no sharpness


@dataclass(frozen=True, eq=False)
class Gesture:
    """One moment: the expression (52), the head's turn in degrees (3), the gaze (2) and the breath (0 to 1)."""

    coefficients: Floats
    degrees: Floats
    gaze: Floats
    breath: float

    @property
    def is_resting(self) -> bool:
        return not (self.coefficients.any() or self.degrees.any() or self.gaze.any() or self.breath)


@dataclass(frozen=True, eq=False)
class Animator:
    """A portrait, ready to be moved: frames of *format*, the resting ones bit for bit the same.

    Of each frame the face is painted in RGB, sampled from *source*; the rest is *still*, bent plane by plane. *source*
    has a fourth channel that nobody looks at: OpenCV samples four in half the time of three. *chest* (two columns of
    rows: of pixels, and of nodes) is how far a full breath lifts the picture.
    """

    format: Format
    source: Pixels
    background: YuvWarp
    base: Planes
    rig: Rig
    surround: HeadSurround
    breath_lift: tuple[Floats, Floats]
    mouth: Mouth
    eyes: tuple[Eye, Eye]
    glasses: Glasses | None

    @classmethod
    def of(cls, source: Pixels, landmarks: Landmarks, format: Format) -> "Animator":
        """Prepare *source*, of ``SOURCE_SCALE`` times the resolution of *format*; *landmarks* are in its pixels."""
        rest = limit_depth_slope(flatten_self_occlusion(correct_lower_lids(snap_lips(source, landmarks)))) / np.float32(
            SOURCE_SCALE
        )
        rig = Rig.of(rest)
        size = (format.width, format.height)
        small = np.asarray(cv2.resize(source, size, interpolation=cv2.INTER_AREA), np.uint8)
        glasses, base = Glasses.of(rig, source, SOURCE_SCALE), YuvWarp.of(source, SOURCE_SCALE).unwarped()
        source = glasses.removed() if glasses else source
        mouth, eyes = Mouth.of(rig, small), Eye.pair(rig, source, SOURCE_SCALE)
        surround, chest = HeadSurround.of(rig), _breath_lift(rig, format)
        still = YuvWarp.of(source, SOURCE_SCALE)
        source = np.asarray(cv2.cvtColor(source, cv2.COLOR_RGB2RGBA), np.uint8)
        return cls(format, source, still, base, rig, surround, chest, mouth, eyes, glasses)

    def frames(self, gestures: Sequence[Gesture], pulse: Callable[[float], None]) -> Frames:
        """Return a frame for each of *gestures*, made when pulled; *pulse* hears of the progress."""

        def batches() -> Iterator[list[Frame]]:
            for start in range(0, len(gestures), _BATCH_FRAMES):
                pulse(start / len(gestures))
                yield [self.frame(gesture) for gesture in gestures[start : start + _BATCH_FRAMES]]

        return Frames(self.format, len(gestures), batches())

    def frame(self, gesture: Gesture) -> Frame:
        """Return the portrait in *gesture*, with the landmarks where they were put."""
        if gesture.is_resting:
            return Frame(self.base.copy(), self.rig.rest.copy(), tracked=True)
        pose = self.rig.head_pose(gesture.degrees)
        expressed = self.rig.apply_blendshapes(gesture.coefficients)
        mesh = pose.apply(expressed)
        outside = self.surround.deform(self.rig, expressed, pose)
        shown = PosedFace(mesh, pose, gesture.coefficients)
        boxes = [eye.box(mesh, self.format) for eye in self.eyes]
        face = self._painted_box(mesh, boxes)
        around, bent, lips = self._warp_fields(mesh, outside, gesture, face)
        planes = np.empty_like(self.base)
        self.background.warp(planes, around)
        frame = Frame(planes, mesh, tracked=True)
        view = frame.cover(face, _drop_alpha(bent.sample(self.source, SOURCE_SCALE)))
        for eye, box in zip(self.eyes, boxes, strict=True):
            eye.paint(_window(view, face, box), box, shown, EyeView(self.source, bent, gesture.gaze))
        if self.glasses:
            self.glasses.draw(view, face, self.rig, self.surround, pose)
        inner = _window(view, face, lips.box)
        np.copyto(inner, _drop_alpha(lips.sample(self.source, SOURCE_SCALE)))
        self.mouth.paint(inner, lips.box, shown)
        return frame

    def _painted_box(self, mesh: Floats, boxes: Sequence[Box]) -> Box:
        """Return the region that is painted for *mesh*: all of it, the eyes' *boxes*, and glasses."""
        face = Box.around(mesh, _FACE_MARGIN_PX, self.format)
        for box in (*boxes, self.mouth.box(mesh, self.format), *([self.glasses.box] if self.glasses else [])):
            face = face.union(box)
        return face

    def _warp_fields(
        self, mesh: Floats, outside: Floats, gesture: Gesture, face: Box
    ) -> tuple[CoarseWarpField, WarpField, WarpField]:
        """Return the field of the whole frame, coarse, that of *face*, and that of the lips, three times as fine."""
        before = np.concatenate([self.rig.rest, self.surround.rest])[:, :2]
        for eye in self.eyes:
            eye.tuck_lashes(before, gesture.coefficients)
        after = np.concatenate([mesh, outside])[:, :2]
        whole = Box(0, 0, self.format.width, self.format.height)
        around = coarse_warp_field(before, after, self.surround.outer, whole)
        bent = around.upsample(face)
        overwrite_warp_field(bent, before, after, self.surround.close, face)
        pixels, squares = (np.float32(gesture.breath) * lift for lift in self.breath_lift)
        np.add(bent.dy, pixels[face.top : face.bottom], out=bent.dy)
        np.add(around.dy, squares, out=around.dy)
        lips = warp_field(before, after, self.surround.close, self.mouth.box(mesh, self.format), fine=3)
        return around, bent, lips


def _drop_alpha(pixels: Pixels) -> Pixels:
    """Return *pixels* without their fourth channel."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB), np.uint8)


def _window(view: Pixels, of: Box, box: Box) -> Pixels:
    return view[box.top - of.top : box.bottom - of.top, box.left - of.left : box.right - of.left]


def _breath_lift(rig: Rig, format: Format) -> tuple[Floats, Floats]:
    """Return how far (pixels) a full breath lifts each row of pixels and of nodes (n, 1): shoulders, not the face."""
    chin, face = rig.rest[152, 1], rig.rest[152, 1] - rig.rest[10, 1]
    rows = (
        np.arange(format.height),
        np.arange(-(-format.height // NODE_SPACING_PX)) * NODE_SPACING_PX + (NODE_SPACING_PX - 1) / 2,
    )
    down = (np.clip((each - chin - 0.05 * face) / (0.55 * face), 0, 1) for each in rows)
    pixels, squares = (np.asarray(d * d * (3 - 2 * d) * rig.unit * 0.014, np.float32)[:, None] for d in down)
    return pixels, squares
