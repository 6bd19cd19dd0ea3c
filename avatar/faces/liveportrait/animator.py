"""One portrait, ready to be moved by gestures: frames out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import cv2
import numpy as np

from avatar.faces.animate.animator import SCALE, Gesture
from avatar.faces.geometry.blendshapes import Floats
from avatar.faces.geometry.lip_line import snap_lips
from avatar.faces.geometry.rig import Rig, gentle
from avatar.faces.liveportrait import model as public
from avatar.faces.liveportrait.crop import HeadCrop, laid, shares
from avatar.faces.liveportrait.expression import expression, eyes_open, lips_open
from avatar.faces.liveportrait.model import Model, Seen
from avatar.media.frames import Box, Format, Frame, Frames, Landmarks, Pixels, Planes, planes_of, rgb_of

_AT_ONCE = 8  # frames on a GPU; a processor has enough with one


@dataclass(frozen=True, eq=False)
class PortraitAnimator:
    """A portrait that *model* has *seen*, to be drawn into frames of *format* over *base*, inside *box* only.

    *rig* tells how a gesture opens lips and lids and where it carries the head, in pixels of the source, which has
    ``SCALE`` times the resolution of the frames.
    """

    model: Model
    seen: Seen
    square: HeadCrop
    rig: Rig
    format: Format
    base: Planes
    box: Box

    @classmethod
    def of(cls, model: Model, source: Pixels, landmarks: Landmarks, format: Format) -> "PortraitAnimator":
        """Prepare *source*, which has ``SCALE`` times the resolution of *format*; *landmarks* are in its pixels."""
        import torch

        square, side = HeadCrop.around(landmarks), public.SIDE
        head = cv2.resize(square.cut(source, 2 * side), (side, side), interpolation=cv2.INTER_AREA)
        seen = model.look(torch.from_numpy(np.asarray(head, np.float32) / 255).permute(2, 0, 1))
        small = cv2.resize(source, (format.width, format.height), interpolation=cv2.INTER_AREA)
        # Not ``widened``: of the mesh as it is, open eyes have the heights by widths that the public model knows.
        rig = Rig.of(gentle(snap_lips(source, landmarks)))
        base = planes_of(np.asarray(small, np.uint8))
        return cls(model, seen, square, rig, format, base, square.box(SCALE, format))

    def frames(self, gestures: Sequence[Gesture], pulse: Callable[[float], None]) -> Frames:
        """Return a frame for each of *gestures*, made when pulled; *pulse* hears of the progress."""
        at_once = _AT_ONCE if self.model.device == "cuda" else 1

        def batches() -> Iterator[list[Frame]]:
            for start in range(0, len(gestures), at_once):
                pulse(start / len(gestures))
                yield self._batch(list(gestures[start : start + at_once]), partial(pulse, start / len(gestures)))

        return Frames(self.format, len(gestures), batches())

    def points(self, gestures: list[Gesture]) -> Any:
        """Return where the 21 points are in *gestures* (n, 21, 3)."""
        import torch

        head, device = self.seen.head, self.model.device
        # Ours turn right in the picture, the public model's left.
        degrees = np.stack([gesture.degrees * (1, -1, 1) for gesture in gestures]).astype(np.float32)
        given = (degrees, self._shifts(gestures), expression(gestures), *self._openings(gestures))
        turn, shift, moved, lips, eyes = (torch.from_numpy(each).to(device) for each in given)
        return self.model.retargeted(self.seen, head.moved(turn, shift, moved).points(), lips, eyes)

    def _batch(self, gestures: list[Gesture], pulse: Callable[[], None]) -> list[Frame]:
        moving = [gesture for gesture in gestures if not gesture.resting]
        drawn = iter(self._drawn(moving, pulse) if moving else ())
        return [self._frame(self._resting if gesture.resting else next(drawn)) for gesture in gestures]

    @cached_property
    def _resting(self) -> Any:
        """The patch of every frame in which nothing moves: shots begin and end with it, so they join without a seam."""
        still = Gesture(np.zeros(52, np.float32), np.zeros(3, np.float32), np.zeros(2, np.float32), 0.0)
        return self._drawn([still], lambda: None)[0]

    def _drawn(self, gestures: list[Gesture], pulse: Callable[[], None]) -> Any:
        """Return the pixels of the box in each of *gestures*, bytes (n, h, w, 3) on the device."""
        bent = self.model.bent(self.seen, self.points(gestures))
        pulse()  # on a processor both halves take long
        return laid(self.model.drawn(bent), *self._under, self.square.side / SCALE)

    def _frame(self, patch: Any) -> Frame:
        """Return the portrait with *patch* in it; who wants landmarks looks at the picture, which a network drew."""
        import torch

        frame = Frame(self.base.copy())
        frame.cover_on(self.box, patch.clone(memory_format=torch.contiguous_format))
        return frame

    @cached_property
    def _under(self) -> tuple[Any, Any, Any]:
        """What pictures are laid over, on the device: the portrait in the box, shares, and places in the square."""
        import torch

        grid = self.square.grid(self.box, SCALE)
        box = rgb_of(self.base)[self.box.top : self.box.bottom, self.box.left : self.box.right]
        given = (np.asarray(box.transpose(2, 0, 1), np.float32) / 255, shares(grid), grid)
        base, share, places = (torch.from_numpy(np.ascontiguousarray(each)).to(self.model.device) for each in given)
        return base, share, places

    def _shifts(self, gestures: list[Gesture]) -> Floats:
        """Return how far (n, 2), in units of the square, a head is carried whose neck stays: it turns on that."""
        way, shift = self.square.way, self.seen.head.shift[0, :2].cpu().numpy()
        middle = np.append((shift - way[:, 2]) @ np.linalg.inv(way[:, :2]).T, self.rig.pivot[2])
        carried = np.stack([self.rig.head(gesture.degrees).carry(middle) - middle for gesture in gestures])
        return np.asarray(carried[:, :2] @ way[:, :2].T, np.float32)

    def _openings(self, gestures: list[Gesture]) -> tuple[Floats, Floats]:
        """Return how far lips (n, 2) and eyes (n, 3) are open in the portrait and shall be, as ``retargeted`` asks."""
        rest, meshes = self.rig.rest, [self.rig.expressed(gesture.coefficients) for gesture in gestures]
        lips = [(lips_open(rest), lips_open(mesh)) for mesh in meshes]
        eyes = [(*eyes_open(rest), eyes_open(mesh).mean()) for mesh in meshes]
        return np.asarray(lips, np.float32), np.asarray(eyes, np.float32)
