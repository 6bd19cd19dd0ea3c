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
from avatar.faces.detection.face_embedding import Embedding
from avatar.media.frames import Format, Frame, Frames, Landmarks, Pixels, Planes, frame_count
from avatar.models.weights import Weights
from avatar.stages.face import AnimateFace, RefineLips, SwapFace
from avatar.stages.render import Assemble, Publish, Render
from avatar.stages.request import Parts, PublicationWorkbench, Workbench
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.voices.timings import Phone, Timings, Word

_WORD = 0.2  # seconds
_SIZE = 16  # pixels


@dataclass(frozen=True)
class Toy:
    """What all toys share."""

    version: ClassVar[int] = 1
    weights: ClassVar[tuple[Weights, ...]] = ()


@dataclass(frozen=True)
class ToyVoiceLearning(Toy):
    """Learns nothing but which sample it heard."""

    def run(self, cleared: Cleared[LearnVoice], bench: Workbench) -> Parts:
        model = bench.new("voice.npz")
        model.write_text(f"heard {digest_of_file(bench.open(cleared.request.sample))}")
        return {"voice.npz": model}


@dataclass(frozen=True)
class ToyVoice(Toy):
    """A beep at *pitch* hertz for each word."""

    pitch: int = 220

    def run(self, cleared: Cleared[CloneVoice], bench: Workbench) -> Parts:
        words = cleared.request.line.split()
        bench.open(cleared.request.voice)
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
class ToyAnimation(Toy):
    """Holds the portrait's first byte as a grey level."""

    def run(self, cleared: Cleared[AnimateFace], bench: Workbench) -> Frames:
        grey = bench.open(cleared.request.portrait).read_bytes()[0]
        timings = Timings.model_validate_json(bench.open(cleared.request.speech, "timings.json").read_text())
        picture = Format(_SIZE, _SIZE, Fraction(25))
        count = frame_count(timings.duration, picture.rate)
        return Frames(picture, count, ([Frame(_grey(grey))] for _ in range(count)))


@dataclass(frozen=True)
class ToySwap(Toy):
    """Mixes the other face's first byte into each frame."""

    def run(self, cleared: Cleared[SwapFace], bench: Workbench) -> Frames:
        grey = bench.open(cleared.request.face).read_bytes()[0]
        return bench.frames(cleared.request.footage).through(_mixing(grey))


@dataclass(frozen=True)
class ToyLips(Toy):
    """Refines lips by leaving them."""

    def run(self, cleared: Cleared[RefineLips], bench: Workbench) -> Frames:
        bench.open(cleared.request.speech, "timings.json")
        return bench.frames(cleared.request.footage)


@dataclass(frozen=True)
class ToyRender(Toy):
    """Writes the first byte of each frame: a codec of a kind."""

    def run(self, cleared: Cleared[Render], bench: Workbench) -> Parts:
        picture, done = bench.new("picture.mp4"), 0
        with picture.open("wb") as file:
            for panel in cleared.request.panels:
                for batch in bench.frames(panel).batches:
                    file.write(bytes(int(frame.settle()[0, 0]) for frame in batch))
                    done += len(batch)
                    bench.pulse(min(1.0, done / 1000))
        speech = cleared.request.speech
        return {
            "picture.mp4": picture,
            "sound.wav": bench.open(speech, "sound.wav"),
            "timings.json": bench.open(speech, "timings.json"),
        }


@dataclass(frozen=True)
class ToyAssembly(Toy):
    """Joins the reels end to end."""

    def run(self, cleared: Cleared[Assemble], bench: Workbench) -> Parts:
        video = bench.new("video.mp4")
        video.write_bytes(b"".join(bench.open(shot).read_bytes() for shot in cleared.request.shots))
        return {"video.mp4": video, **_captions(bench)}


@dataclass(frozen=True)
class ToyPublication(Toy):
    """Signs by appending the signature of the video's digest."""

    def run(self, cleared: Cleared[Publish], bench: PublicationWorkbench) -> Parts:
        video = bench.open(cleared.request.video)
        stamped = bench.new("stamped.mp4")
        stamped.write_bytes(video.read_bytes() + bench.signer.sign(digest_of_file(video).encode()))
        return {"video.mp4": stamped, **_captions(bench)}


TOYS: dict[str, Callable[[], type[Any]]] = {
    name: (lambda kind=kind: kind)  # type: ignore[misc]
    for name, kind in {
        "ear": ToyVoiceLearning,
        "beep": ToyVoice,
        "still": ToyAnimation,
        "tint": ToySwap,
        "hush": ToyLips,
        "reel": ToyRender,
        "splice": ToyAssembly,
        "stamp": ToyPublication,
    }.items()
}


class NoFaceAnalyser:
    """Sees no face anywhere: a grey square is nobody's."""

    def faces(self, _rgb: Pixels) -> list[Landmarks]:
        return []

    def face_at(self, _rgb: Pixels, _landmarks: Landmarks) -> Landmarks | None:
        return None

    def embed(self, _seen: list[tuple[Pixels, Landmarks]]) -> list[Embedding]:
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
