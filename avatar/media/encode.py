"""Frames become H.264 files that can be joined without encoding them again."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from avatar.errors import EngineError
from avatar.media.frames import Frames, Planes
from avatar.runtime.atomic import atomic_write

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import OutputContainer
    from av.video.stream import VideoStream

CRF = 20
# One preset for everything that may ever stand in one video: a preset decides the headers that all its shots share.
# Measured at 512 x 512, one thread, crf 20, ms a frame: veryfast 2.6, faster 5.0, fast 6.4, medium 9.1. Superfast that
# looks ahead and refines as veryfast does takes 0.88 of its time, 0.75 where everything moves, for as many bytes (1 %
# more where everything moves) and 0.1 dB less. Without the refinement it would be 0.7, and marks be lost in copies.
PRESET = "superfast"
_X264_PARAMS = "mbtree=1:rc-lookahead=10:subme=2"
_GOP_S = 2
_BT601_TAGS = {
    "colorspace": 6,
    "color_primaries": 6,
    "color_trc": 6,
    "color_range": 1,
}  # ITU-T H.273: SMPTE 170M, limited

BITEXACT_OPTIONS = {
    "fflags": "+bitexact",
    "movflags": "+faststart",
}  # no clock, no library version; the index before the pictures


def encode(frames: Frames, to: Path, *, crf: int = CRF, pulse: Callable[[float], None] = lambda _: None) -> None:
    """Encode *frames* into the mp4 file *to*, without sound: the same frames always give the same bytes.

    *pulse* is told the fraction done after each batch.

    Raises:
        EngineError: when the stream did not hold exactly ``frames.count`` frames.
    """
    import av

    done = 0
    with (
        atomic_write(to) as beside,
        av.open(str(beside), "w", format="mp4", container_options=BITEXACT_OPTIONS) as container,
    ):
        stream = _add_stream(container, frames, crf)
        for batch in frames.batches:
            for frame in batch:
                container.mux(stream.encode(_to_video_frame(frame.settle(), done, frames.format.rate)))
                done += 1
            pulse(done / max(frames.count, done))
        container.mux(stream.encode(None))
        if done != frames.count:
            raise EngineError(f"{frames.count} frames were promised and {done} came", code="picture.frames-lost")


def _add_stream(container: "OutputContainer", frames: Frames, crf: int) -> "VideoStream":
    from av.codec.context import Flags

    group = max(1, round(frames.format.rate * _GOP_S))
    # stitchable: headers do not depend on crf, so a card and a shot of another quality still join.
    x264 = f"keyint={group}:min-keyint={group}:scenecut=0:open-gop=0:threads=1:stitchable=1:{_X264_PARAMS}"
    stream = container.add_stream(
        "libx264", rate=frames.format.rate, options={"preset": PRESET, "crf": str(crf), "x264-params": x264}
    )
    context = stream.codec_context
    context.width, context.height, context.pix_fmt = frames.format.width, frames.format.height, "yuv420p"
    context.thread_count = 1
    context.flags |= Flags.bitexact
    for name, value in _BT601_TAGS.items():
        setattr(context, name, value)
    return stream


def _to_video_frame(planes: Planes, number: int, rate: Fraction) -> "VideoFrame":
    import av

    # Shared, not copied: x264 takes a copy of its own before ``encode`` returns.
    picture = av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(planes), format="yuv420p")
    picture.pts, picture.time_base = number, 1 / rate
    return picture
