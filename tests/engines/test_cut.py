"""Lines taken out of a voice-over."""

import numpy as np
import pytest
import soundfile

from avatar.artifacts.artifact import Voiceover
from avatar.engines.voice.cut import Cut
from avatar.errors import InputError
from avatar.stages.voice import CutVoiceover
from avatar.voices.timings import Timings
from tests.engines.benches import FilesBench, cleared
from tests.voices.voiceovers import hummed

GIVEN = Voiceover("v")


@pytest.fixture
def bench(tmp_path):
    (tmp_path / "given").mkdir()
    parts = hummed(tmp_path / "given").parts
    return FilesBench(tmp_path, {(GIVEN, part): path for part, path in parts.items()})


def test_a_line_is_the_persons_own_sound_and_as_long_as_it_was(bench):
    parts = Cut().run(cleared(CutVoiceover(GIVEN, 1, "That was all.")), bench)

    sound, rate = soundfile.read(parts["sound.wav"], dtype="float32")
    assert (len(sound), rate) == (48_000, 48_000)
    humming = np.abs(np.fft.rfft(sound))
    assert int(humming.argmax()) == 150  # hertz, in a second of sound
    assert Timings.model_validate_json(parts["timings.json"].read_bytes()).duration == 1.0
    assert "scores.json" not in parts  # nobody judges what a person said themselves


@pytest.mark.parametrize(("index", "line"), [(0, "That was all."), (2, "That was all."), (-1, "That was all.")])
def test_words_that_were_not_recorded_there_are_refused(bench, index, line):
    with pytest.raises(InputError, match="leave the script out") as refusal:
        Cut().run(cleared(CutVoiceover(GIVEN, index, line)), bench)
    assert refusal.value.code == "voiceover.other-words"
