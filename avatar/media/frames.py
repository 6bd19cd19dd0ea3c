"""Frames that flow: planes are decoded once, only the touched region becomes RGB, and it is encoded once.

A chain of steps passes ``Frames`` along lazily; each step pulls from the one before it. A frame stays in I420 planes
(BT.601 limited range, as OpenCV converts it) until a step asks to edit a region; the region then stays RGB through all
later steps and is written back to the planes just before the encoder, so untouched pixels pass bit-exact and no pixel
makes the lossy trip twice. Where a step works on a GPU, the region goes there once and stays until somebody needs it
here: another such step finds it there, and only the encoder's pixels come back.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.runtime.jit import lazy_njit

# BT.601, limited range: Y 16 to 235, U and V 16 to 240 around 128.
Planes = NDArray[np.uint8]  # (height * 3 / 2, width): Y, then U and V as OpenCV lays out I420
Pixels = NDArray[np.uint8]  # (height, width, 3): red, green, blue, 0 to 255
# The face mesh: x to the right and y down in pixels of the whole frame, z in the same unit, away from the camera.
Landmarks = NDArray[np.float32]  # (468, 3); (468, 2) where depth is not needed


@dataclass(frozen=True)
class Format:
    """The shape of a stream: even *width* and *height* in pixels, *rate* in frames per second (never a float)."""

    width: int
    height: int
    rate: Fraction


def frame_count(seconds: float, rate: Fraction) -> int:
    """Return how many whole frames hold *seconds* of sound (at least one): the length of a shot.

    A thousandth of a frame of slack, so that a float that means 2 s exactly is 50 frames and not 51.
    """
    return max(1, ceil(Fraction(seconds) * rate - Fraction(1, 1000)))


@dataclass(frozen=True)
class Box:
    """A region in pixels, aligned to even coordinates so that chroma samples are never split."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def around(cls, points: NDArray[np.floating], margin: float, within: Format) -> "Box":
        """Return the even box around *points* (n, >=2), grown by *margin* pixels and clipped to the frame."""
        low_x, low_y, high_x, high_y = _extent(np.ascontiguousarray(points, np.float32))
        left, top = (max(0, int(low - margin) // 2 * 2) for low in (low_x, low_y))
        right = min(within.width, (int(high_x + margin) + 2) // 2 * 2)
        bottom = min(within.height, (int(high_y + margin) + 2) // 2 * 2)
        return cls(left, top, max(right, left), max(bottom, top))

    def union(self, other: "Box") -> "Box":
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def covers(self, other: "Box") -> bool:
        return self.union(other) == self

    @property
    def empty(self) -> bool:
        return self.right <= self.left or self.bottom <= self.top


@lazy_njit
def _extent(points: NDArray[np.float32]) -> tuple[float, float, float, float]:
    low_x = high_x = points[0, 0]
    low_y = high_y = points[0, 1]
    for point in range(len(points)):
        x, y = points[point, 0], points[point, 1]
        low_x, high_x = min(low_x, x), max(high_x, x)
        low_y, high_y = min(low_y, y), max(high_y, y)
    return low_x, low_y, high_x, high_y


@dataclass(eq=False)
class Frame:
    """One picture on its way through the chain.

    *landmarks* are the face's 468 mesh points in pixels; ``None`` means no face. They are trusted only when *tracked*
    is true: an animator knows where it put the face, decoded footage has not been looked at yet. *looked_at* says that
    they come from looking at the picture, so its mouth may be in any shape already.
    """

    planes: Planes
    landmarks: Landmarks | None = None
    tracked: bool = False
    looked_at: bool = False
    _box: Box | None = field(default=None, repr=False)
    _patch: Any = field(default=None, repr=False)  # RGB pixels of the box: an array, or a tensor of bytes on a device

    @property
    def width(self) -> int:
        return int(self.planes.shape[1])

    @property
    def height(self) -> int:
        return int(self.planes.shape[0] * 2 // 3)

    @property
    def edited(self) -> tuple[Box, Pixels] | None:
        """What was edited and is not written back yet: where, and its RGB pixels."""
        return None if self._box is None else (self._box, self._pixels())

    @property
    def rgb(self) -> Pixels:
        """The whole picture as it now is, what was edited included: a copy."""
        return rgb_of(self.planes) if self._box is None else self.see(Box(0, 0, self.width, self.height))

    def edit(self, box: Box) -> Pixels:
        """Return the RGB pixels of *box* as a writable view: what is written there becomes the picture."""
        self._reach(box)
        self._patch = self._pixels()
        view: Pixels = self._within(box)
        return view

    def edit_on(self, box: Box, device: str) -> Any:
        """Return the RGB pixels of *box* as ``edit`` does, but as bytes (h, w, 3) on the torch *device*."""
        import torch

        self._reach(box)
        here = self._patch if isinstance(self._patch, torch.Tensor) else torch.from_numpy(self._patch)
        self._patch = here.to(device)
        return self._within(box)

    def cover(self, box: Box, pixels: Pixels) -> Pixels:
        """Make *pixels* the RGB pixels of *box*, whatever was there, and return them as ``edit`` does."""
        if self._box is not None and not box.covers(self._box):
            view = self.edit(box)
            np.copyto(view, pixels)
            return view
        self._box, self._patch = box, pixels
        return pixels

    def cover_on(self, box: Box, pixels: Any) -> None:
        """Make *pixels*, bytes (h, w, 3) on a torch device, those of *box*, as ``cover`` does."""
        if self._box is not None and not box.covers(self._box):
            self.edit_on(box, str(pixels.device)).copy_(pixels)
        else:
            self._box, self._patch = box, pixels

    def see(self, box: Box) -> Pixels:
        """Return the RGB pixels of *box* as the picture now is: a copy, so that looking alone changes no pixel."""
        seen = _crop_rgb(self.planes, box)
        if self._box is not None:
            _copy_overlap(self._pixels(), self._box, seen, box)
        return seen

    def see_on(self, box: Box, device: str) -> Any:
        """Return the RGB pixels of *box* as bytes (h, w, 3) on the torch *device*, to be looked at only."""
        import torch

        if self._box is not None and self._box.covers(box) and isinstance(self._patch, torch.Tensor):
            return self._within(box).to(device)
        return torch.from_numpy(self.see(box)).to(device)

    def settle(self) -> Planes:
        """Write the edited region back to the planes and return them. Call it once, before the encoder."""
        if self._box is not None:
            _paste_patch(self.planes, self._box, self._pixels())
            self._box = self._patch = None
        return self.planes

    def _reach(self, box: Box) -> None:
        """Have what is edited reach as far as *box*."""
        if self._box is None or not self._box.covers(box):
            wider = box if self._box is None else self._box.union(box)
            self._patch = self.see(wider)
            self._box = wider

    def _within(self, box: Box) -> Any:
        assert self._box is not None
        top, left = box.top - self._box.top, box.left - self._box.left
        return self._patch[top : top + box.bottom - box.top, left : left + box.right - box.left]

    def _pixels(self) -> Pixels:
        """Return what is edited, fetched from where it is."""
        there = self._patch
        return there if isinstance(there, np.ndarray) else np.asarray(there.cpu().numpy(), np.uint8)


@dataclass(eq=False)
class Frames:
    """A lazy stream of exactly *count* frames, pulled once, in small batches (a list, so a GPU can work on several)."""

    format: Format
    count: int
    batches: Iterator[list[Frame]]

    def through(self, step: Callable[[list[Frame]], list[Frame]]) -> "Frames":
        """Return these frames with *step* applied to each batch as it passes."""
        return Frames(self.format, self.count, (step(batch) for batch in self.batches))


def planes_of(rgb: Pixels) -> Planes:
    """Return the I420 planes of *rgb*, a whole picture of even size."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420), dtype=np.uint8)


def rgb_of(planes: Planes) -> Pixels:
    """Return a whole picture as RGB (height, width, 3)."""
    return np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2RGB_I420), dtype=np.uint8)


def split_planes(planes: Planes) -> tuple[Planes, Planes, Planes]:
    """Return writable views of Y (h, w), U and V (h/2, w/2) inside *planes*."""
    height, width = planes.shape[0] * 2 // 3, planes.shape[1]
    quarter = height * width // 4
    flat = planes.reshape(-1)
    y = flat[: height * width].reshape(height, width)
    u = flat[height * width : height * width + quarter].reshape(height // 2, width // 2)
    v = flat[height * width + quarter :].reshape(height // 2, width // 2)
    return y, u, v


def _crop_rgb(planes: Planes, box: Box) -> Pixels:
    y, u, v = split_planes(planes)
    half = slice(box.top // 2, box.bottom // 2), slice(box.left // 2, box.right // 2)
    parts = [y[box.top : box.bottom, box.left : box.right], u[half], v[half]]
    joined = np.concatenate([part.reshape(-1) for part in parts])
    return rgb_of(joined.reshape((box.bottom - box.top) * 3 // 2, box.right - box.left))


def _copy_overlap(patch: Pixels, at: Box, onto: Pixels, within: Box) -> None:
    """Copy what *patch*, which lies *at* a place of the picture, shares with *onto*, which lies *within* it."""
    left, right = max(at.left, within.left), min(at.right, within.right)
    top, bottom = max(at.top, within.top), min(at.bottom, within.bottom)
    if left < right and top < bottom:
        onto[top - within.top : bottom - within.top, left - within.left : right - within.left] = patch[
            top - at.top : bottom - at.top, left - at.left : right - at.left
        ]


def _paste_patch(planes: Planes, box: Box, patch: Pixels) -> None:
    whole = planes_of(np.ascontiguousarray(patch))
    if whole.shape == planes.shape:
        np.copyto(planes, whole)
        return
    target, source = split_planes(planes), split_planes(whole)
    for plane, part, step in zip(target, source, (1, 2, 2), strict=True):
        plane[box.top // step : box.bottom // step, box.left // step : box.right // step] = part
