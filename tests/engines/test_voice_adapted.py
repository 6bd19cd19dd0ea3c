from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from avatar.artifacts.artifact import VoiceModel, VoiceSample
from avatar.engines.learning.ridge import Ridge
from avatar.engines.voice.adapted import Adapted
from avatar.errors import InputError
from avatar.models.weights import locate
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.voices.judging.scores import Scores
from avatar.voices.timings import Timings
from tests.engines.benches import FilesBench, cleared
from tests.voices.test_timings import check_laws

PERFORMERS = Path(__file__).parents[2] / "performers"
SAMPLE, VOICE = VoiceSample("sample"), VoiceModel("voice")
LINE = "The morning train leaves at a quarter past seven, so bring a coat."


class Bench(FilesBench):
    def weight(self, weights: Any) -> Path:
        return locate(weights)


def bench(folder: Path, **files: Path) -> Bench:
    folder.mkdir()
    parts = {"sound": (SAMPLE, "sound.wav"), "transcript": (SAMPLE, "transcript.txt"), "voice": (VOICE, "voice.npz")}
    return Bench(folder, {parts[name]: path for name, path in files.items()})


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    room = bench(
        tmp_path_factory.mktemp("learning") / "room",
        sound=PERFORMERS / "ava_statement.flac",
        transcript=PERFORMERS / "ava_statement.txt",
    )
    Ridge().run(cleared(LearnVoice(SAMPLE)), room)
    return room


def speak(voice: Path, folder: Path, line: str = LINE) -> tuple[np.ndarray, Timings, Bench]:
    room = bench(folder, voice=voice)
    parts = Adapted().run(cleared(CloneVoice(VOICE, line)), room)
    sound, rate = soundfile.read(parts["sound.wav"], dtype="int16", always_2d=True)
    assert (rate, sound.shape[1]) == (48_000, 1)
    return sound[:, 0], Timings.model_validate_json(parts["timings.json"].read_text()), room


@pytest.mark.slow
def test_a_learned_voice_speaks_with_timings_that_fit(learned: Bench, tmp_path: Path) -> None:
    sound, timings, room = speak(learned.new("voice.npz"), tmp_path / "room")

    check_laws(timings)
    assert timings.duration == pytest.approx(len(sound) / 48_000, abs=1e-4)
    assert [word.text for word in timings.words] == LINE.split()
    assert room.pulses == sorted(room.pulses)
    scores = Scores.model_validate_json(room.new("scores.json").read_text())
    assert scores.wrong <= 0.1
    assert min(scores.likeness) > 0.6
    assert learned.pulses[-1] <= 1


@pytest.mark.slow
def test_the_same_line_is_the_same_bytes(learned: Bench, tmp_path: Path) -> None:
    first, again = (speak(learned.new("voice.npz"), tmp_path / name)[2] for name in ("first", "again"))

    for part in ("sound.wav", "timings.json", "scores.json"):
        assert first.new(part).read_bytes() == again.new(part).read_bytes()


@pytest.mark.slow
def test_a_transcript_of_something_else_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("The quick brown fox jumps over the lazy dog, again and again. Nobody knows why it does that.")
    room = bench(tmp_path / "room", sound=PERFORMERS / "ava_statement.flac", transcript=other)

    with pytest.raises(InputError) as refusal:
        Ridge().run(cleared(LearnVoice(SAMPLE)), room)

    assert refusal.value.code == "transcript.mismatch"


@pytest.mark.parametrize(("engine", "options"), [(Ridge, {"ridge": 0.0}), (Adapted, {"pace": 3.0})])
def test_options_out_of_range_are_refused(engine: Any, options: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(options))):
        engine(**options)
