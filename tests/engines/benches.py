"""A workbench for the tests of picture and assembly engines."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from avatar.artifacts.artifact import Artifact, Footage
from avatar.consent import Cleared
from avatar.consent._clearance import mint
from avatar.consent.claims import LedgerPosition
from avatar.media.frames import Frames


@dataclass
class FilesBench:
    """Gives *files* by artifact and part, and *streams* by footage."""

    folder: Path
    files: dict[tuple[Artifact, str], Path] = field(default_factory=dict)
    streams: dict[Footage, Callable[[], Frames]] = field(default_factory=dict)
    pulses: list[float] = field(default_factory=list)
    seed: int = 1

    def open(self, artifact: Artifact, part: str = "") -> Path:
        return self.files[artifact, part or artifact.parts[0]]

    def parts(self, artifact: Artifact) -> frozenset[str]:
        return frozenset(part for owner, part in self.files if owner == artifact)

    def frames(self, footage: Footage) -> Frames:
        return self.streams[footage]()

    def new(self, name: str) -> Path:
        return self.folder / name

    def weight(self, weights: Any) -> Path:
        raise AssertionError("these engines have no weights")

    def pulse(self, done: float) -> None:
        self.pulses.append(done)


def cleared(request: Any) -> Cleared[Any]:
    return mint(request, (), LedgerPosition("test", 0, ""))
