"""Ten minutes of footage at rates of television and film: cut into lines, joined again, and looked at.

Each picture of the footage says its own number, and each line's sound begins with a click.
"""

import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from avatar.media.audio.extract import extract_audio
from avatar.media.audio.io import write_sound
from avatar.media.decode import batched, decode
from avatar.media.encode import encode
from avatar.media.frames import Format, Frame, Frames, Planes, frame_count, split_planes
from avatar.media.join import Clip, join
from avatar.media.timeline import SAMPLE_RATE, max_samples_for
from benchmarks.rows import Row

_MINUTES = 10
_WIDTH, _HEIGHT, _BIT = 64, 32, 16  # pixels: eight bits side by side, two rows of them


def rows() -> Iterator[Row]:
    """Give for each rate how many frames are not where they belong, and how far sound and picture are apart."""
    for name, rate in (("29.97", Fraction(30000, 1001)), ("23.976", Fraction(24000, 1001))):
        with tempfile.TemporaryDirectory() as folder:
            yield from _looked_at(name, rate, Path(folder))


def _looked_at(name: str, rate: Fraction, place: Path) -> Iterator[Row]:
    count = int(_MINUTES * 60 * rate)
    numbers = (Frame(_saying(number)) for number in range(count))
    encode(Frames(Format(_WIDTH * 2, _HEIGHT * 2, rate), count, batched(numbers)), place / "footage.mp4")
    lengths = _lengths(count, rate)
    pieces, start = [], 0
    for number, seconds in enumerate(lengths):
        piece = Clip(place / f"{number}.mp4", place / f"{number}.wav")
        frames = decode(place / "footage.mp4", start, frame_count(seconds, rate))
        start += frames.count
        encode(frames, piece.picture)
        sound = np.zeros(max_samples_for(frames.count, rate), np.float32)
        sound[:48] = 0.8
        write_sound(place / f"{number}.wav", [sound])
        pieces.append(piece)
    timeline = join(pieces, place / "joined.mp4")
    shown = [_said(frame.settle()) for batch in decode(place / "joined.mp4").batches for frame in batch]
    heard = np.abs(extract_audio(place / "joined.mp4"))
    late = [_click(heard, timeline.span(each)[0]) for each in range(len(pieces))]
    frame = float(SAMPLE_RATE / rate)
    yield Row(f"{name} fps, {_MINUTES} minutes in {len(pieces)} lines: frames in", start, "frames")
    yield Row(f"{name} fps: frames out", len(shown), "frames")
    wrong = sum(one != other for one, other in zip(shown, range(start), strict=False))
    yield Row(f"{name} fps: frames that are another", wrong, "frames")
    yield Row(f"{name} fps: sound from its picture, at most", max(late) / frame, "frames")


def _lengths(count: int, rate: Fraction) -> list[float]:
    """Return the seconds of lines that fill *count* frames, no two of the same length."""
    lengths: list[float] = []
    used = 0
    while True:
        seconds = 2.0 + 2.0 * ((len(lengths) * 0.618034) % 1)
        used += frame_count(seconds, rate)
        if used > count:
            return lengths
        lengths.append(seconds)


def _saying(number: int) -> Planes:
    bits = np.array([[number >> (8 * row + bit) & 1 for bit in range(8)] for row in range(2)], np.uint8)
    light = np.kron(bits * 180 + 35, np.ones((_BIT * 2, _BIT), np.uint8)).astype(np.uint8)
    return np.concatenate([light, np.full((light.shape[0] // 2, light.shape[1]), 128, np.uint8)])


def _said(planes: Planes) -> int:
    light = split_planes(planes)[0]
    bits = light.reshape(2, _BIT * 2, 8, _BIT).mean(axis=(1, 3)) > 128
    return sum(int(bit) << place for place, bit in enumerate(bits.reshape(-1)))


def _click(heard: np.ndarray, at: int) -> float:
    """Return how many samples the click that belongs *at* a sample is away from there."""
    reach = SAMPLE_RATE // 2
    first = max(0, at - reach)
    around = heard[first : at + reach]
    return abs(first + int(np.flatnonzero(around > 0.4 * around.max())[0]) - at)
