"""Sound files read with limits, and written piece by piece."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InputError
from avatar.media.audio.room_tone import room_tone
from avatar.media.timeline import SAMPLE_RATE
from avatar.runtime.atomic import atomic_write

if TYPE_CHECKING:
    import soundfile

Sound = NDArray[np.float32]  # (samples,), mono, full scale at 1.0

PIECE_SAMPLES = 1 << 16  # samples read at once
MAX_SOUND_S = 600
_FORMATS = ("WAV", "WAVEX", "FLAC", "OGG", "MP3")
_MAX_CHANNELS = 8
_MIN_SAMPLE_RATE_HZ, _MAX_SAMPLE_RATE_HZ = 8_000, 192_000


def read_sound(path: Path, *, longest: float = MAX_SOUND_S) -> tuple[Sound, int]:
    """Return the sound in the file *path*, its channels averaged, and its sample rate in Hz.

    Raises:
        InputError: when the file cannot be read; code ``sound.unreadable``; when it is longer than *longest* seconds;
            code ``sound.too-long``; when it holds no samples; code ``sound.empty``; when its format, channels or sample
            rate are not allowed; code ``sound.not-allowed``.
    """
    with _open(path) as file:
        if file.frames > longest * file.samplerate:
            raise InputError(f"{path.name} is longer than {longest:g} s; bring a shorter one", code="sound.too-long")
        held = list(_iter_mono(file))
        rate = int(file.samplerate)
    if sum(map(len, held)) == 0:
        raise InputError(f"{path.name} holds no sound; record it again", code="sound.empty")
    return np.concatenate(held), rate


def read_excerpt(path: Path, start: float, end: float) -> tuple[Sound, int]:
    """Return the sound at *path* from second *start* to *end*, its channels averaged, and its sample rate in Hz."""
    with _open(path) as file:
        rate = int(file.samplerate)
        file.seek(min(round(start * rate), file.frames))
        part = file.read(max(0, round(end * rate) - round(start * rate)), dtype="float32", always_2d=True)
        return np.nan_to_num(part.mean(axis=1, dtype=np.float32)), rate


def duration_of(path: Path) -> float:
    """Return how long the sound at *path* lasts."""
    with _open(path) as file:
        return float(file.frames / file.samplerate)


def sample_rate_of(path: Path) -> int:
    """Return how many samples per second the sound at *path* has."""
    with _open(path) as file:
        return int(file.samplerate)


def iter_pieces(path: Path) -> Iterator[Sound]:
    """Give the sound at *path* piece by piece, its channels averaged, at its own sample rate."""
    with _open(path) as file:
        yield from _iter_mono(file)


def write_sound(path: Path, sound: Iterable[Sound], rate: int = SAMPLE_RATE) -> None:
    """Write the pieces of *sound*, at *rate* Hz, as a mono 16-bit WAV file; what exceeds full scale is clipped."""
    import soundfile

    with atomic_write(path) as beside, soundfile.SoundFile(beside, "w", rate, 1, "PCM_16", format="WAV") as file:
        for piece in sound:
            file.write(np.clip(piece, -1.0, 32767 / 32768))


def fit_length(sound: Iterable[Sound], samples: int) -> Iterator[Sound]:
    """Give the pieces of *sound* cut, or padded with room tone, to *samples* samples in all."""
    left = samples
    for piece in sound:
        if len(piece) >= left:
            yield piece[:left]
            return
        yield piece
        left -= len(piece)
    while left > 0:
        yield room_tone(min(left, PIECE_SAMPLES), seed=left).astype(np.float32)
        left -= min(left, PIECE_SAMPLES)


def _open(path: Path) -> "soundfile.SoundFile":
    import soundfile

    try:
        file = soundfile.SoundFile(path)
    except (soundfile.SoundFileError, OSError) as error:
        raise InputError(
            f"{path.name} cannot be read as sound; bring wav, flac, ogg or mp3", code="sound.unreadable"
        ) from error
    if (
        file.format not in _FORMATS
        or file.channels > _MAX_CHANNELS
        or not _MIN_SAMPLE_RATE_HZ <= file.samplerate <= _MAX_SAMPLE_RATE_HZ
    ):
        file.close()
        raise InputError(
            f"{path.name} is {file.format} with {file.channels} channels at {file.samplerate} Hz; "
            "bring wav, flac, ogg or mp3 of one or two channels at 8 to 192 kHz",
            code="sound.not-allowed",
        )
    return file


def _iter_mono(file: Any) -> Iterator[Sound]:
    import soundfile

    try:
        for block in file.blocks(PIECE_SAMPLES, dtype="float32", always_2d=True):
            yield np.nan_to_num(block.mean(axis=1, dtype=np.float32))
    except soundfile.SoundFileError as error:
        raise InputError("the sound breaks off in the middle; bring the whole file", code="sound.unreadable") from error
