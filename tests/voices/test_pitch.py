import numpy as np
import pytest
from numpy.typing import NDArray

from avatar.voices.signal.pitch import estimate_pitch
from avatar.voices.signal.spectra import HOP, RATE


def sung(height: float) -> NDArray[np.float32]:
    """A second of a buzz of *height* Hz."""
    clock = np.arange(RATE) / RATE
    sound = sum(np.sin(2 * np.pi * height * number * clock) / number for number in range(1, 9)) / 10
    return np.asarray(sound, dtype=np.float32)


@pytest.mark.parametrize("height", [80.0, 260.0, 400.0])
def test_pitch_is_found_wherever_a_voice_lies(height: float) -> None:
    pitch = estimate_pitch(sung(height))

    assert np.median(pitch[pitch > 0]) == pytest.approx(height, rel=0.02)


def test_silence_has_no_pitch() -> None:
    assert not estimate_pitch(np.zeros(RATE, np.float32)).any()


def test_what_hums_in_a_pause_has_no_pitch_and_each_word_has_its_own_where_it_is_said() -> None:
    pause = 0.003 * sung(110)

    pitch = estimate_pitch(np.concatenate([pause, sung(200), pause, sung(240), pause]))

    second = RATE // HOP
    middles = [pitch[round((number + 0.5) * second)] for number in range(5)]
    assert middles == pytest.approx([0, 200, 0, 240, 0], rel=0.02)
    assert len(pitch) == 5 * second + 1
