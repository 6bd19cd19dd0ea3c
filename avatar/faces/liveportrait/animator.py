"""One portrait, ready to be moved by gestures: frames out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import cv2
import numpy as np

from avatar.faces.animate.animator import SOURCE_SCALE, Gesture
from avatar.faces.geometry.blendshapes import Floats
from avatar.faces.geometry.lip_line import snap_lips
from avatar.faces.geometry.rig import Rig, limit_depth_slope
from avatar.faces.liveportrait import model as public
from avatar.faces.liveportrait.crop import HeadCrop, blend_weights, paste_back
from avatar.faces.liveportrait.expression import expression, eye_open_ratios, lip_open_ratio
from avatar.faces.liveportrait.model import LivePortraitModel, PortraitFeatures
from avatar.media.frames import Box, Format, Frame, Frames, Landmarks, Pixels, Planes, planes_of, rgb_of

_GPU_BATCH_FRAMES = 8  # frames on a GPU; a processor has enough with one


@dataclass(frozen=True, eq=False)
class PortraitAnimator:
    """A portrait that *model* has *seen*, to be drawn into frames of *format* over *base*, inside *box* only.

    *rig* tells how a gesture opens lips and lids and where it carries the head, in pixels of the source, which has
    ``SOURCE_SCALE`` times the resolution of the frames.
    """

    model: LivePortraitModel
    features: PortraitFeatures
    crop: HeadCrop
    rig: Rig
    format: Format
    base: Planes
    box: Box

    @classmethod
    def of(cls, model: LivePortraitModel, source: Pixels, landmarks: Landmarks, format: Format) -> "PortraitAnimator":
        """Prepare *source*, of ``SOURCE_SCALE`` times the resolution of *format*; *landmarks* are in its pixels."""
        import torch

        square, side = HeadCrop.around(landmarks), public.INPUT_SIZE_PX
        head = cv2.resize(square.extract(source, 2 * side), (side, side), interpolation=cv2.INTER_AREA)
        seen = model.extract(torch.from_numpy(np.asarray(head, np.float32) / 255).permute(2, 0, 1))
        small = cv2.resize(source, (format.width, format.height), interpolation=cv2.INTER_AREA)
        # Without ``correct_lower_lids``: the public model knows the eye aspect ratios of the mesh as it is.
        rig = Rig.of(limit_depth_slope(snap_lips(source, landmarks)))
        base = planes_of(np.asarray(small, np.uint8))
        return cls(model, seen, square, rig, format, base, square.box(SOURCE_SCALE, format))

    def frames(self, gestures: Sequence[Gesture], pulse: Callable[[float], None]) -> Frames:
        """Return a frame for each of *gestures*, made when pulled; *pulse* hears of the progress."""
        at_once = _GPU_BATCH_FRAMES if self.model.device == "cuda" else 1

        def batches() -> Iterator[list[Frame]]:
            for start in range(0, len(gestures), at_once):
                pulse(start / len(gestures))
                yield self._batch(list(gestures[start : start + at_once]), partial(pulse, start / len(gestures)))

        return Frames(self.format, len(gestures), batches())

    def keypoints(self, gestures: list[Gesture]) -> Any:
        """Return the 21 keypoints of each of *gestures*: (n, 21, 3), in the units of ``HeadKeypoints``."""
        import torch

        head, device = self.features.head, self.model.device
        # Ours turn right in the picture, the public model's left.
        degrees = np.stack([gesture.degrees * (1, -1, 1) for gesture in gestures]).astype(np.float32)
        given = (degrees, self._head_translations(gestures), expression(gestures), *self._open_ratios(gestures))
        turn, shift, moved, lips, eyes = (torch.from_numpy(each).to(device) for each in given)
        return self.model.retarget(self.features, head.displaced(turn, shift, moved).points(), lips, eyes)

    def _batch(self, gestures: list[Gesture], pulse: Callable[[], None]) -> list[Frame]:
        moving = [gesture for gesture in gestures if not gesture.is_resting]
        drawn = iter(self._render(moving, pulse) if moving else ())
        return [self._frame(self._rest_patch if gesture.is_resting else next(drawn)) for gesture in gestures]

    @cached_property
    def _rest_patch(self) -> Any:
        """The patch of every frame in which nothing moves: shots begin and end with it, so they join without a seam."""
        still = Gesture(np.zeros(52, np.float32), np.zeros(3, np.float32), np.zeros(2, np.float32), 0.0)
        return self._render([still], lambda: None)[0]

    def _render(self, gestures: list[Gesture], pulse: Callable[[], None]) -> Any:
        """Return the pixels of the box in each of *gestures*, bytes (n, h, w, 3) on the device."""
        bent = self.model.warp(self.features, self.keypoints(gestures))
        pulse()  # on a processor both halves take long
        return paste_back(self.model.decode(bent), *self._paste_target, self.crop.side / SOURCE_SCALE)

    def _frame(self, patch: Any) -> Frame:
        """Return the portrait with *patch* in it; who wants landmarks looks at the picture, which a network drew."""
        import torch

        frame = Frame(self.base.copy())
        frame.cover_on(self.box, patch.clone(memory_format=torch.contiguous_format))
        return frame

    @cached_property
    def _paste_target(self) -> tuple[Any, Any, Any]:
        """What pictures are laid over, on the device: the portrait in the box, shares, and places in the square."""
        import torch

        grid = self.crop.grid(self.box, SOURCE_SCALE)
        box = rgb_of(self.base)[self.box.top : self.box.bottom, self.box.left : self.box.right]
        given = (np.asarray(box.transpose(2, 0, 1), np.float32) / 255, blend_weights(grid), grid)
        base, share, places = (torch.from_numpy(np.ascontiguousarray(each)).to(self.model.device) for each in given)
        return base, share, places

    def _head_translations(self, gestures: list[Gesture]) -> Floats:
        """Return how far (n, 2), in units of the square, a head is carried whose neck stays: it turns on that."""
        way, shift = self.crop.affine, self.features.head.translation[0, :2].cpu().numpy()
        middle = np.append((shift - way[:, 2]) @ np.linalg.inv(way[:, :2]).T, self.rig.pivot[2])
        carried = np.stack([self.rig.head_pose(gesture.degrees).apply(middle) - middle for gesture in gestures])
        return np.asarray(carried[:, :2] @ way[:, :2].T, np.float32)

    def _open_ratios(self, gestures: list[Gesture]) -> tuple[Floats, Floats]:
        """Return how far lips (n, 2) and eyes (n, 3) are open in the portrait and shall be, as ``retarget`` asks."""
        rest, meshes = self.rig.rest, [self.rig.apply_blendshapes(gesture.coefficients) for gesture in gestures]
        lips = [(lip_open_ratio(rest), lip_open_ratio(mesh)) for mesh in meshes]
        eyes = [(*eye_open_ratios(rest), eye_open_ratios(mesh).mean()) for mesh in meshes]
        return np.asarray(lips, np.float32), np.asarray(eyes, np.float32)
