import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from avatar.artifacts.artifact import VoiceModel, VoiceSample
from avatar.consent import Cleared
from avatar.engines.learning.sample import KeepSample
from avatar.engines.voice.chatterbox import Chatterbox
from avatar.engines.voice.qwen3_tts import Qwen3Tts
from avatar.errors import AvatarError, ConsentError, EngineError, InputError, WeightsError
from avatar.models.pinned import digest_of_folder
from avatar.models.reference import ModelRef
from avatar.models.weights import Weights, locate, weights_folder
from avatar.stages.registry import EngineSpec
from avatar.stages.request import Parts, Workbench
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.testing.world import TOY_BRIEF
from avatar.voices.adaptation.voice_model import StoredSample, write_sample
from avatar.voices.alignment.forced_alignment import align_phonemes
from avatar.voices.backends.cloning import CloningTask, Reference
from avatar.voices.backends.isolated import open_worker, speak_isolated
from avatar.voices.base.base_tts import BASE_VOICE, open_base_tts
from avatar.voices.judging.scores import AcceptanceCriteria
from avatar.voices.judging.speaker_embedding import DVECTOR, GE2E, open_speaker_encoders
from avatar.voices.timings import Timings
from tests.engines.benches import FilesBench, cleared
from tests.runtime.isolated.test_client import TOY, ends

PERFORMERS = Path(__file__).parents[2] / "performers"
SAMPLE, VOICE = VoiceSample("sample"), VoiceModel("voice")
PULLED = weights_folder()


class Bench(FilesBench):
    def weight(self, weights: Any) -> Path:
        return locate(weights, PULLED)


@dataclass(frozen=True)
class Toy:
    """Speaks with three sines, in a process of its own."""

    version: ClassVar[int] = 1
    weights: ClassVar[tuple[Weights, ...]] = ()

    model: ModelRef = ModelRef("toy")

    def run(self, cleared: Cleared[CloneVoice], bench: Workbench) -> Parts:
        cloning = CloningTask.of(cleared.request.line, bench.open(cleared.request.voice), bench)
        worker = open_worker(TOY, weights_folder() / self.model.path, "", "cpu")
        return cloning.spoken(speak_isolated(worker, "en", bench, 60), align_phonemes)


@dataclass(frozen=True)
class Hanging:
    """Never comes to an end by itself."""

    version: ClassVar[int] = 1
    weights: ClassVar[tuple[Weights, ...]] = ()

    model: ModelRef = ModelRef("toy")

    def run(self, cleared: Cleared[CloneVoice], bench: Workbench) -> Parts:
        reference = Reference(bench.open(cleared.request.voice), "")
        speak_isolated(open_worker(TOY, weights_folder() / self.model.path, "", "cpu"), "en", bench, 60)(
            "[hang]", reference, 1
        )
        return {}


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AVATAR_WEIGHTS", str(tmp_path / "weights"))
    (tmp_path / "weights" / "toy").mkdir(parents=True)
    (tmp_path / "weights" / "toy" / "config.json").write_text("{}")
    return tmp_path / "weights" / "toy"


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FilesBench:
    """A room that holds a sample of Ava's, a sentence long, kept as a voice model."""
    monkeypatch.setenv("AVATAR_WEIGHTS", str(tmp_path / "weights"))
    room = Bench(tmp_path)
    room.files[SAMPLE, "sound.wav"] = PERFORMERS / "ava_statement.flac"
    room.files[SAMPLE, "transcript.txt"] = PERFORMERS / "ava_statement.txt"
    room.files[VOICE, "voice.npz"] = KeepSample().run(cleared(LearnVoice(SAMPLE)), room)["voice.npz"]
    return room


def speak(engine: Any, room: FilesBench, line: str) -> Parts:
    return engine.run(cleared(CloneVoice(VOICE, line)), room)


@pytest.mark.slow
def test_what_a_process_says_well_is_used_and_timed(model, room, tmp_path) -> None:
    words = "Every sample of a voice is a few sentences long, and somebody has to read them aloud."
    spoken = open_base_tts(locate(BASE_VOICE, PULLED)).say(words).spectra.sound(seed=0)
    heard = open_speaker_encoders(locate(GE2E, PULLED), locate(DVECTOR, PULLED)).print_of(spoken, 24_000)
    write_sample(tmp_path / "base.npz", StoredSample(spoken, 24_000, words), AcceptanceCriteria.usual(heard))
    room.files[VOICE, "voice.npz"] = tmp_path / "base.npz"
    (model / "speaks-the-sample").touch()

    parts = speak(Toy(), room, words)

    timings = Timings.model_validate_json(parts["timings.json"].read_text())
    assert [word.text for word in timings.words] == words.split()
    assert timings.duration == pytest.approx(len(spoken) / 24_000, abs=1.0)


@pytest.mark.slow
def test_what_a_process_says_badly_is_refused(model, room) -> None:
    with pytest.raises(EngineError) as refusal:
        speak(Toy(), room, "Hello there.")
    assert refusal.value.code.startswith(("take.", "voice.not-aligned"))


@pytest.mark.slow
def test_a_file_that_is_no_line_of_speech_is_refused(model, room, tmp_path) -> None:
    worker = open_worker(TOY, model, "", "cpu")
    say = speak_isolated(worker, "en", room, 60)

    with pytest.raises(EngineError) as refusal:
        say("[fast]", Reference(tmp_path / "sample.wav", ""), 1)
    assert refusal.value.code == "isolated.sound"


def test_a_withdrawal_ends_the_process(model, world) -> None:
    world.engines |= {"toy": lambda: Hanging}
    ada = world.enroll("ada")
    world.agree(ada)
    voice = world.perform(LearnVoice(world.likeness(ada).voice), EngineSpec("ear"))
    working, refused = model / "working", []

    def speaking() -> None:
        try:
            world.studio.perform(CloneVoice(voice, "hello"), EngineSpec("toy"), TOY_BRIEF)
        except AvatarError as error:
            refused.append(error)

    thread = threading.Thread(target=speaking)
    thread.start()
    while not (working.exists() and working.read_text()):
        assert thread.is_alive()
        time.sleep(0.05)
    world.people.withdraw(ada)

    assert ends(int(working.read_text()))
    thread.join(30)
    assert isinstance(refused[0], ConsentError)


@pytest.mark.parametrize(("engine", "file"), [(Chatterbox(), "ve.safetensors"), (Qwen3Tts(), "config.json")])
def test_a_missing_model_names_the_file_and_where_to_put_it(engine, file, room, tmp_path) -> None:
    with pytest.raises(WeightsError, match=f"{tmp_path / 'weights' / engine.model.path}: {file}") as refusal:
        speak(engine, room, "Hello.")
    assert refusal.value.code == "weights.missing"


def test_a_model_with_a_pickle_in_it_is_refused(model, room) -> None:
    (model / "speech_tokenizer").mkdir()
    (model / "speech_tokenizer" / "pytorch_model.bin").write_bytes(b"")
    engine = Qwen3Tts(model=ModelRef("toy", digest_of_folder(model)))

    with pytest.raises(WeightsError, match=r"pytorch_model\.bin is a pickle") as refusal:
        speak(engine, room, "Hello.")
    assert refusal.value.code == "weights.unreadable"


def test_a_model_with_its_weights_reaches_an_environment_that_must_be_prepared(model, room, tmp_path, monkeypatch):
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    files = ("ve.safetensors", "t3_cfg.safetensors", "s3gen.safetensors", "tokenizer.json")
    for name in files:
        (model / name).write_bytes(b"tensors")
    engine = Chatterbox(model=ModelRef("toy", digest_of_folder(model, files)))

    with pytest.raises(EngineError, match="uv sync --script") as refusal:
        speak(engine, room, "Hello.")
    assert refusal.value.code == "isolated.not-prepared"


def test_a_language_that_is_not_spoken_is_refused_before_anything_starts() -> None:
    with pytest.raises(InputError, match="its language: en") as refusal:
        Chatterbox(language="de")
    assert refusal.value.code == "language.not-spoken"
