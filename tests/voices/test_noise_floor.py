import numpy as np
import pytest
from numpy.typing import NDArray

from avatar.voices.signal.noise_floor import UNKNOWN_NOISE_FLOOR, lower_noise_floor, measure_noise_floor
from avatar.voices.signal.spectra import BINS, HOP, RATE, Spectra

FRAMES = 40


def voice(pitch: float, rumble: float = 1e-5) -> NDArray[np.float32]:
    """Half a second of ten harmonics of *pitch* Hz in noise of the level *rumble*."""
    clock = np.arange(FRAMES * HOP) / RATE
    harmonics = sum(np.sin(2 * np.pi * pitch * number * clock) / number for number in range(1, 11))
    return np.asarray(0.1 * harmonics + rumble * np.random.default_rng(0).standard_normal(len(clock)), np.float32)


def depth(pitch: float, rumble: float = 1e-5) -> float:
    return measure_noise_floor(voice(pitch, rumble), np.full(FRAMES, pitch), np.arange(FRAMES) % (FRAMES - 4) > 3)


def flat(pitch: list[float]) -> Spectra:
    level = np.zeros((BINS, len(pitch)), np.float32)
    return Spectra(level, level, level, level, level, np.array(pitch, np.float32))


def test_ten_times_the_rumble_is_ten_times_as_much_below_the_pitch() -> None:
    assert depth(240, 0.02) - depth(240, 0.002) == pytest.approx(np.log(10), abs=0.2)


def test_how_loud_the_recording_is_does_not_matter() -> None:
    pitch, active = np.full(FRAMES, 240.0), np.ones(FRAMES, bool)
    depths = [measure_noise_floor(gain * voice(240, 0.01), pitch, active) for gain in (0.25, 1.0)]

    assert depths[0] == pytest.approx(depths[1], abs=0.02)


def test_nothing_is_known_below_a_deep_voice_or_where_nobody_speaks() -> None:
    assert depth(90) == UNKNOWN_NOISE_FLOOR
    assert measure_noise_floor(voice(240), np.full(FRAMES, 240.0), np.zeros(FRAMES, bool)) == UNKNOWN_NOISE_FLOOR


def test_only_what_is_below_a_high_pitch_is_lowered() -> None:
    changed = lower_noise_floor(flat([240, 90, 0]), -2.0).rest

    assert changed[5, 0] == -2.0  # 100 Hz
    assert not changed[10:].any()  # from 200 Hz
    assert not changed[:, 1:].any()  # deep, and unvoiced


@pytest.mark.parametrize("change", [0.0, 1.5, UNKNOWN_NOISE_FLOOR, float("nan")])
def test_nothing_is_ever_added_below_the_pitch(change: float) -> None:
    spectra = flat([240])

    assert lower_noise_floor(spectra, change) is spectra
