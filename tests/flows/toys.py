"""Toys that real encoders like: sound and pictures rough enough to carry the marks, without which nothing leaves."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import soundfile

from avatar.consent import Cleared
from avatar.media.frames import Format, Frame, Frames, frame_count
from avatar.stages.face import AnimateFace
from avatar.stages.request import Parts, Workbench
from avatar.stages.voice import CloneVoice
from avatar.testing.toys import Toy
from avatar.voices.timings import Phone, Timings, Word

RATE, SIZE, WORD = 48_000, 256, 0.3


@dataclass(frozen=True)
class Buzz(Toy):
    """A buzz in a hiss, as rough as speech is."""

    def run(self, cleared: Cleared[CloneVoice], bench: Workbench) -> Parts:
        words = cleared.request.line.split()
        bench.open(cleared.request.voice)
        time = np.arange(round(len(words) * WORD * RATE)) / RATE
        buzz = sum(np.sin(2 * np.pi * 130 * k * time) / k for k in range(1, 30)) * (0.6 + 0.4 * np.sin(21 * time))
        hiss = np.random.default_rng(bench.seed).normal(0, 0.08, time.size)
        sound = bench.new("sound.wav")
        soundfile.write(sound, 0.1 * buzz / np.abs(buzz).max() + hiss, RATE, subtype="PCM_16")
        spoken = tuple(Word(text=w, start=i * WORD, end=(i + 1) * WORD) for i, w in enumerate(words))
        phones = tuple(Phone(symbol="AA", start=word.start, end=word.end) for word in spoken)
        timings, scores = bench.new("timings.json"), bench.new("scores.json")
        timings.write_text(Timings(duration=len(words) * WORD, phones=phones, words=spoken).model_dump_json())
        scores.write_text("{}")
        return {"sound.wav": sound, "timings.json": timings, "scores.json": scores}


@dataclass(frozen=True)
class Speckle(Toy):
    """A speckled wall that shivers."""

    def run(self, cleared: Cleared[AnimateFace], bench: Workbench) -> Frames:
        bench.open(cleared.request.portrait)
        timings = Timings.model_validate_json(bench.open(cleared.request.speech, "timings.json").read_text())
        count = frame_count(timings.duration, Fraction(25))
        return Frames(Format(SIZE, SIZE, Fraction(25)), count, _wall(count, bench.seed))


def _wall(count: int, seed: int) -> Iterator[list[Frame]]:
    rough = np.random.default_rng(seed).normal(128, 30, (SIZE // 4, SIZE // 4)).clip(16, 235)
    wall = np.kron(rough, np.ones((4, 4))).astype(np.uint8)
    for number in range(count):
        planes = np.full((SIZE * 3 // 2, SIZE), 128, dtype=np.uint8)
        planes[:SIZE] = np.roll(wall, number % 4, axis=1)
        yield [Frame(planes)]


ROUGH: dict[str, Callable[[], type[Any]]] = {"buzz": lambda: Buzz, "speckle": lambda: Speckle}
