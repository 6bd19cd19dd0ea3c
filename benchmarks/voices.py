"""What cloned voices are like: cost, likeness for two encoders, words and quality, for the performers and for people.

Everybody is enrolled in one house and guards their voice, so every take is also compared with everybody else. The text
is spoken in productions only: nothing learns from it. ``--people FOLDER`` adds people: ``NAME.wav`` and ``NAME.txt``,
and ``NAME_heldout.wav`` to compare with, if there is one. The real reader in Debian's ``pocketsphinx-testdata`` is
added where that is installed, or where ``--librivox`` finds its folder. Likeness is that of all lines together to the
held-out recording (or the sample); words and quality are means over the lines, as the take gate measured them. Then
takes that are spoilt in known ways are brought to the same gate (``benchmarks.takes``).
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from avatar import intake
from avatar.artifacts.artifact import Audio, Speech, VoiceModel
from avatar.errors import EngineError
from avatar.people import Person
from avatar.registry import Choice, build
from avatar.resemblance import heard_in
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.testing.world import World
from avatar.voices.model import read_adaptation
from avatar.voices.scores import Scores
from avatar.voices.speaker import BASE, open_speaker
from avatar.voices.spectra import RATE
from avatar.voices.voiceprint import FIRST, SECOND, VoicePrint, open_encoders
from avatar.weights import locate
from benchmarks.lines import LINES
from benchmarks.rows import Row, show
from benchmarks.takes import spoilt

_PERFORMERS = Path(__file__).parents[1] / "performers"
_HELD_OUT = Path(__file__).parents[1] / "tests" / "data" / "voices"
_LIBRIVOX = Path("/usr/share/pocketsphinx/test/data/librivox")
_KEPT_BACK = "0890"  # the clip that the others are compared with
_TIMED = 10  # lines that are spoken once more, to see what speaking costs without the judges


@dataclass(frozen=True)
class Clip:
    """Somebody's sample, its words, and a recording to compare with."""

    name: str
    sound: Path
    words: Path
    other: Path


@dataclass(frozen=True)
class Voice:
    """A voice that was learned for *cost* CPU-seconds, in a house."""

    clip: Clip
    model: VoiceModel
    cost: float


def main() -> None:
    """Measure, print the table, and draw it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the rows to this file, as JSON")
    parser.add_argument("--people", type=Path, help="a folder of recordings of people")
    parser.add_argument("--librivox", type=Path, default=_LIBRIVOX, help="the LibriVox clips of pocketsphinx-testdata")
    parser.add_argument("--plot", type=Path, help="also draw the table into this PNG file")
    parser.add_argument("--lines", type=int, default=len(LINES), help="how many lines each voice speaks")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clips = [*_clips(wanted.people), *_reader(wanted.librivox, Path(folder))]
        rows = list(_measured(clips, LINES[: wanted.lines], Path(folder) / "house"))
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


def _reader(clips: Path, folder: Path) -> Iterator[Clip]:
    """Yield the real person who reads the *clips*, if they are here: all but one joined to a sample of 19 s."""
    if not (clips / "transcription").is_file():
        return
    sounds, words = [], []
    for row in (clips / "transcription").read_text().splitlines():
        text, _, name = row.rstrip(")").rpartition("(")
        if not name.endswith(_KEPT_BACK):
            sound, rate = soundfile.read(clips / f"{name}.wav", dtype="float32")
            sounds += [sound, np.zeros(rate // 4, np.float32)]
            words.append(text.replace("<s>", "").replace("</s>", "").strip().capitalize() + ".")
    soundfile.write(folder / "reader.wav", np.concatenate(sounds), rate)
    (folder / "reader.txt").write_text(" ".join(words))
    (other,) = clips.glob(f"*{_KEPT_BACK}.wav")
    yield Clip("reader", folder / "reader.wav", folder / "reader.txt", other)


def _measured(clips: list[Clip], lines: tuple[str, ...], folder: Path) -> Iterator[Row]:
    kinds: dict[str, Callable[[], type]] = {name: partial(_kind, name) for name in ("ridge", "adapted")}
    world = World(folder, engines=kinds, listen=heard_in)
    people = {clip.name: world.people.enroll(clip.name, "synthetic", [_sample(clip)]) for clip in clips}
    for person in people.values():
        world.agree(person)
    voices = {clip.name: _learned(clip, world, people[clip.name]) for clip in clips}
    for voice in voices.values():
        yield Row(f"{voice.clip.name}: learning", voice.cost, "CPU-s")
        began = time.process_time()
        takes = list(_takes(world, voice.model, lines))
        spent = time.process_time() - began
        yield from _rows(voice, world, takes, spent, len(lines))
    models = {name: _file(world, voice.model) for name, voice in voices.items()}
    yield from spoilt(models, {clip.name: clip.sound for clip in clips}, lines)


def _sample(clip: Clip) -> partial[intake.Sample]:
    return partial(intake.voice, clip.sound, clip.words)


def _learned(clip: Clip, world: World, person: Person) -> Voice:
    began = time.process_time()
    model = world.perform(LearnVoice(_there(world.likeness(person).voice)), Choice("ridge"))
    return Voice(clip, model, time.process_time() - began)


def _takes(world: World, voice: VoiceModel, lines: tuple[str, ...]) -> Iterator[Speech]:
    for line in lines:
        try:
            yield world.perform(CloneVoice(voice, line), Choice("adapted"))
        except EngineError as refusal:
            print(f"refused: {refusal.code} {line}")


def _rows(voice: Voice, world: World, takes: list[Speech], spent: float, asked: int) -> Iterator[Row]:
    name, room = voice.clip.name, world.folder
    sounds = [soundfile.read(world.store.fetch(t, "sound.wav", room / f"{t.digest}.wav"))[0] for t in takes]
    files = [world.store.fetch(take, "scores.json", room / f"{take.digest}.json") for take in takes]
    scores = [Scores.model_validate_json(file.read_bytes()) for file in files]
    together = np.concatenate(sounds).astype(np.float32)
    first, second = _print(together, 48_000).likeness(_print(*soundfile.read(voice.clip.other, dtype="float32")))
    yield Row(f"{name}: speaking, judged", spent / (len(together) / 48_000), "CPU-s per s")
    yield Row(f"{name}: speaking alone", _alone(_file(world, voice.model)), "CPU-s per s")
    yield Row(f"{name}: likeness, first encoder", first, "cosine")
    yield Row(f"{name}: likeness, second encoder", second, "cosine")
    yield Row(f"{name}: words misheard", 100 * float(np.mean([each.wrong for each in scores])), "%")
    yield Row(f"{name}: quality", float(np.mean([each.quality for each in scores])), "of 5")
    yield Row(f"{name}: good takes passed", len(takes), f"of {asked}")
    yield Row(f"{name}: takes a line", float(np.mean([each.attempt for each in scores])), "takes")


def _alone(model: Path) -> float:
    """Return what a second of speech costs without anybody who judges it."""
    voice, speaker = read_adaptation(model), open_speaker(locate(BASE))
    began, samples = time.process_time(), 0
    for line in LINES[-_TIMED:]:
        samples += len(voice.of(speaker.say(line, voice.pace), 1.0).sound(0))
    return (time.process_time() - began) / (samples / RATE)


def _print(sound: NDArray[np.float32], rate: int) -> VoicePrint:
    return open_encoders(locate(FIRST), locate(SECOND)).print_of(sound, rate)


def _file(world: World, model: VoiceModel) -> Path:
    path = world.folder / f"{model.digest}.npz"
    return path if path.exists() else world.store.fetch(model, "voice.npz", path)


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

    values = {row.name: row.value for row in rows}
    names = [row.name.removesuffix(": quality") for row in rows if row.name.endswith(": quality")]
    shown = ("likeness, first encoder", "likeness, second encoder", "quality", "words misheard", "speaking alone")
    figure, panels = pyplot.subplots(1, len(shown), figsize=(3 * len(shown), 3), layout="constrained")
    for panel, what in zip(panels, shown, strict=True):
        bars = panel.bar(names, [values[f"{name}: {what}"] for name in names], color="#4477aa")
        panel.bar_label(bars, fmt="%.2f")
        panel.set_title(f"{what} (%)" if what == "words misheard" else what)
        panel.set_ylim(0, {"quality": 5, "words misheard": 10}.get(what, 1))
    figure.savefig(to, dpi=110)


if __name__ == "__main__":
    main()
