import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from avatar.errors import EngineError
from avatar.models.weights import locate
from avatar.voices.adaptation.voice_model import StoredSample, write_sample
from avatar.voices.backends.cloning import _CONVERSION_PACES, CloningTask, shift_pitch
from avatar.voices.backends.conversion import Converter
from avatar.voices.judging.scores import AcceptanceCriteria
from avatar.voices.judging.speaker_embedding import DVECTOR, GE2E, open_speaker_encoders
from avatar.voices.signal.pitch import estimate_pitch
from avatar.voices.signal.spectra import MIN_VOICED_HZ, RATE
from avatar.voices.timings import SILENCE

LINE = "The harbour lay quiet, and nobody asked for a boat before the morning."
SAID = "Every sample of a voice is a few sentences long, and somebody has to read them aloud without any hurry."


class Bench:
    seed = 7

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def new(self, name: str) -> Path:
        return self.folder / name

    def weight(self, weights: Any) -> Path:
        return locate(weights)

    def pulse(self, done: float) -> None: ...


class Unchanged(Converter):
    """Gives back what it hears, and keeps it."""

    heard = rate = RATE

    def _voice(self, sound: Any) -> Any:
        return None

    def _sound(self, sound: Any, voice: Any) -> Any:
        self.last = sound[0].numpy()
        return sound


class Short(Unchanged):
    """Loses the last fiftieth of a second, as models that work in steps do."""

    def _sound(self, sound: Any, voice: Any) -> Any:
        return super()._sound(sound, voice)[..., :-480]


@pytest.fixture
def voice(tmp_path, said) -> Path:
    """The voice of somebody who sounds like the base voice, a fifth lower."""
    sound = shift_pitch(said(SAID), 150.0).spectra.sound(seed=0)
    heard = open_speaker_encoders(locate(GE2E), locate(DVECTOR)).print_of(sound, RATE)
    write_sample(tmp_path / "voice.npz", StoredSample(sound, RATE, SAID), AcceptanceCriteria.usual(heard))
    return tmp_path / "voice.npz"


def middle(sound: np.ndarray) -> float:
    pitch = estimate_pitch(sound)
    return float(np.median(pitch[pitch >= MIN_VOICED_HZ]))


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Unchanged, Short])
def test_a_conversion_keeps_the_times_of_the_base_voice_exactly(kind, voice, speaker, tmp_path) -> None:
    parts = CloningTask.of(LINE, voice, Bench(tmp_path)).converted(kind(None), pace=1.0)

    sound, rate = soundfile.read(parts["sound.wav"])
    timings, scores = (json.loads(parts[name].read_text()) for name in ("timings.json", "scores.json"))
    base = speaker.say(LINE, _CONVERSION_PACES[scores["attempt"] - 1]).timings
    assert rate == 48_000
    assert len(sound) / rate == pytest.approx(timings["duration"], abs=1e-3)
    assert [word["text"] for word in timings["words"]] == LINE.split()
    spoken = [phone for phone in timings["phones"] if phone["symbol"] != SILENCE]
    planned = [phone for phone in base.phones if phone.symbol != SILENCE]
    assert [phone["symbol"] for phone in spoken] == [phone.symbol for phone in planned]
    shift = spoken[0]["start"] - planned[0].start
    assert [phone["start"] - shift for phone in spoken] == pytest.approx([phone.start for phone in planned], abs=1e-6)


@pytest.mark.slow
def test_the_base_voice_speaks_as_low_as_the_person_before_it_is_converted(voice, said, tmp_path) -> None:
    converter = Unchanged(None)
    CloningTask.of(LINE, voice, Bench(tmp_path)).converted(converter, pace=1.0)

    assert middle(said(LINE).spectra.sound(seed=0)) > 180
    assert middle(converter.last) == pytest.approx(150, rel=0.06)


@pytest.mark.slow
def test_a_conversion_that_does_not_sound_like_the_person_is_refused(voice, tmp_path) -> None:
    class Telephone(Unchanged):
        """Half an octave up, and hoarse: somebody else."""

        def _sound(self, sound: Any, voice: Any) -> Any:
            import torch

            return torch.nn.functional.interpolate(sound[None], scale_factor=0.6, mode="linear")[0].repeat(1, 2)

    with pytest.raises(EngineError) as refusal:
        CloningTask.of(LINE, voice, Bench(tmp_path)).converted(Telephone(None), pace=1.0)
    assert refusal.value.code.startswith("take.")
