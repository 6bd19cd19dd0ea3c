"""Two versions of a video next to each other, each with its name on it."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from avatar.errors import InputError
from avatar.media.audio.extract import extract_audio
from avatar.media.audio.io import write_sound
from avatar.media.decode import VideoInfo, batched, decode, probe
from avatar.media.encode import encode
from avatar.media.frames import Format, Frame, Frames, planes_of, rgb_of
from avatar.media.join import Clip, join
from avatar.media.layout import side_by_side
from avatar.media.overlay import OverlaySpan, overlay_frames
from avatar.media.titles import draw_label

_BACKGROUND = "#12161c"


def compare_side_by_side(one: Path, other: Path, names: tuple[str, str], to: Path) -> None:
    """Write the mp4 *to*: the mp4 *one* at the left, *other* at the right, as high as the higher of them.

    Sound and frame rate are those of *one*. The shorter of them stands still at its end.

    Raises:
        InputError: when both are the same file; code ``compare.same``.
    """
    if one.resolve() == other.resolve():
        raise InputError(f"{one.name} would be compared with itself; name two files", code="compare.same")
    reels = probe(one), probe(other)
    rate, height = reels[0].format.rate, max(reel.format.height for reel in reels)
    count = max(int(reel.count * rate / reel.format.rate) for reel in reels)
    panels = []
    for path, reel, name in zip((one, other), reels, names, strict=True):
        shape = Format(max(2, round(reel.format.width * height / reel.format.height / 2) * 2), height, rate)
        panels.append(_add_label(Frames(shape, count, batched(_retime(path, reel, shape, count))), name))
    with TemporaryDirectory(dir=to.parent, prefix=".") as room:
        piece = Clip(Path(room) / "picture.mp4", Path(room) / "sound.wav")
        encode(side_by_side(panels, _BACKGROUND), piece.picture)
        write_sound(Path(room) / "sound.wav", [extract_audio(one)])
        join([piece], to)


def _retime(path: Path, reel: VideoInfo, shape: Format, count: int) -> Iterator[Frame]:
    """Give *count* frames of *path* in *shape*: at each moment the frame that is seen then, the last one for ever."""
    frames, at = chain.from_iterable(decode(path).batches), -1
    shown = None
    for number in range(count):
        # In the middle of a frame: there no rounding decides between two.
        due = min(reel.count - 1, int((2 * number + 1) * reel.format.rate / (2 * shape.rate)))
        while at < due:
            shown, at = next(frames).settle(), at + 1
        assert shown is not None
        if (shown.shape[1], shown.shape[0] * 2 // 3) == (shape.width, shape.height):
            yield Frame(shown.copy())
        else:
            size = shape.width, shape.height
            yield Frame(
                planes_of(np.asarray(cv2.resize(rgb_of(shown), size, interpolation=cv2.INTER_LINEAR), np.uint8))
            )


def _add_label(frames: Frames, name: str) -> Frames:
    return overlay_frames(frames, [OverlaySpan(draw_label(name, frames.format), 0, frames.count)])
