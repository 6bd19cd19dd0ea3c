"""The smallest engine for each kind of request: no weights, no codecs, milliseconds. For tests and the tutorial.

They are not registered: only a world of ``avatar.testing`` can use them.
"""

import wave
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from avatar.canonical import digest_of_file
from avatar.consent import Cleared
from avatar.faces.likeness import Face
from avatar.media.frames import Format, Frame, Frames, Landmarks, Pixels, Planes, frames_in
from avatar.stages.face import AnimateFace, RefineLips, SwapFace
from avatar.stages.picture import Assemble, Publish, Render
from avatar.stages.request import Exit, Parts, Workbench
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.voices.timings import Phone, Timings, Word
from avatar.weights import Weights

_WORD = 0.2  # seconds
_SIZE = 16  # pixels


@dataclass(frozen=True)
class Toy:
    """What all toys share."""

    version: ClassVar[int] = 1
    weights: ClassVar[tuple[Weights, ...]] = ()


@dataclass(frozen=True)
class Ear(Toy):
    """Learns nothing but which sample it heard."""

    def run(self, job: Cleared[LearnVoice], bench: Workbench) -> Parts:
        model = bench.new("voice.npz")
        model.write_text(f"heard {digest_of_file(bench.open(job.request.sample))}")
        return {"voice.npz": model}


@dataclass(frozen=True)
class Beep(Toy):
    """A beep at *pitch* hertz for each word."""

    pitch: int = 220

    def run(self, job: Cleared[CloneVoice], bench: Workbench) -> Parts:
        words = job.request.line.split()
        bench.open(job.request.voice)
        sound = bench.new("sound.wav")
        time = np.arange(int(len(words) * _WORD * 48000)) / 48000
        with wave.open(str(sound), "wb") as file:
            file.setparams((1, 2, 48000, 0, "NONE", ""))
            file.writeframes((np.sin(2 * np.pi * self.pitch * time) * 8000).astype("<i2").tobytes())
        spoken = tuple(Word(text=w, start=i * _WORD, end=(i + 1) * _WORD) for i, w in enumerate(words))
        phones = tuple(Phone(symbol="AA", start=word.start, end=word.end) for word in spoken)
        timings = bench.new("timings.json")
        timings.write_text(Timings(duration=len(words) * _WORD, phones=phones, words=spoken).model_dump_json())
        scores = bench.new("scores.json")
        scores.write_text("{}")  # nobody judges a beep
        return {"sound.wav": sound, "timings.json": timings, "scores.json": scores}


@dataclass(frozen=True)
class Still(Toy):
    """Holds the portrait's first byte as a grey level."""

    def run(self, job: Cleared[AnimateFace], bench: Workbench) -> Frames:
        grey = bench.open(job.request.portrait).read_bytes()[0]
        timings = Timings.model_validate_json(bench.open(job.request.speech, "timings.json").read_text())
        picture = Format(_SIZE, _SIZE, Fraction(25))
        count = frames_in(timings.duration, picture.rate)
        return Frames(picture, count, ([Frame(_grey(grey))] for _ in range(count)))


@dataclass(frozen=True)
class Tint(Toy):
    """Mixes the other face's first byte into each frame."""

    def run(self, job: Cleared[SwapFace], bench: Workbench) -> Frames:
        grey = bench.open(job.request.face).read_bytes()[0]
        return bench.frames(job.request.footage).through(_mixing(grey))


@dataclass(frozen=True)
class Hush(Toy):
    """Refines lips by leaving them."""

    def run(self, job: Cleared[RefineLips], bench: Workbench) -> Frames:
        bench.open(job.request.speech, "timings.json")
        return bench.frames(job.request.footage)


@dataclass(frozen=True)
class Reel(Toy):
    """Writes the first byte of each frame: a codec of a kind."""

    def run(self, job: Cleared[Render], bench: Workbench) -> Parts:
        picture, done = bench.new("picture.mp4"), 0
        with picture.open("wb") as file:
            for panel in job.request.panels:
                for batch in bench.frames(panel).batches:
                    file.write(bytes(int(frame.settle()[0, 0]) for frame in batch))
                    done += len(batch)
                    bench.pulse(min(1.0, done / 1000))
        speech = job.request.speech
        return {
            "picture.mp4": picture,
            "sound.wav": bench.open(speech, "sound.wav"),
            "timings.json": bench.open(speech, "timings.json"),
        }


@dataclass(frozen=True)
class Splice(Toy):
    """Joins the reels end to end."""

    def run(self, job: Cleared[Assemble], bench: Workbench) -> Parts:
        video = bench.new("video.mp4")
        video.write_bytes(b"".join(bench.open(shot).read_bytes() for shot in job.request.shots))
        return {"video.mp4": video, **_captions(bench)}


@dataclass(frozen=True)
class Stamp(Toy):
    """Signs by appending the signature of the video's digest."""

    def run(self, job: Cleared[Publish], bench: Exit) -> Parts:
        video = bench.open(job.request.video)
        stamped = bench.new("stamped.mp4")
        stamped.write_bytes(video.read_bytes() + bench.signer.sign(digest_of_file(video).encode()))
        return {"video.mp4": stamped, **_captions(bench)}


TOYS: dict[str, Callable[[], type[Any]]] = {
    kind.__name__.lower(): (lambda kind=kind: kind)  # type: ignore[misc]
    for kind in (Ear, Beep, Still, Tint, Hush, Reel, Splice, Stamp)
}


class Blind:
    """Sees no face anywhere: a grey square is nobody's."""

    def faces(self, _rgb: Pixels) -> list[Landmarks]:
        return []

    def face_at(self, _rgb: Pixels, _landmarks: Landmarks) -> Landmarks | None:
        return None

    def tell(self, _seen: list[tuple[Pixels, Landmarks]]) -> list[Face]:
        raise AssertionError("where no face is seen there is none to tell")


def nobody_in(_sound: Path) -> None:
    """Hear nobody: a beep is nobody's voice."""


def _grey(level: int) -> Planes:
    return np.full((_SIZE * 3 // 2, _SIZE), level, dtype=np.uint8)


def _mixing(grey: int) -> Callable[[list[Frame]], list[Frame]]:
    def mix(batch: list[Frame]) -> list[Frame]:
        return [Frame((frame.planes // 2 + grey // 2).astype(np.uint8)) for frame in batch]

    return mix


def _captions(bench: Workbench) -> dict[str, Any]:
    made = {name: bench.new(name) for name in ("captions.vtt", "captions.srt")}
    for path in made.values():
        path.write_text("")
    return made
