"""A voice-over for tests: ava's statement, cut where its own alignment says."""

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from avatar.artifacts.artifact import Voiceover
from avatar.people.samples import CheckedSample
from avatar.voices.alignment.segmentation import CutLine, Cuts
from avatar.voices.text.script import split_transcript
from avatar.voices.timings import Phone, Word, build_timings
from tests.voices.conftest import PERFORMERS

RATE = 24_000


def statement() -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Ava's statement (24 kHz), and its lines."""
    sound, _ = soundfile.read(PERFORMERS / "ava_statement.flac", dtype="float32")
    return sound, split_transcript((PERFORMERS / "ava_statement.txt").read_text())


def hummed(room: Path, lines: tuple[str, ...] = ("Good morning.", "That was all.")) -> CheckedSample:
    """A second of humming a line, brought as a voice-over: quick, and a gate does not care what it sounds like."""
    rate = 16_000
    time = np.arange(len(lines) * rate) / rate
    parts = {part: room / part for part in Voiceover.parts}
    soundfile.write(parts["sound.wav"], 0.3 * np.sin(2 * np.pi * 150 * time), rate)
    parts["transcript.txt"].write_text("\n".join(lines))
    timings = build_timings(1.0, [Phone(symbol="AA", start=0.2, end=0.8)], [Word(text="hm", start=0.2, end=0.8)])
    cut = (CutLine(text=text, start=n, end=n + 1.0, timings=timings) for n, text in enumerate(lines))
    parts["lines.json"].write_text(Cuts(loudness=-23.0, lines=tuple(cut)).model_dump_json())
    return CheckedSample(Voiceover, parts)
