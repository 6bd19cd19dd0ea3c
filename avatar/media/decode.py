"""Video files become frames: decoded once, straight to I420 planes."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from avatar.errors import InputError
from avatar.media.container import PacketIndex, open_container, read_packet_index
from avatar.media.frames import Format, Frame, Frames, Planes

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer

BATCH_FRAMES = 8
# A seek goes by decoding order, which runs ahead of the order shown by fewer pictures than this.
_MAX_REORDER_FRAMES = 16
_BT709_COLORSPACE, _BT601_COLORSPACE = 1, 5
_FULL_COLOR_RANGE = 2
_MIN_HD_LINES = 720


@dataclass(frozen=True)
class VideoInfo:
    """What a video file holds: pictures of *format*, *count* of them on its constant rate."""

    format: Format
    count: int


def probe(path: Path) -> VideoInfo:
    """Return what the mp4 file at *path* holds, as :func:`decode` would give it."""
    return _probe(path)[0]


def decode(path: Path, start: int = 0, count: int | None = None) -> Frames:
    """Return frames [*start*, *start* + *count*) of the mp4 file at *path* (default: all), lazily.

    Pictures are turned as the file's rotation says, cropped to even sizes, and brought to BT.601 limited range.

    Raises:
        InputError: when it has fewer frames; code ``footage.too-short``; or a file that cannot be read.
    """
    reel, index = _probe(path)
    wanted = reel.count - start if count is None else count
    if start < 0 or wanted < 1 or start + wanted > reel.count:
        raise InputError(too_short_message(start + wanted, reel.count, reel.format.rate), code="footage.too-short")
    return Frames(reel.format, wanted, batched(_frames(path, index, start, wanted)))


def decode_luma(path: Path) -> tuple[VideoInfo, Iterator[tuple[int, Planes]]]:
    """Return what the mp4 file at *path* holds, and Y planes (h, w) with their places, to be looked at only.

    These are the pictures that others are predicted from. The others, half of all or none, hold the least that is new
    and cost as much to decode; where a file is damaged, pictures are missing.

    Raises:
        InputError: as :func:`decode`, but not for what is damaged.
    """
    reel, index = _probe(path)
    return reel, _decode_luma(path, index)


def _decode_luma(path: Path, index: PacketIndex) -> Iterator[tuple[int, Planes]]:
    slots = index.slots
    with open_container(path) as container:
        container.streams.video[0].codec_context.skip_frame = "NONREF"
        _seek(container, index, 0)
        for picture in _decode_pictures(container):
            place = int(np.searchsorted(index.times, picture.pts or 0))
            if place < len(index.times) and index.times[place] == picture.pts:
                yield int(slots[place]), _plane(_convert(picture))


def thumbnail(path: Path, count: int) -> tuple[VideoInfo, Iterator[tuple[int, Frame]]]:
    """Return what the mp4 file at *path* holds, and *count* frames of it (or all), evenly spaced, each with its place.

    Raises:
        InputError: as :func:`decode`.
    """
    reel, index = _probe(path)
    number = min(count, reel.count)
    places = ((2 * n + 1) * reel.count // (2 * number) for n in range(number))
    return reel, ((place, next(_frames(path, index, place, 1))) for place in places)


def _probe(path: Path) -> tuple[VideoInfo, PacketIndex]:
    with open_container(path) as container:
        index = read_packet_index(container)
        _seek(container, index, 0)
        first = next(_decode_pictures(container), None)
    if first is None:
        raise InputError(f"no picture of {path.name} can be decoded; convert it again", code="media.unreadable")
    width, height = first.width // 2 * 2, first.height // 2 * 2
    if _quarter_turns(first) % 2:
        width, height = height, width
    return VideoInfo(Format(width, height, index.rate), int(index.slots[-1])), index


def too_short_message(needed: int, held: int, rate: Fraction) -> str:
    """Say that footage has *held* frames where *needed* are wanted."""
    return (
        f"the script needs {float(needed / rate):.1f} s of footage and there are {float(held / rate):.1f} s; "
        "bring longer footage or shorten the script"
    )


def batched(frames: Iterator[Frame]) -> Iterator[list[Frame]]:
    """Gather *frames* into the small batches that ``Frames`` flow in."""
    batch: list[Frame] = []
    for frame in frames:
        batch.append(frame)
        if len(batch) == BATCH_FRAMES:
            yield batch
            batch = []
    if batch:
        yield batch


def _frames(path: Path, index: PacketIndex, start: int, count: int) -> Iterator[Frame]:
    made, slots = 0, index.slots
    with open_container(path) as container:
        _seek(container, index, start)
        for picture in _decode_pictures(container):
            place = int(np.searchsorted(index.times, picture.pts or 0))
            if place == len(index.times) or index.times[place] != picture.pts:
                continue
            shown = range(max(int(slots[place]), start + made), min(int(slots[place + 1]), start + count))
            if len(shown) and shown.start != start + made:
                break
            if shown:
                planes = to_planes(picture)
                yield from (Frame(planes.copy()) for _ in shown[1:])
                yield Frame(planes)
                made += len(shown)
            if made == count:
                return
    raise InputError(f"frame {start + made} of {path.name} is damaged; convert it again", code="footage.damaged")


def _seek(container: "InputContainer", index: PacketIndex, start: int) -> None:
    place = int(np.searchsorted(index.slots, start, side="right")) - 1
    before = int(index.times[max(0, place - _MAX_REORDER_FRAMES)])
    container.seek(before, stream=container.streams.video[0])


def _decode_pictures(container: "InputContainer") -> Iterator["VideoFrame"]:
    import av

    stream = container.streams.video[0]
    stream.codec_context.thread_count = 1
    try:
        yield from container.decode(stream)
    except av.error.FFmpegError:
        return  # the caller counts, and says which frame is missing


def to_planes(picture: "VideoFrame") -> Planes:
    """Return the I420 planes of a decoded *picture*: upright, of even size, BT.601 limited range."""
    picture = _convert(picture)
    parts = [_plane(picture, number) for number in range(3)]
    return np.concatenate([part.reshape(-1) for part in parts]).reshape(-1, parts[0].shape[1])


def _plane(picture: "VideoFrame", number: int = 0) -> Planes:
    """Return plane *number* of *picture*, upright: a view of the picture's own memory, where that is possible."""
    plane, step = picture.planes[number], 2 if number else 1
    lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    height, width = picture.height // 2 * 2 // step, picture.width // 2 * 2 // step
    return np.rot90(lines[:height, :width], _quarter_turns(picture))


def _convert(picture: "VideoFrame") -> "VideoFrame":
    full = picture.color_range == _FULL_COLOR_RANGE or picture.format.name.startswith("yuvj")
    hd = picture.colorspace == _BT709_COLORSPACE or (picture.colorspace == 2 and picture.height >= _MIN_HD_LINES)
    if picture.format.name == "yuv420p" and not full and not hd:
        return picture
    return picture.reformat(
        format="yuv420p",
        src_colorspace=_BT709_COLORSPACE if hd else _BT601_COLORSPACE,
        dst_colorspace=_BT601_COLORSPACE,
        src_color_range=2 if full else 1,
        dst_color_range=1,
        threads=1,
    )


def _quarter_turns(picture: "VideoFrame") -> int:
    return round(picture.rotation / 90) % 4
