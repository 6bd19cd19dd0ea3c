"""Stills laid over frames, plane by plane: what they do not cover passes bit-exact."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.media.decode import batched
from avatar.media.frames import Box, Frame, Frames, Planes, planes_of, split_planes

_OPAQUE_WEIGHT = 256  # the weight of an opaque pixel that is fully shown

Weight = NDArray[np.uint16]  # (height, width) of a plane: 0 (clear) to 256 (opaque), or a colour times that


class Overlay:
    """A still with transparency, *rgba* (height, width, 4) of even size, its left top at *left*, *top* (even)."""

    def __init__(self, rgba: NDArray[np.uint8], left: int, top: int) -> None:
        height, width = rgba.shape[:2]
        self.box = Box(left, top, left + width, top + height)
        alpha = rgba[..., 3].astype(np.float32)
        quarter = cv2.resize(alpha, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        self._colours = [
            plane.astype(np.uint16) for plane in split_planes(planes_of(np.ascontiguousarray(rgba[..., :3])))
        ]
        self._alphas = [np.rint(each / 255 * _OPAQUE_WEIGHT).astype(np.uint16) for each in (alpha, quarter, quarter)]
        self._shown: tuple[int, list[tuple[Weight, Weight]]] = (-1, [])

    def onto(self, planes: Planes, strength: float) -> None:
        """Blend this still into *planes*, *strength* from 0 (not at all) to 1."""
        for plane, (kept, added), step in zip(split_planes(planes), self._terms(strength), (1, 2, 2), strict=True):
            box = self.box
            part = plane[box.top // step : box.bottom // step, box.left // step : box.right // step]
            part[:] = (part * kept + added) >> 8

    def _terms(self, strength: float) -> list[tuple[Weight, Weight]]:
        """Return, for each plane, the weight of what is below and the weighted still; computed once per strength."""
        level = round(strength * _OPAQUE_WEIGHT)
        if self._shown[0] != level:
            weights = [(alpha.astype(np.uint32) * level // _OPAQUE_WEIGHT).astype(np.uint16) for alpha in self._alphas]
            # 255 * 256 + 128 is the most that a sum can be: it fits 16 bits.
            pairs = zip(weights, self._colours, strict=True)
            self._shown = (
                level,
                [(_OPAQUE_WEIGHT - weight, colour * weight + np.uint16(128)) for weight, colour in pairs],
            )
        return self._shown[1]


@dataclass(frozen=True, eq=False)
class OverlaySpan:
    """*overlay* shown on frames [*first*, *last*), coming and going over *fade* frames."""

    overlay: Overlay
    first: int
    last: int
    fade: int = 0

    def strength(self, frame: int) -> float:
        """Return how strongly the overlay shows on *frame*: a smooth step up and down."""
        if not self.first <= frame < self.last:
            return 0.0
        near = min(frame - self.first + 1, self.last - frame)
        share = min(1.0, near / (self.fade + 1))
        return share * share * (3 - 2 * share)


def overlay_frames(frames: Frames, showings: Sequence[OverlaySpan]) -> Frames:
    """Return *frames* with *showings* on them."""
    return Frames(frames.format, frames.count, batched(_blend(frames, showings))) if showings else frames


def _blend(frames: Frames, showings: Sequence[OverlaySpan]) -> Iterator[Frame]:
    for number, frame in enumerate(chain.from_iterable(frames.batches)):
        shown = [(each.overlay, each.strength(number)) for each in showings]
        visible = [(overlay, strength) for overlay, strength in shown if strength > 0]
        if visible:
            # A copy: the source may hand out the same still planes again.
            planes = frame.settle().copy()
            for overlay, strength in visible:
                overlay.onto(planes, strength)
            frame = Frame(planes)
        yield frame
