"""Speech as the recogniser's encoder hears it."""

import numpy as np
import pytest

from avatar.errors import WeightsError
from avatar.models.weights import locate
from avatar.voices.recognition.asr_features import FEATURE_SIZE, asr_features
from avatar.voices.recognition.recogniser import HEARING

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _weights() -> None:
    try:
        locate(HEARING)
    except WeightsError as error:
        pytest.skip(str(error))


def noise(seconds: float, rate: int = 16_000) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.1, round(seconds * rate)).astype(np.float32)


@pytest.mark.parametrize(("seconds", "steps"), [(0.0, 0), (0.005, 1), (0.3, 15), (2.0, 100), (12.51, 626)])
def test_there_are_fifty_steps_a_second_however_long_it_is(seconds: float, steps: int) -> None:
    assert asr_features(noise(seconds), 16_000).shape == (steps, FEATURE_SIZE)


def test_gain_does_not_matter() -> None:
    assert np.array_equal(asr_features(noise(1.0), 16_000), asr_features(noise(1.0) * 0.25, 16_000))


def test_long_sounds_are_heard_in_blocks_that_fit_together() -> None:
    long = noise(24.0)
    long[0] = 1.0  # the loudest of both
    whole, start = asr_features(long, 16_000), asr_features(long[: 12 * 16_000], 16_000)

    assert np.array_equal(whole[:500], start[:500])
    assert np.abs(np.diff(whole, axis=0)).mean(axis=1)[499] < 2 * np.abs(np.diff(whole, axis=0)).mean()
