from pathlib import Path

import pytest
import soundfile

from avatar.artifacts.artifact import Audio, VoiceModel
from avatar.engines.learning.sample import Sample
from avatar.engines.voice.coqui import Coqui
from avatar.errors import AvatarError, EngineError, InputError
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.voices.brought import digest_of_folder
from avatar.voices.timings import Timings
from tests.engines.benches import FilesBench, cleared
from tests.voices.models import tiny_letters, tiny_vits, tiny_xtts
from tests.voices.test_timings import check_laws

PERFORMERS = Path(__file__).parents[2] / "performers"
SAMPLE, VOICE = Audio("sample"), VoiceModel("voice")
LINE = "Hello there, this is a short line."


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AVATAR_WEIGHTS", str(tmp_path / "weights"))
    return tmp_path / "weights"


@pytest.fixture
def room(tmp_path: Path) -> FilesBench:
    """A room that holds Ava's sample, kept as a voice model."""
    room = FilesBench(tmp_path)
    room.files[SAMPLE, "sound.wav"] = PERFORMERS / "ava_statement.flac"
    room.files[SAMPLE, "transcript.txt"] = PERFORMERS / "ava_statement.txt"
    room.files[VOICE, "voice.npz"] = Sample().run(cleared(LearnVoice(SAMPLE)), room)["voice.npz"]
    return room


def speak(engine: Coqui, room: FilesBench) -> tuple[Path, Timings]:
    parts = engine.run(cleared(CloneVoice(VOICE, LINE)), room)
    return parts["sound.wav"], Timings.model_validate_json(parts["timings.json"].read_text())


@pytest.mark.slow
@pytest.mark.parametrize("build", [tiny_vits, tiny_xtts])
def test_a_public_format_speaks_from_a_folder_twice_the_same(build, weights: Path, room: FilesBench) -> None:
    model, letters = build(weights / "tiny"), tiny_letters(weights / "letters")
    engine = Coqui(
        model="tiny",
        model_sha256=digest_of_folder(model),
        aligner="letters",
        aligner_sha256=digest_of_folder(letters),
    )

    sound, timings = speak(engine, room)
    first = sound.read_bytes()

    check_laws(timings)
    assert [word.text for word in timings.words] == LINE.split()
    assert soundfile.info(sound).samplerate == 48_000
    assert timings.duration == pytest.approx(soundfile.info(sound).duration, abs=1e-4)
    assert speak(engine, room)[0].read_bytes() == first


@pytest.mark.slow
def test_noise_is_not_taken_for_the_line(weights: Path, room: FilesBench) -> None:
    engine = Coqui(model="tiny", model_sha256=digest_of_folder(tiny_vits(weights / "tiny")))

    with pytest.raises(EngineError) as refusal:
        speak(engine, room)

    assert refusal.value.code == "voice.not-aligned"


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
    import numpy as np

    np.savez(tmp_path / "other.npz", kind=np.array("adaptation"))
    room.files[VOICE, "voice.npz"] = tmp_path / "other.npz"

    with pytest.raises(InputError, match=r"learning: \{engine: sample\}") as refusal:
        speak(Coqui(), room)

    assert refusal.value.code == "voice.wrong-model"


def test_a_missing_model_names_where_to_put_it(weights: Path, room: FilesBench) -> None:
    with pytest.raises(AvatarError, match=str(weights / "coqui" / "xtts-v2")) as refusal:
        speak(Coqui(), room)

    assert refusal.value.code == "weights.missing"
