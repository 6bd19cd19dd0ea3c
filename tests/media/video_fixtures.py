"""Small frames, sounds and files for the tests of media."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from avatar.media.audio.io import Sound, read_sound, write_sound
from avatar.media.audio.resample import resample
from avatar.media.decode import batched, decode
from avatar.media.encode import encode
from avatar.media.frames import Format, Frame, Frames, Planes, planes_of
from avatar.media.image_io import read_rgb
from avatar.media.join import Clip
from avatar.media.timeline import max_samples_for

PERFORMERS = Path(__file__).parents[2] / "performers"
PAL, NTSC, FILM = Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001)


def picture(number: int, width: int = 128, height: int = 96) -> Planes:
    """A gradient that moves with *number*."""
    y, x = np.mgrid[0:height, 0:width]
    return planes_of(np.stack([(x + 5 * number) % 256, y * 2 % 256, (x + y + number) % 256], -1).astype(np.uint8))


def moving(count: int, rate: Fraction = PAL, width: int = 128, height: int = 96, first: int = 0) -> Frames:
    frames: Iterator[Frame] = (Frame(picture(first + number, width, height)) for number in range(count))
    return Frames(Format(width, height, rate), count, batched(frames))


def tone(samples: int, loud: float = 0.1, hertz: float = 440.0, rate: int = 48_000) -> Sound:
    return (loud * np.sin(2 * np.pi * hertz * np.arange(samples) / rate)).astype(np.float32)


def talking(count: int, size: int = 256, rate: Fraction = PAL) -> Frames:
    """A synthetic performer whose head drifts: *count* square pictures of *size*."""
    portrait = cv2.resize(read_rgb(PERFORMERS / "ava.png"), (size + 16, size + 16), interpolation=cv2.INTER_AREA)
    drift = [round(8 + 7 * np.sin(number / 9)) for number in range(count)]
    frames = (Frame(planes_of(np.ascontiguousarray(portrait[8 : 8 + size, at : at + size]))) for at in drift)
    return Frames(Format(size, size, rate), count, batched(frames))


def spoken(seconds: float) -> Sound:
    """The beginning of what a synthetic performer says, at 48 kHz."""
    heard, rate = read_sound(PERFORMERS / "ava_statement.flac")
    return resample(heard[: round(seconds * rate)], rate, 48_000)


def piece(folder: Path, name: str, count: int, rate: Fraction = PAL, first: int = 0, loud: float = 0.1) -> Clip:
    shot = Clip(folder / f"{name}.mp4", folder / f"{name}.wav")
    encode(moving(count, rate, first=first), shot.picture)
    write_sound(shot.sound, [tone(max_samples_for(count, rate), loud)])
    return shot


def all_planes(frames: Frames) -> list[Planes]:
    return [frame.settle() for batch in frames.batches for frame in batch]


def planes_in(path: Path) -> list[Planes]:
    return all_planes(decode(path))


def psnr(one: Planes, other: Planes) -> float:
    error = np.mean((one.astype(float) - other.astype(float)) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))
