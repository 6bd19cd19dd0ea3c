"""Senses that report what a test says, and recordings to give them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import soundfile

from avatar.capture.capture import Capture
from avatar.capture.challenge import Challenge
from avatar.capture.measurements import FaceMeasurements, VoiceMeasurements, VoiceSimilarity
from avatar.testing.world import World
from avatar.voices.timings import Word

SAME = VoiceSimilarity(0.95, 0.93)
OTHER = VoiceSimilarity(0.60, 0.50)
UNSURE = VoiceSimilarity(0.80, 0.74)
FACE = FaceMeasurements(distances=(0.2,), seen=1.0, most=1, lips=0.6)


@dataclass
class Scripted:
    """What the analyzer report: *says* what the challenge asks for, until a test changes that."""

    says: str = ""
    like: Sequence[VoiceSimilarity] | None = None  # one for each sample; None: the same voice
    parts: VoiceSimilarity | None = SAME
    face: FaceMeasurements = FACE
    marked: float = 0.0
    compared: list[tuple[Path, ...]] = field(default_factory=list)
    models: dict[str, str] = field(default_factory=dict)

    def hear(self, sound: Path) -> tuple[Word, ...]:
        return tuple(
            Word(text=text, start=index / 2, end=index / 2 + 0.4) for index, text in enumerate(self.says.split())
        )

    def voices(self, sound: Path, samples: Sequence[Path], words: Sequence[Word]) -> VoiceMeasurements:
        self.compared.append(tuple(samples))
        return VoiceMeasurements(tuple(self.like or [SAME] * len(samples)), self.parts)

    def faces(self, film: Path, sound: Path, pictures: Sequence[Path]) -> FaceMeasurements:
        return replace(self.face, distances=self.face.distances * len(pictures))

    def mark(self, sound: Path) -> float:
        return self.marked


@dataclass
class Booth:
    """A place to record in: a world, what is heard there, and files that are all different."""

    world: World
    analyzer: Scripted = field(default_factory=Scripted)
    count: int = 0

    @property
    def capture(self) -> Capture:
        return Capture(self.world.people, self.analyzer)

    def recording(self, seconds: float = 15.0) -> Path:
        """A sound file that no other is like: noise that stands for speech."""
        self.count += 1
        noise = np.random.default_rng(self.count).standard_normal(round(seconds * 8000)).astype(np.float32) * 0.05
        path = self.world.folder / f"recording-{self.count}.wav"
        soundfile.write(path, noise, 8000)
        return path

    def says(self, challenge: Challenge) -> Path:
        """Have the person say what *challenge* asks for."""
        self.analyzer.says = challenge.statement
        return self.recording()

    def codes(self) -> list[str]:
        """The reason codes of every refusal in the ledger."""
        facts = (entry.fact for entry in entries(self.world))
        return [fact.code for fact in facts if fact.kind == "refused"]


def entries(world: World) -> list[object]:
    from avatar.consent.entries import read_entry

    world.ledger.read()
    return [read_entry(world.objects.read(key) or b"") for key in world.objects.list("ledger/entries")]
