"""What cloned voices are like: cost, likeness for two encoders, words and quality, for the performers and for people.

Everybody is enrolled in one context and guards their voice, so every take is also compared with everybody else. The
text
is spoken in productions only: nothing learns from it. ``--people FOLDER`` adds people: ``NAME.wav`` and ``NAME.txt``,
and ``NAME_heldout.wav`` to compare with, if there is one. The real reader in Debian's ``pocketsphinx-testdata`` is
added where that is installed, or where ``--librivox`` finds its folder. Likeness is that of all lines together to the
held-out recording (or the sample); words and quality are means over the lines, as the take gate measured them. The
same is measured for every engine whose public model lies in the weights folder, or for those that ``--engine`` names
(``--engine xtts --engine "vits: {converter: {path: freevc}}"``). Then takes of the default voice that are spoilt
in known ways are brought to the same gate (``benchmarks.takes``).
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from avatar.artifacts.artifact import Speech, VoiceModel, VoiceSample
from avatar.errors import EngineError, InputError
from avatar.models.weights import locate
from avatar.people import samples
from avatar.people.directory import Person
from avatar.stages.registry import EngineSpec, installed
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.studio.voice_guard import embed_voice
from avatar.testing.world import World
from avatar.voices.adaptation.voice_model import read_adaptation
from avatar.voices.base.base_tts import BASE_VOICE, open_base_tts
from avatar.voices.judging.scores import Scores
from avatar.voices.judging.speaker_embedding import DVECTOR, GE2E, SpeakerEmbedding, open_speaker_encoders
from avatar.voices.signal.spectra import RATE
from benchmarks.brought import named, pinned, present
from benchmarks.lines import LINES
from benchmarks.rows import Row, show
from benchmarks.takes import spoilt

_PERFORMERS = Path(__file__).parents[1] / "performers"
_HELD_OUT = Path(__file__).parents[1] / "tests" / "data" / "voices"
_LIBRIVOX = Path("/usr/share/pocketsphinx/test/data/librivox")
_KEPT_BACK = "0890"  # the clip that the others are compared with
_LEARNING, _DEFAULT = EngineSpec("ridge"), EngineSpec("adapted")
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
    """A voice that was learned for *cost* CPU-seconds, in a context, and that *engine* speaks with."""

    clip: Clip
    model: VoiceModel
    cost: float
    engine: EngineSpec = _DEFAULT

    @property
    def name(self) -> str:
        """Whose it is, and by which engine, if not by the default one."""
        return self.clip.name if self.engine == _DEFAULT else f"{self.clip.name} by {self.engine.engine}"


def main() -> None:
    """Measure, print the table, and draw it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the rows to this file, as JSON")
    parser.add_argument("--people", type=Path, help="a folder of recordings of people")
    parser.add_argument("--librivox", type=Path, default=_LIBRIVOX, help="the LibriVox clips of pocketsphinx-testdata")
    parser.add_argument("--plot", type=Path, help="also draw the table into this PNG file")
    parser.add_argument("--lines", type=int, default=len(LINES), help="how many lines each voice speaks")
    parser.add_argument("--engine", action="append", help="another engine than those whose models are here")
    wanted = parser.parse_args()
    engines = named(wanted.engine) if wanted.engine else present()
    with tempfile.TemporaryDirectory() as folder:
        clips = [*_clips(wanted.people), *_reader(wanted.librivox, Path(folder))]
        rows = list(_measured(clips, LINES[: wanted.lines], Path(folder) / "context", engines))
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


def _measured(clips: list[Clip], lines: tuple[str, ...], folder: Path, engines: list[EngineSpec]) -> Iterator[Row]:
    world = World(folder, engines=dict(installed()), listen=embed_voice)
    people = {clip.name: world.people.enroll(clip.name, "synthetic", [_sample(clip)]) for clip in clips}
    for person in people.values():
        world.agree(person)
    voices = {clip.name: _learned(clip, world, people[clip.name]) for clip in clips}
    for voice in voices.values():
        yield Row(f"{voice.name}: learning", voice.cost, "CPU-s")
        yield from _spoken(voice, world, lines)
    for engine in engines:
        for clip in clips:
            yield from _spoken(_brought(clip, world, people[clip.name], engine, lines[0]), world, lines)
    models = {name: _file(world, voice.model) for name, voice in voices.items()}
    yield from spoilt(models, {clip.name: clip.sound for clip in clips}, lines)


def _sample(clip: Clip) -> partial[samples.CheckedSample]:
    return partial(samples.check_voice, clip.sound, clip.words)


def _learned(clip: Clip, world: World, person: Person, learning: EngineSpec = _LEARNING) -> Voice:
    began = time.process_time()
    model = world.perform(LearnVoice(_there(world.likeness(person).voice)), learning)
    return Voice(clip, model, time.process_time() - began)


def _brought(clip: Clip, world: World, person: Person, engine: EngineSpec, line: str) -> Voice:
    """Return the voice that *engine* speaks with from the sample itself; *line* is for finding its models' digests."""
    voice = _learned(clip, world, person, EngineSpec("sample"))
    return replace(voice, engine=pinned(engine, lambda choice: world.perform(CloneVoice(voice.model, line), choice)))


def _spoken(voice: Voice, world: World, lines: tuple[str, ...]) -> Iterator[Row]:
    """Yield what the *voice* is like when it says *lines*."""
    began = time.process_time()
    takes = list(_takes(world, voice, lines))
    spent = time.process_time() - began
    yield Row(f"{voice.name}: good takes passed", len(takes), f"of {len(lines)}")
    if takes:
        yield from _rows(voice, world, takes, spent)


def _takes(world: World, voice: Voice, lines: tuple[str, ...]) -> Iterator[Speech]:
    for line in lines:
        try:
            yield world.perform(CloneVoice(voice.model, line), voice.engine)
        except (EngineError, InputError) as refusal:  # of a line that an engine cannot say, too
            print(f"{voice.name}: refused: {refusal.code} {line}")


def _rows(voice: Voice, world: World, takes: list[Speech], spent: float) -> Iterator[Row]:
    name, room = voice.name, world.folder
    sounds = [soundfile.read(world.store.fetch(t, "sound.wav", room / f"{t.digest}.wav"))[0] for t in takes]
    files = [world.store.fetch(take, "scores.json", room / f"{take.digest}.json") for take in takes]
    scores = [Scores.model_validate_json(file.read_bytes()) for file in files]
    together = np.concatenate(sounds).astype(np.float32)
    first, second = _print(together, 48_000).likeness(_print(*soundfile.read(voice.clip.other, dtype="float32")))
    yield Row(f"{name}: speaking, judged", spent / (len(together) / 48_000), "CPU-s per s")
    if voice.engine == _DEFAULT:
        yield Row(f"{name}: speaking alone", _alone(_file(world, voice.model)), "CPU-s per s")
    yield Row(f"{name}: likeness, first encoder", first, "cosine")
    yield Row(f"{name}: likeness, second encoder", second, "cosine")
    yield Row(f"{name}: words misheard", 100 * float(np.mean([each.wrong for each in scores])), "%")
    yield Row(f"{name}: quality", float(np.mean([each.quality for each in scores])), "of 5")
    yield Row(f"{name}: takes a line", float(np.mean([each.attempt for each in scores])), "takes")


def _alone(model: Path) -> float:
    """Return what a second of speech costs without anybody who judges it."""
    voice, speaker = read_adaptation(model), open_base_tts(locate(BASE_VOICE))
    began, samples = time.process_time(), 0
    for line in LINES[-_TIMED:]:
        samples += len(voice.of(speaker.say(line, voice.pace), 1.0).sound(0))
    return (time.process_time() - began) / (samples / RATE)


def _print(sound: NDArray[np.float32], rate: int) -> SpeakerEmbedding:
    return open_speaker_encoders(locate(GE2E), locate(DVECTOR)).print_of(sound, rate)


def _file(world: World, model: VoiceModel) -> Path:
    path = world.folder / f"{model.digest}.npz"
    return path if path.exists() else world.store.fetch(model, "voice.npz", path)


def _there(sample: VoiceSample | None) -> VoiceSample:
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
        bars = panel.bar(names, [values.get(f"{name}: {what}", float("nan")) for name in names], color="#4477aa")
        panel.tick_params(axis="x", rotation=90)
        panel.bar_label(bars, fmt="%.2f")
        panel.set_title(f"{what} (%)" if what == "words misheard" else what)
        panel.set_ylim(0, {"quality": 5, "words misheard": 10}.get(what, 1))
    figure.savefig(to, dpi=110)


if __name__ == "__main__":
    main()
