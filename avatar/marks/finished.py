"""Read the marks back from a finished file, as anyone would who gets it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avatar.errors import CredentialError, InputError
from avatar.marks.look import PictureFinding, look_for_mark
from avatar.marks.sound import MarkFinding, Sound, detect_in
from avatar.media.footage import opened

_PIECE = 10  # seconds


@dataclass(frozen=True)
class Marks:
    """What was found in a file's *picture* and in its *sound*."""

    picture: PictureFinding
    sound: MarkFinding


def marks_in(path: Path) -> Marks:
    """Look for both marks in the mp4 file at *path*.

    Raises:
        InputError: it cannot be read as a video.
        WeightsError: the weights of the sound mark are not here.
    """
    with opened(path) as container:
        audio = next(iter(container.streams.audio), None)
        rate = audio.rate if audio else 0
    heard = detect_in(_sound_in(path, rate), rate) if rate else MarkFinding(0.0, found=False)
    return Marks(look_for_mark(path), heard)


def require_marks(path: Path) -> Marks:
    """Return the marks in the mp4 file at *path*, which must have both.

    Raises:
        CredentialError: ``mark.not-found``; such a file must not leave.
    """
    marks = marks_in(path)
    missing = [name for name, mark in (("picture", marks.picture), ("sound", marks.sound)) if not mark.found]
    if missing:
        raise CredentialError(
            f"no mark can be read back from the {' or the '.join(missing)} of the finished video, so it stays here; "
            "name engines that mark what they make (picture: h264), and make it a second long or more",
            code="mark.not-found",
        )
    return marks


def _sound_in(path: Path, rate: int) -> Iterator[Sound]:
    """Give the sound of the file at *path* as mono, in pieces of some seconds."""
    import av

    held: list[Sound] = []
    with opened(path) as container:
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=rate)
        try:
            for frame in container.decode(container.streams.audio[0]):
                held += [each.to_ndarray()[0] for each in resampler.resample(frame)]
                if sum(map(len, held)) >= _PIECE * rate:
                    yield np.concatenate(held)
                    held = []
        except av.error.FFmpegError as error:
            raise InputError(
                f"the sound of {path.name} is damaged; convert it again", code="media.unreadable"
            ) from error
    if held:
        yield np.concatenate(held)
