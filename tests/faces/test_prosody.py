from fractions import Fraction
from pathlib import Path

import numpy as np
import soundfile

from avatar.faces.motion.prosody import loudness


def test_loud_moments_are_loud(tmp_path: Path) -> None:
    seconds = np.arange(96_000) / 48_000
    sound = np.sin(seconds * 2 * np.pi * 200) * (seconds > 1) * 0.3
    soundfile.write(tmp_path / "sound.wav", sound, 48_000)

    level = loudness(tmp_path / "sound.wav", Fraction(25), 50)

    assert level[:23].max() < 0.01
    assert level[27:48].min() > 0.9


def test_silence_and_a_picture_longer_than_its_sound_are_quiet(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "sound.wav", np.zeros(4800), 48_000)

    assert not loudness(tmp_path / "sound.wav", Fraction(25), 50).any()
