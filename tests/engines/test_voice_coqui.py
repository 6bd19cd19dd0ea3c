from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avatar.artifacts.artifact import Audio, VoiceModel
from avatar.brought import digest_of_folder
from avatar.engines.learning.sample import Sample
from avatar.engines.voice.coqui import Coqui
from avatar.errors import AvatarError, EngineError, InputError
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.voices.coqui import open_coqui
from avatar.voices.timings import Timings
from avatar.weights import locate, weights_folder
from tests.engines.benches import FilesBench, cleared
from tests.voices.models import tiny_letters, tiny_vits, tiny_xtts

PERFORMERS = Path(__file__).parents[2] / "performers"
SAMPLE, VOICE = Audio("sample"), VoiceModel("voice")
LINE = "Hello there, this is a short line."


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
    room.files[VOICE, "voice.npz"] = Sample().run(cleared(LearnVoice(SAMPLE)), room)["voice.npz"]
    return room


def speak(engine: Coqui, room: FilesBench) -> tuple[Path, Timings]:
    parts = engine.run(cleared(CloneVoice(VOICE, LINE)), room)
    return parts["sound.wav"], Timings.model_validate_json(parts["timings.json"].read_text())


@pytest.mark.slow
@pytest.mark.parametrize("build", [tiny_vits, tiny_xtts])
def test_a_public_format_speaks_from_a_folder_twice_the_same(build, weights: Path) -> None:
    network = open_coqui(build(weights / "tiny"))
    reference = PERFORMERS / "ava_statement.flac"

    sound, rate = network.say(LINE, reference, "en", 1)

    assert rate in (22_050, 24_000)
    assert len(sound) > 0.2 * rate
    assert np.isfinite(sound).all()
    assert np.array_equal(network.say(LINE, reference, "en", 1)[0], sound)


@pytest.mark.slow
@pytest.mark.parametrize("aligner", ["", "letters"])
def test_noise_is_not_taken_for_the_line(aligner: str, weights: Path, room: FilesBench) -> None:
    letters = digest_of_folder(tiny_letters(weights / "letters"))
    model = digest_of_folder(tiny_vits(weights / "tiny"))
    engine = Coqui(model="tiny", model_sha256=model, aligner=aligner, aligner_sha256=letters)

    with pytest.raises(EngineError) as refusal:
        speak(engine, room)

    assert refusal.value.code in (("take.words", "take.pace") if aligner else ("voice.not-aligned",))


@pytest.mark.slow
def test_a_model_that_cannot_clone_is_refused(weights: Path, room: FilesBench) -> None:
    engine = Coqui(model="tiny", model_sha256=digest_of_folder(tiny_vits(weights / "tiny", encoder=False)))

    with pytest.raises(InputError) as refusal:
        speak(engine, room)

    assert refusal.value.code == "coqui.cannot-clone"


@pytest.mark.slow
def test_a_language_the_model_does_not_speak_is_refused(weights: Path, room: FilesBench) -> None:
    engine = Coqui(model="tiny", model_sha256=digest_of_folder(tiny_xtts(weights / "tiny")), language="xx")

    with pytest.raises(InputError, match="its languages: ar, cs") as refusal:
        speak(engine, room)

    assert refusal.value.code == "coqui.unknown-language"


def test_a_voice_learned_otherwise_names_the_fix(weights: Path, room: FilesBench, tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", kind=np.array("adaptation"))
    room.files[VOICE, "voice.npz"] = tmp_path / "other.npz"

    with pytest.raises(InputError, match=r"learning: \{engine: sample\}") as refusal:
        speak(Coqui(), room)

    assert refusal.value.code == "voice.wrong-model"


def test_a_missing_model_names_where_to_put_it(weights: Path, room: FilesBench) -> None:
    with pytest.raises(AvatarError, match=str(weights / "coqui" / "xtts-v2")) as refusal:
        speak(Coqui(), room)

    assert refusal.value.code == "weights.missing"
