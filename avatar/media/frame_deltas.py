"""What a step drew, frame by frame, so that it need not draw it again: patches, never whole frames.

A file of patches is a zip. ``frames.json`` has the format and, for each frame, the box of its patch and what is known
of its face; the arrays beside it are differences, modulo 256, from the frame that the step was given (or, where it was
given none, from the planes before): what a step left alone is zeros, which take no room. Laid over the same frames they
give the same bytes.
"""

import zipfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from io import BytesIO
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from avatar.errors import EngineError, StoreError
from avatar.media.decode import batched
from avatar.media.frames import Box, Format, Frame, Frames, Planes
from avatar.runtime.atomic import atomic_write

_DEFLATE_LEVEL = 1  # of 9: zeros are gone at once, and what a network drew hardly gets smaller


class _FrameDelta(BaseModel):
    """One frame: the box of its patch (left, top, right, bottom), and what a ``Frame`` says of its face."""

    model_config = ConfigDict(frozen=True)

    box: tuple[int, int, int, int] | None
    planes: bool  # whether there is a difference of planes, too
    face: bool
    tracked: bool
    looked_at: bool


class _Contents(BaseModel):
    """What ``frames.json`` says."""

    model_config = ConfigDict(frozen=True)

    width: int
    height: int
    rate: Fraction
    frames: tuple[_FrameDelta, ...]


def write_deltas(
    frames: Frames, over: Frames | None, to: Path, pulse: Callable[[float], None] = lambda _: None
) -> None:
    """Pull *frames* and write to *to* how they differ from *over*, the frames that they were drawn over, if any.

    They are held one at a time. What was written goes when a frame fails.

    Raises:
        EngineError: when there are more or fewer of them, or they have another size or rate; code ``patches.unlike``.
    """
    if over is not None and _shape(over) != _shape(frames):
        raise EngineError(
            f"keep_patches: the step was given {_describe(over)} and makes {_describe(frames)}; what it draws can be "
            "kept where both are alike: leave keep_patches out of its stage",
            code="patches.unlike",
        )
    under, kept = _base_frames(over), []
    with atomic_write(to) as beside, zipfile.ZipFile(beside, "w") as file:
        for number, frame in enumerate(_flatten(frames)):
            given = next(under)
            kept.append(_write_frame(file, number, frame, given))
            if over is None:
                under = repeat(Frame(frame.planes))
            pulse((number + 1) / frames.count)
        shape = frames.format
        told = _Contents(width=shape.width, height=shape.height, rate=shape.rate, frames=tuple(kept))
        _add_entry(file, "frames.json", told.model_dump_json().encode())


def apply_deltas(path: Path, over: Frames | None) -> Frames:
    """Return the frames that the patches at *path* were made of, drawn over the same frames again, lazily.

    Raises:
        StoreError: when *over* are other frames than those; code ``store.patches``.
    """
    with zipfile.ZipFile(path) as file:
        told = _Contents.model_validate_json(file.read("frames.json"))
    shape = Format(told.width, told.height, told.rate)
    frames = Frames(shape, len(told.frames), batched(_apply_each(path, told.frames, over)))
    if over is not None and _shape(over) != _shape(frames):
        raise StoreError(
            f"patches for {_describe(frames)} cannot be laid over {_describe(over)}; run the production again",
            code="store.patches",
        )
    return frames


def _shape(frames: Frames) -> tuple[Format, int]:
    return frames.format, frames.count


def _describe(frames: Frames) -> str:
    return f"{frames.count} frames of {frames.format.width}x{frames.format.height} at {frames.format.rate} a second"


def _flatten(frames: Frames) -> Iterator[Frame]:
    return (frame for batch in frames.batches for frame in batch)


def _base_frames(over: Frames | None) -> Iterator[Frame | None]:
    return repeat(None) if over is None else _flatten(over)


def _write_frame(file: zipfile.ZipFile, number: int, frame: Frame, given: Frame | None) -> _FrameDelta:
    planes = given is None or not np.array_equal(frame.planes, given.planes)
    if planes:
        _write_array(file, f"planes-{number}", frame.planes if given is None else frame.planes - given.planes)
    box = None
    if frame.edited is not None:
        box, pixels = frame.edited
        _write_array(file, f"patch-{number}", pixels - (given or Frame(frame.planes)).see(box))
    if frame.landmarks is not None:
        _write_array(file, f"face-{number}", frame.landmarks)
    return _FrameDelta(
        box=box and (box.left, box.top, box.right, box.bottom),
        planes=planes,
        face=frame.landmarks is not None,
        tracked=frame.tracked,
        looked_at=frame.looked_at,
    )


def _apply_each(path: Path, kept: tuple[_FrameDelta, ...], over: Frames | None) -> Iterator[Frame]:
    under: Iterator[Frame | None] = _base_frames(over)
    with zipfile.ZipFile(path) as file:
        for number, each in enumerate(kept):
            given = next(under)
            planes = _planes(file, number, each, given)
            if over is None:
                under = repeat(Frame(planes.copy()))  # whoever takes the frame may write into its planes
            face = _read_array(file, f"face-{number}") if each.face else None
            frame = Frame(planes, face, tracked=each.tracked, looked_at=each.looked_at)
            if each.box is not None:
                box = Box(*each.box)
                frame.cover(box, (given or Frame(planes)).see(box) + _read_array(file, f"patch-{number}"))
            yield frame


def _planes(file: zipfile.ZipFile, number: int, kept: _FrameDelta, given: Frame | None) -> Planes:
    changed: Planes | None = _read_array(file, f"planes-{number}") if kept.planes else None
    if given is None:
        assert changed is not None
        return changed
    return given.planes.copy() if changed is None else given.planes + changed


def _write_array(file: zipfile.ZipFile, name: str, values: NDArray[Any]) -> None:
    plain = BytesIO()
    np.lib.format.write_array(plain, np.ascontiguousarray(values), allow_pickle=False)
    _add_entry(file, name, plain.getvalue())


def _add_entry(file: zipfile.ZipFile, name: str, data: bytes) -> None:
    # A ``ZipInfo``, not a name: with a name goes the time, and the same patches must be the same bytes.
    file.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, _DEFLATE_LEVEL)


def _read_array(file: zipfile.ZipFile, name: str) -> NDArray[Any]:
    with file.open(name) as entry:
        return np.asarray(np.lib.format.read_array(entry, allow_pickle=False))
