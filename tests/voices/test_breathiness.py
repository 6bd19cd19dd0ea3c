import numpy as np
import pytest

from avatar.voices.signal.breathiness import change_breathiness
from avatar.voices.signal.spectra import BINS, Spectra


@pytest.fixture
def spectra() -> Spectra:
    """Twenty frames, the middle ten voiced."""
    flat = np.zeros((BINS, 20), np.float32)
    pitch = np.where(np.abs(np.arange(20) - 9.5) < 5, 200, 0).astype(np.float32)
    return Spectra(flat, flat, flat, flat, flat, pitch)


def test_less_breath_leaves_the_tone_and_the_consonants(spectra: Spectra) -> None:
    less = change_breathiness(spectra, -0.6)

    for part in (less.noise, less.rest):
        assert part[:, 7:13] == pytest.approx(-0.6)
        assert not part[:, ~spectra.voiced].any()
    assert np.array_equal(less.harmonic, spectra.harmonic)


def test_breath_comes_and_goes_without_a_step(spectra: Spectra) -> None:
    assert np.abs(np.diff(change_breathiness(spectra, -0.6).rest)).max() < 0.6


def test_no_other_breath_is_the_same_sound(spectra: Spectra) -> None:
    assert change_breathiness(spectra, 0.0) is spectra
