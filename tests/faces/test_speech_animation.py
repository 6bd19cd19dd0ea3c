"""What a mouth does with the shapes it is given."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from avatar.faces.animate import speech_animation
from avatar.faces.animate.speech_animation import mouth_from_phonemes
from avatar.faces.geometry.blendshapes import INDEX
from avatar.faces.motion.audio_to_blendshapes import audio_to_blendshapes
from avatar.faces.motion.mouth_encoder import EVENTS, SHAPES
from avatar.faces.motion.visemes import MAX_JAW_OPEN, viseme_track
from avatar.media.frames import frame_count
from tests.faces.speeches import saying

RATE = Fraction(25)


@pytest.fixture
def heard(tmp_path: Path):
    """Return the jaw asked for and the jaw shown while *symbols* sound at *level*; the first of them is the loudest."""

    def heard(symbols: str, level: float) -> tuple[np.ndarray, np.ndarray]:
        timings = saying("AA " + symbols, each=0.2)
        sound = np.random.default_rng(1).uniform(-level, level, round(timings.duration * 16_000))
        sound[: round(0.4 * 16_000)] *= 0.9 / level
        soundfile.write(tmp_path / "sound.wav", sound, 16_000)
        asked = viseme_track(timings, RATE, frame_count(timings.duration, RATE))
        shown = mouth_from_phonemes(timings, tmp_path / "sound.wav", RATE).track
        return asked[11:15, INDEX["jawOpen"]], shown[11:15, INDEX["jawOpen"]]

    return heard


def test_a_loud_syllable_opens_wider_than_a_faint_one(heard) -> None:
    assert (heard("EH", 0.9)[1] > 1.1 * heard("EH", 0.1)[1]).all()


def test_what_opens_little_is_enlarged_more_than_what_opens_wide_and_nothing_beyond_the_most(heard) -> None:
    (little, shown), (wide, widest) = heard("S", 0.9), heard("AA", 0.9)

    assert (shown / little).min() > (widest / wide).max() > 1
    assert widest.max() <= MAX_JAW_OPEN + 1e-6


def test_lips_that_meet_stay_together_however_loud(heard) -> None:
    asked, shown = heard("M", 0.9)

    assert asked[1:3].max() < 0.01
    assert shown[1:3].max() < 0.015


class Hearing:
    """Hears a jaw that is open by *jaw* all the time."""

    def __init__(self, jaw: float) -> None:
        self._jaw = jaw

    def predict(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        shapes = np.zeros((len(features), len(SHAPES)), np.float32)
        shapes[:, SHAPES.index("jawOpen")] = self._jaw
        return shapes, np.zeros((len(features), len(EVENTS)), np.float32)


def test_a_small_opening_that_is_only_heard_is_enlarged_further_than_one_that_is_known(tmp_path: Path, heard) -> None:
    def enlarged(jaw: float) -> float:
        shown = speech_animation.mouth_from_audio(tmp_path / "noise.wav", RATE, Hearing(jaw)).track  # type: ignore[arg-type]
        asked = audio_to_blendshapes(tmp_path / "noise.wav", RATE, len(shown), Hearing(jaw))  # type: ignore[arg-type]
        return float(shown[25, INDEX["jawOpen"]] / asked[25, INDEX["jawOpen"]])

    soundfile.write(tmp_path / "noise.wav", np.random.default_rng(2).uniform(-0.5, 0.5, 32_000), 16_000)
    little, known = heard("S", 0.9)

    assert enlarged(float(little.max())) > 1.1 * (known / little).max()
    assert enlarged(0.3) < enlarged(0.1)
