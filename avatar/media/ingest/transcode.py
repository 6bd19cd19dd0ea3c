"""Recordings of browsers and telephones: their sound and their pictures, each decoded and written anew."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from avatar.errors import InputError
from avatar.media.audio.io import Sound, write_sound
from avatar.media.container import PacketIndex, read_packet_index
from avatar.media.decode import batched, to_planes
from avatar.media.encode import encode
from avatar.media.frames import Format, Frame, Frames, Planes
from avatar.media.timeline import SAMPLE_RATE

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer

MAX_RECORDING_S = 180  # seconds
FRAME_RATE = Fraction(25)  # browsers record a picture whenever one comes: such a recording has no rate of its own
_MAX_PIXELS = 1920 * 1080
_MAX_SIDE_PX = 960  # pixels: enough to know a face by, and encoded in the time that intake has
_VIDEO_CODECS = ("h264", "hevc", "vp8", "vp9", "av1", "libdav1d")
_AUDIO_CODECS = ("opus", "aac", "vorbis", "mp3", "mp3float", "pcm_s16le")


def transcode_audio(path: Path, to: Path) -> None:
    """Write the sound of the recording at *path* as mono 16-bit WAV at 48 kHz."""
    with _open(path) as container:
        write_sound(to, _decode_audio(container, path.name))


def transcode_video(path: Path, to: Path) -> None:
    """Write the pictures of the recording at *path* as H.264 at 25 frames per second."""
    with _open(path) as container:
        index = read_packet_index(container)
    with _open(path) as container:
        pictures = _decode_video(container, path.name)
        first = next(pictures, None)
        if first is None:
            raise InputError(f"no picture of {path.name} can be decoded; record it again", code="media.unreadable")
        count = _frame_at(int(index.times[-1]), index) + 1
        if count > MAX_RECORDING_S * FRAME_RATE:
            raise _too_long_error(path.name)
        planes = _scale_down(first)
        height, width = planes.shape[0] * 2 // 3, planes.shape[1]
        frames = _constant_rate(pictures, planes, index, count)
        encode(Frames(Format(width, height, FRAME_RATE), count, batched(frames)), to)


def _constant_rate(pictures: Iterator["VideoFrame"], planes: Planes, index: PacketIndex, count: int) -> Iterator[Frame]:
    """Give *count* frames: each shows the picture that was there at its moment."""
    made, shape = 0, planes.shape
    for picture in pictures:
        until = min(_frame_at(picture.pts or 0, index), count - 1)
        for _ in range(made, until):
            yield Frame(planes.copy())
        made = max(made, until)
        planes = _scale_down(picture)
        if planes.shape != shape:
            raise InputError("the picture changes its size in the middle; record it again", code="media.changed-size")
    for _ in range(made, count):
        yield Frame(planes.copy())


def _frame_at(pts: int, index: PacketIndex) -> int:
    return int((pts - int(index.times[0])) * index.tick * FRAME_RATE)


def _decode_video(container: "InputContainer", name: str) -> Iterator["VideoFrame"]:
    import av

    stream = container.streams.video[0]
    stream.codec_context.thread_count = 1
    try:
        yield from container.decode(stream)
    except av.error.FFmpegError as error:
        raise _damaged_error(name) from error


def _scale_down(picture: "VideoFrame") -> Planes:
    planes = to_planes(picture)
    height, width = planes.shape[0] * 2 // 3, planes.shape[1]
    share = _MAX_SIDE_PX / max(width, height)
    if share >= 1:
        return planes
    size = (max(2, round(width * share / 2) * 2), max(2, round(height * share / 2) * 2))
    rgb = cv2.resize(cv2.cvtColor(planes, cv2.COLOR_YUV2RGB_I420), size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420), np.uint8)


def _decode_audio(container: "InputContainer", name: str) -> Iterator[Sound]:
    import av

    # Channels stay apart until they are averaged here: FFmpeg's own mix of two would be louder, and clip.
    resampler, samples = av.AudioResampler(format="fltp", rate=SAMPLE_RATE), 0
    try:
        for frame in container.decode(container.streams.audio[0]):
            for piece in resampler.resample(frame):
                samples += piece.samples
                if samples > MAX_RECORDING_S * SAMPLE_RATE:
                    raise _too_long_error(name)
                yield np.nan_to_num(piece.to_ndarray().mean(axis=0, dtype=np.float32))
    except av.error.FFmpegError as error:
        raise _damaged_error(name) from error
    if not samples:
        raise InputError(f"{name} holds no sound; record it again", code="sound.empty")


@contextmanager
def _open(path: Path) -> Iterator["InputContainer"]:
    """Open the mp4 or webm file at *path*: no other format, no other file, no network, whatever its bytes say."""
    import av

    with path.open("rb") as file:
        webm = file.read(4) == b"\x1aE\xdf\xa3"
    options = {"protocol_whitelist": "file"} if webm else {"protocol_whitelist": "file", "enable_drefs": "0"}
    try:
        container = av.open(str(path.resolve()), format="matroska" if webm else "mov", container_options=options)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise InputError(f"{path.name} cannot be read as a video; record it again", code="media.unreadable") from error
    with container:
        _check_streams(container, path.name)
        yield container


def _check_streams(container: "InputContainer", name: str) -> None:
    if len(container.streams.video) != 1 or len(container.streams.audio) != 1:
        raise InputError(f"{name} must hold one picture and one sound, no more, no less", code="media.streams")
    picture, sound = container.streams.video[0].codec_context, container.streams.audio[0].codec_context
    if picture.name not in _VIDEO_CODECS or sound.name not in _AUDIO_CODECS:
        raise InputError(
            f"{name} is coded as {picture.name} and {sound.name}; convert it to H.264 and AAC",
            code="media.not-allowed",
        )
    if picture.width * picture.height > _MAX_PIXELS:
        raise InputError(
            f"{name} is {picture.width}x{picture.height}; record at most 1920x1080", code="media.too-large"
        )


def _too_long_error(name: str) -> InputError:
    return InputError(
        f"{name} is longer than {MAX_RECORDING_S // 60} minutes; record a shorter one", code="media.too-long"
    )


def _damaged_error(name: str) -> InputError:
    return InputError(f"{name} is damaged; record it again", code="media.unreadable")
