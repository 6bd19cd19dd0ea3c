"""Measurements of a consent recording, and the analyzer protocol that takes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from avatar.voices.timings import Word


class VoiceSimilarity(NamedTuple):
    """How alike two voices are for each of two independent encoders: 1 is the same, strangers are at .4 to .75."""

    first: float
    second: float


@dataclass(frozen=True)
class VoiceMeasurements:
    """How the voice of a recording compares: with the person's *samples*, each, and with itself, part by *parts*.

    ``None`` where there was too little speech to tell.
    """

    samples: tuple[VoiceSimilarity, ...]
    parts: VoiceSimilarity | None


@dataclass(frozen=True)
class FaceMeasurements:
    """How the face of a film compares.

    *distances* are the medians over the film's frames, one for each picture of the person; *seen* is the share of
    frames with a face, *most* the most faces in one frame; *lips* is how well the mouth opens with the sound (-1 to 1).
    """

    distances: tuple[float, ...]
    seen: float
    most: int
    lips: float | None


class Analyzer(Protocol):
    """Everything that listens and looks. The checks only see what it reports."""

    @property
    def models(self) -> dict[str, str]:
        """What each check is measured with, by the check's name."""

    def hear(self, sound: Path) -> tuple[Word, ...]:
        """Return the words heard in the WAV file *sound*, with their times; none when nothing was understood."""

    def voices(self, sound: Path, samples: Sequence[Path], words: Sequence[Word]) -> VoiceMeasurements:
        """Compare the voice of *sound* with each of the *samples*, and its *words* at the end with the rest."""

    def faces(self, film: Path, sound: Path, pictures: Sequence[Path]) -> FaceMeasurements:
        """Compare the face in *film* with each of the *pictures* (PNG or mp4), and its lips with the *sound*."""

    def mark(self, sound: Path) -> float:
        """Return how surely *sound* carries the mark of synthetic speech, 0 to 1."""


@dataclass(frozen=True)
class Measurements:
    """All of it, for one recording. *seconds* is how long it is; *before* whether the same recording came before."""

    seconds: float
    before: bool
    words: tuple[Word, ...]
    voices: VoiceMeasurements | None  # None: the person brought no voice to compare with
    faces: FaceMeasurements | None  # None: sound only
    pictures: int  # how many pictures of the person there are to compare with
    mark: float
