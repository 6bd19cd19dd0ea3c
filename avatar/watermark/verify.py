"""Read the marks back from a finished file, as anyone would who gets it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from avatar.errors import CredentialError, InputError
from avatar.media.audio.io import read_sound
from avatar.media.container import open_container
from avatar.watermark.audio import (
    AudioWatermark,
    Sound,
    combine_scores,
    detect_audio_watermark,
    score_spans,
    speech_spans,
)
from avatar.watermark.detect import VideoWatermark, detect_watermark

_PIECE_S = 10  # seconds

T = TypeVar("T")


@dataclass(frozen=True)
class Watermarks:
    """What was found in a file's *picture* and in its *sound*."""

    picture: VideoWatermark
    sound: AudioWatermark

    @property
    def found(self) -> bool:
        """Whether there is any mark."""
        return self.picture.found or self.sound.found

    def as_json(self) -> dict[str, Any]:
        """Return these findings as JSON values, shots in hexadecimal: the beginnings of their recipes."""
        picture, shots = asdict(self.picture), [f"{shot:08x}" for shot in self.picture.shots]
        return {"picture": picture | {"shots": shots}, "sound": asdict(self.sound)}

    def explain(self) -> list[str]:
        """Return these findings in plain words, a line for the picture and one for the sound."""
        shots = ", ".join(self.as_json()["picture"]["shots"]) or "none that can be read"
        picture = f"our mark, with the numbers of shots: {shots}" if self.picture.found else "no mark of ours"
        sound = "a mark of synthetic speech" if self.sound.found else "no mark"
        return [f"picture: {picture} [score {self.picture.score}]", f"sound: {sound} [score {self.sound.score}]"]


def detect_watermarks(path: Path) -> Watermarks:
    """Look for both marks in the file at *path*: an mp4 video, or sound alone.

    Raises:
        InputError: it cannot be read.
        WeightsError: the weights of the sound mark are not here.
    """
    if not path.is_file():
        raise InputError(f"there is no file {path}", code="file.missing")
    with path.open("rb") as file:
        is_video = file.read(8)[4:] == b"ftyp"
    if is_video:
        return _detect_in_video(path)
    return Watermarks(VideoWatermark(0.0, found=False), detect_audio_watermark(*read_sound(path)))


def _detect_in_video(path: Path) -> Watermarks:
    # Side by side: each takes seconds of a minute, and neither needs the other. Who has seen the picture helps listen.
    spans = _SharedIterator(_speech_spans(path))
    with ThreadPoolExecutor(1, thread_name_prefix="marks") as beside:
        heard = beside.submit(score_spans, spans)
        seen = detect_watermark(path)
        return Watermarks(seen, combine_scores(score_spans(spans) + heard.result()))


class _SharedIterator(Iterator[T]):
    """Gives each of *things* to whichever thread asks first; they are made one at a time."""

    def __init__(self, things: Iterator[T]) -> None:
        self._things, self._lock = things, threading.Lock()

    def __next__(self) -> T:
        with self._lock:
            return next(self._things)


def _speech_spans(path: Path) -> Iterator[Sound]:
    with open_container(path) as container:
        audio = next(iter(container.streams.audio), None)
        rate = audio.rate if audio else 0
    return speech_spans(_decode_audio(path, rate), rate) if rate else iter(())


def require_watermarks(path: Path) -> Watermarks:
    """Return the marks in the mp4 file at *path*, which must have both.

    Raises:
        CredentialError: when a mark cannot be read back; code ``mark.not-found``. Such a file must not leave.
    """
    marks = detect_watermarks(path)
    missing = [name for name, mark in (("picture", marks.picture), ("sound", marks.sound)) if not mark.found]
    if missing:
        raise CredentialError(
            f"no mark can be read back from the {' or the '.join(missing)} of the finished video, so it stays here; "
            "name engines that mark what they make (picture: h264), and make it a second long or more",
            code="mark.not-found",
        )
    return marks


def _decode_audio(path: Path, rate: int) -> Iterator[Sound]:
    """Give the sound of the file at *path* as mono, in pieces of some seconds."""
    import av

    held: list[Sound] = []
    length = 0
    with open_container(path) as container:
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=rate)
        try:
            for frame in container.decode(container.streams.audio[0]):
                held += [each.to_ndarray()[0] for each in resampler.resample(frame)]
                length += frame.samples
                if length >= _PIECE_S * rate:
                    yield np.concatenate(held)
                    held, length = [], 0
        except av.error.FFmpegError as error:
            raise InputError(
                f"the sound of {path.name} is damaged; convert it again", code="media.unreadable"
            ) from error
    if held:
        yield np.concatenate(held)
