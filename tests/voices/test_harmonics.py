import numpy as np
import pytest

from avatar.voices.signal.harmonics import minimum_phase, smooth_over_time
from avatar.voices.signal.spectra import BINS


def test_a_flat_spectrum_has_no_phase() -> None:
    assert np.abs(minimum_phase(np.full((BINS, 3), 0.7, np.float32))).max() < 1e-5


def test_a_resonance_gets_the_phase_of_its_own_filter() -> None:
    angles = np.linspace(0, np.pi, BINS)
    response = 1 / (1 - 0.8 * np.exp(-1j * angles))  # one pole inside the unit circle: of minimum phase

    phase = minimum_phase(np.log(np.abs(response))[:, None].astype(np.float32))

    assert np.pi * np.tanh(phase[:, 0]) == pytest.approx(np.angle(response), abs=1e-3)


def test_a_slow_shape_jitters_less_and_keeps_its_mean() -> None:
    jittering = np.random.default_rng(0).standard_normal((BINS, 200)).astype(np.float32)

    calm = smooth_over_time(jittering, np.ones(200, dtype=bool))

    assert calm.std() < 0.5 * jittering.std()
    assert calm.mean() == pytest.approx(jittering.mean(), abs=0.01)


def test_a_slow_shape_takes_nothing_from_unvoiced_frames() -> None:
    voiced = np.arange(20) % 7 < 4
    shape = np.where(voiced, 2.0, -9.0).astype(np.float32) * np.ones((BINS, 1), np.float32)

    assert smooth_over_time(shape, voiced) == pytest.approx(shape, abs=1e-5)
