"""What intake does with a film of someone speaking: its pictures and its sound, apart."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from avatar.errors import InputError
from avatar.media import strangers
from avatar.media.decode import look
from avatar.media.footage import Demuxer, opened
from avatar.media.sound import LONGEST_SECONDS, Sound, write_sound
from avatar.media.timeline import SAMPLE_RATE
from avatar.media.whole import whole

if TYPE_CHECKING:
    from av.container import InputContainer

_CODECS = ("aac", "opus", "vorbis", "mp3", "flac", "pcm_s16le")


def film(path: Path, to: Path) -> None:
    """Write the pictures of the mp4, mov or webm file at *path* as mp4, packet by packet, and nothing else of it."""
    if _demuxer(path) == "mov":
        return strangers.footage(path, to)
    strangers.check_pictures(path, "matroska")
    with whole(to) as beside:
        strangers.copy_pictures(path, beside, "matroska")
        look(beside)
    return None


def film_sound(path: Path, to: Path) -> None:
    """Write the sound of the mp4, mov or webm file at *path* as mono 16-bit WAV at 48 kHz.

    Raises: InputError, with code ``media.no-sound``, ``media.not-allowed``, ``sound.too-long`` or ``media.truncated``.
    """
    with opened(path, _demuxer(path)) as container:
        if len(container.streams.audio) != 1:
            raise InputError(f"{path.name} must hold exactly one sound track; record it again", code="media.no-sound")
        context = container.streams.audio[0].codec_context
        if context.name not in _CODECS:
            raise InputError(f"the sound of {path.name} is coded as {context.name}; use AAC", code="media.not-allowed")
        write_sound(to, _sound(container, path.name))


def _sound(container: "InputContainer", name: str) -> Iterator[Sound]:
    import av

    turn = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    heard = 0
    try:
        for frame in container.decode(container.streams.audio[0]):
            for piece in turn.resample(frame):
                heard += piece.samples
                yield np.nan_to_num(piece.to_ndarray().reshape(-1).astype(np.float32))
            if heard > LONGEST_SECONDS * SAMPLE_RATE:
                raise InputError(f"{name} is longer than {LONGEST_SECONDS} s; record it again", code="sound.too-long")
    except av.error.FFmpegError as error:
        raise InputError(f"the sound of {name} breaks off; record it again", code="media.truncated") from error
    if heard == 0:
        raise InputError(f"{name} holds no sound; record it again", code="media.no-sound")


def _demuxer(path: Path) -> Demuxer:
    with path.open("rb") as file:
        return "matroska" if file.read(4) == b"\x1a\x45\xdf\xa3" else "mov"
