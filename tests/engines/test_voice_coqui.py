from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avatar.artifacts.artifact import VoiceModel, VoiceSample
from avatar.engines.learning.sample import KeepSample
from avatar.engines.voice.freevc import FreeVC
from avatar.engines.voice.glow_tts import GlowTts
from avatar.engines.voice.knnvc import KnnVC
from avatar.engines.voice.openvoice import OpenVoice
from avatar.engines.voice.tacotron2 import Tacotron2
from avatar.engines.voice.vits import Vits
from avatar.engines.voice.xtts import Xtts
from avatar.engines.voice.yourtts import YourTts
from avatar.errors import AvatarError, EngineError, InputError
from avatar.models.pinned import digest_of_folder
from avatar.models.reference import ModelRef
from avatar.models.weights import locate, weights_folder
from avatar.stages.voice import CloneVoice, LearnVoice
from tests.engines.benches import FilesBench, cleared
from tests.voices.models import (
    tiny_freevc,
    tiny_glow,
    tiny_hifigan,
    tiny_knnvc,
    tiny_letters,
    tiny_openvoice,
    tiny_tacotron2,
    tiny_vits,
    tiny_xtts,
)

PERFORMERS = Path(__file__).parents[2] / "performers"
SAMPLE, VOICE = VoiceSample("sample"), VoiceModel("voice")
LINE = "Hello there, this is a short line."
NOISE = ("take.words", "take.pace", "take.likeness", "take.leads", "take.trails", "take.silent", "voice.not-aligned")


class Bench(FilesBench):
    def weight(self, weights: Any) -> Path:
        return locate(weights, PULLED)


PULLED = weights_folder()


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AVATAR_WEIGHTS", str(tmp_path / "weights"))
    return tmp_path / "weights"


@pytest.fixture
def room(tmp_path: Path) -> FilesBench:
    """A room that holds Ava's sample, kept as a voice model."""
    room = Bench(tmp_path)
    room.files[SAMPLE, "sound.wav"] = PERFORMERS / "ava_statement.flac"
    room.files[SAMPLE, "transcript.txt"] = PERFORMERS / "ava_statement.txt"
    room.files[VOICE, "voice.npz"] = KeepSample().run(cleared(LearnVoice(SAMPLE)), room)["voice.npz"]
    return room


def speak(engine: Any, room: FilesBench, line: str = LINE) -> Any:
    return engine.run(cleared(CloneVoice(VOICE, line)), room)


def pinned(folder: Path) -> str:
    return digest_of_folder(folder)


def spectrograms(engine: type[Any], build: Callable[[Path], Path], weights: Path, **options: Any) -> Any:
    model, vocoder = pinned(build(weights / "tiny")), pinned(tiny_hifigan(weights / "vocoder"))
    return engine(model=ModelRef("tiny", model), vocoder=ModelRef("vocoder", vocoder), **options)


ENGINES = {
    "xtts": lambda weights: Xtts(model=ModelRef("tiny", pinned(tiny_xtts(weights / "tiny")))),
    "yourtts": lambda weights: YourTts(model=ModelRef("tiny", pinned(tiny_vits(weights / "tiny")))),
    "vits": lambda weights: Vits(model=ModelRef("tiny", pinned(tiny_vits(weights / "tiny", encoder=False)))),
    "glow-tts": lambda weights: spectrograms(GlowTts, tiny_glow, weights),
    "tacotron2": lambda weights: spectrograms(Tacotron2, tiny_tacotron2, weights),
    "openvoice": lambda weights: OpenVoice(model=ModelRef("tiny", pinned(tiny_openvoice(weights / "tiny")))),
    "freevc": lambda weights: FreeVC(model=ModelRef("tiny", pinned(tiny_freevc(weights / "tiny")))),
    "knnvc": lambda weights: KnnVC(model=ModelRef("tiny", pinned(tiny_knnvc(weights / "tiny")))),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(ENGINES))
def test_noise_of_an_untrained_model_is_not_taken_for_the_person(name: str, weights: Path, room: FilesBench) -> None:
    engine = ENGINES[name](weights)

    with pytest.raises(EngineError) as refusal:
        speak(engine, room)
    assert refusal.value.code in NOISE


@pytest.mark.slow
def test_letters_of_another_model_time_the_noise_that_is_refused(weights: Path, room: FilesBench) -> None:
    letters = pinned(tiny_letters(weights / "letters"))
    model = pinned(tiny_vits(weights / "tiny"))
    engine = YourTts(model=ModelRef("tiny", model), aligner=ModelRef("letters", letters))

    with pytest.raises(EngineError) as refusal:
        speak(engine, room)
    assert refusal.value.code in ("take.words", "take.pace")


@pytest.mark.slow
def test_a_model_of_other_peoples_voices_needs_a_converter(weights: Path, room: FilesBench) -> None:
    model = pinned(tiny_vits(weights / "tiny", encoder=False, voices=("p225", "p226")))
    converter = pinned(tiny_openvoice(weights / "openvoice"))

    with pytest.raises(InputError, match="converter") as refusal:
        speak(Vits(model=ModelRef("tiny", model)), room)
    assert refusal.value.code == "coqui.cannot-clone"

    with pytest.raises(EngineError) as refused:
        speak(Vits(model=ModelRef("tiny", model), converter=ModelRef("openvoice", converter)), room)
    assert refused.value.code in NOISE


@pytest.mark.slow
def test_a_line_with_pauses_is_for_engines_that_keep_them(weights: Path, room: FilesBench) -> None:
    engine = YourTts(model=ModelRef("tiny", pinned(tiny_vits(weights / "tiny"))))

    with pytest.raises(InputError) as refusal:
        speak(engine, room, 'One <break time="500ms"/> two.')
    assert refusal.value.code == "ssml.not-supported"


@pytest.mark.parametrize("engine", [Xtts(), YourTts(), Vits(), GlowTts(), Tacotron2(), OpenVoice(), FreeVC(), KnnVC()])
def test_a_missing_model_names_where_to_put_it(engine: Any, weights: Path, room: FilesBench) -> None:
    with pytest.raises(AvatarError, match=str(weights / engine.model.path)) as refusal:
        speak(engine, room)
    assert refusal.value.code == "weights.missing"


def test_a_voice_learned_otherwise_names_the_fix(weights: Path, room: FilesBench, tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", kind=np.array("adaptation"))
    room.files[VOICE, "voice.npz"] = tmp_path / "other.npz"

    with pytest.raises(InputError, match=r"learning: \{engine: sample\}") as refusal:
        speak(Xtts(), room)
    assert refusal.value.code == "voice.wrong-model"
