import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatar.voices.bands import BANDS, FLOOR, log_bands, powers


def tone(hertz: float, seconds: float, rate: int = 16_000) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate).astype(np.float32)


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000, 48_000])
def test_there_are_a_hundred_frames_a_second_at_any_rate(rate: int) -> None:
    assert powers(tone(440, 1.5, rate), rate).shape == (150, BANDS)


def test_a_higher_tone_is_heard_in_a_higher_band_and_a_click_at_its_time() -> None:
    low, high = (int(powers(tone(hertz, 0.5), 16_000)[25].argmax()) for hertz in (300, 3_000))
    click = np.zeros(16_000, np.float32)
    click[8_000] = 1

    assert low + 20 < high
    assert powers(click, 16_000).sum(axis=1).argmax() in (49, 50)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 100), st.integers(0, 100))
def test_gain_and_the_colour_of_a_microphone_do_not_matter(gain: float, seed: int) -> None:
    draw = np.random.default_rng(seed)
    power = draw.gamma(1, 1, (200, BANDS)).astype(np.float32) + np.float32(0.01)
    colour = draw.uniform(0.8, 1.25, BANDS).astype(np.float32)

    assert np.allclose(log_bands(power), log_bands(power * np.float32(gain)), atol=1e-3)
    assert np.abs(log_bands(power) - log_bands(power * colour)).mean() < 0.01


def test_silence_and_nothing_are_heard_as_such() -> None:
    sound = np.concatenate([tone(500, 0.5), np.zeros(8_000, np.float32)])

    assert (log_bands(powers(sound, 16_000))[60:, 20] < FLOOR / 2).all()
    assert log_bands(powers(np.zeros(0, np.float32), 16_000)).shape == (0, BANDS)
    assert np.isfinite(log_bands(powers(np.zeros(1600, np.float32), 16_000))).all()
