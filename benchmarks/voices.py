"""What cloned voices are like: cost, likeness for two encoders, words and quality, for the performers and for people.

The text is spoken in productions only: nothing learns from it. ``--people FOLDER`` adds people: ``NAME.wav`` and
``NAME.txt``, and ``NAME_heldout.wav`` to compare with, if there is one. Likeness is that of all lines together to the
held-out recording (or the sample); words and quality are means over the lines, as the take gate measured them.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from avatar import intake
from avatar.artifacts.artifact import Audio, Speech, VoiceModel
from avatar.errors import EngineError
from avatar.registry import Choice, build
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.testing.world import World
from avatar.voices.scores import Scores
from avatar.voices.voiceprint import FIRST, SECOND, VoicePrint, open_encoders
from avatar.weights import locate
from benchmarks.rows import Row, show
from benchmarks.script import sentences

_PERFORMERS = Path(__file__).parents[1] / "performers"
_HELD_OUT = Path(__file__).parents[1] / "tests" / "data" / "voices"


@dataclass(frozen=True)
class Clip:
    """Somebody's sample, its words, and a recording to compare with."""

    name: str
    sound: Path
    words: Path
    other: Path


def main() -> None:
    """Measure, print the table, and draw it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the rows to this file, as JSON")
    parser.add_argument("--people", type=Path, help="a folder of recordings of people")
    parser.add_argument("--plot", type=Path, help="also draw the table into this PNG file")
    parser.add_argument("--lines", type=int, default=12, help="how many lines each voice speaks (80 at most)")
    wanted = parser.parse_args()
    rows = [row for clip in _clips(wanted.people) for row in _measured(clip, sentences(wanted.lines).split(". "))]
    show(rows, wanted.json)
    if wanted.plot:
        _draw(rows, wanted.plot)


def _clips(people: Path | None) -> Iterator[Clip]:
    for words in sorted(_PERFORMERS.glob("*_statement.txt")):
        name = words.stem.removesuffix("_statement")
        held_out = _HELD_OUT / f"{name}_heldout.flac"
        sound = words.with_suffix(".flac")
        yield Clip(name, sound, words, held_out if held_out.is_file() else sound)
    for words in sorted(people.glob("*.txt")) if people else []:
        sound, held_out = words.with_suffix(".wav"), words.with_name(f"{words.stem}_heldout.wav")
        yield Clip(words.stem, sound, words, held_out if held_out.is_file() else sound)


def _measured(clip: Clip, lines: list[str]) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), engines={name: partial(_kind, name) for name in ("ridge", "adapted")})
        person = world.people.enroll("someone", "synthetic", [partial(intake.voice, clip.sound, clip.words)])
        world.agree(person)
        began = time.process_time()
        voice = world.perform(LearnVoice(_there(world.likeness(person).voice)), Choice("ridge"))
        learned, began = time.process_time() - began, time.process_time()
        takes = list(_takes(world, voice, lines))
        spent = time.process_time() - began
        return [Row(f"{clip.name}: learning", learned, "CPU-s"), *_rows(clip, world, takes, spent, len(lines))]


def _takes(world: World, voice: VoiceModel, lines: list[str]) -> Iterator[Speech]:
    for line in lines:
        try:
            yield world.perform(CloneVoice(voice, line), Choice("adapted"))
        except EngineError as refusal:
            print(f"refused: {refusal.code}")


def _rows(clip: Clip, world: World, takes: list[Speech], spent: float, asked: int) -> Iterator[Row]:
    room = world.folder
    sounds = [soundfile.read(world.store.fetch(t, "sound.wav", room / f"{t.digest}.wav"))[0] for t in takes]
    files = [world.store.fetch(take, "scores.json", room / f"{take.digest}.json") for take in takes]
    scores = [Scores.model_validate_json(file.read_bytes()) for file in files]
    together = np.concatenate(sounds).astype(np.float32)
    first, second = _print(together, 48_000).likeness(_print(*soundfile.read(clip.other, dtype="float32")))
    yield Row(f"{clip.name}: speaking, judged", spent / (len(together) / 48_000), "CPU-s per s")
    yield Row(f"{clip.name}: likeness, first encoder", first, "cosine")
    yield Row(f"{clip.name}: likeness, second encoder", second, "cosine")
    yield Row(f"{clip.name}: words misheard", 100 * float(np.mean([each.wrong for each in scores])), "%")
    yield Row(f"{clip.name}: quality", float(np.mean([each.quality for each in scores])), "of 5")
    yield Row(f"{clip.name}: takes refused for good", 100 * (asked - len(takes)) / asked, "%")
    yield Row(f"{clip.name}: takes a line", float(np.mean([each.attempt for each in scores])), "takes")


def _print(sound: NDArray[np.float32], rate: int) -> VoicePrint:
    return open_encoders(locate(FIRST), locate(SECOND)).print_of(sound, rate)


def _kind(name: str) -> type:
    return type(build(Choice(name)))


def _there(sample: Audio | None) -> Audio:
    if sample is None:
        raise ValueError("nobody brought a voice")
    return sample


def _draw(rows: list[Row], to: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    names = list(dict.fromkeys(row.name.partition(": ")[0] for row in rows))
    values = {row.name: row.value for row in rows}
    shown = ("likeness, first encoder", "likeness, second encoder", "quality", "words misheard")
    figure, panels = pyplot.subplots(1, len(shown), figsize=(3 * len(shown), 3), layout="constrained")
    for panel, what in zip(panels, shown, strict=True):
        bars = panel.bar(names, [values[f"{name}: {what}"] for name in names], color="#4477aa")
        panel.bar_label(bars, fmt="%.2f")
        panel.set_title(what)
        panel.set_ylim(0, {"quality": 5, "words misheard": 10}.get(what, 1))
    figure.savefig(to, dpi=110)


if __name__ == "__main__":
    main()
