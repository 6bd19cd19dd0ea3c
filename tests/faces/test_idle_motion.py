from fractions import Fraction

import numpy as np
import pytest

from avatar.faces.motion import idle_motion
from avatar.faces.motion.idle_motion import IdleMotion
from tests.faces.speeches import column

RATE = Fraction(25)


def loudness(count: int = 250) -> np.ndarray:
    return np.abs(np.sin(np.arange(count) / 3)).astype(np.float32)


def spoken(seed: int = 1, energy: float = 1.0) -> IdleMotion:
    return idle_motion.speaking_motion(loudness(), RATE, seed, energy)


@pytest.mark.parametrize("made", [spoken(), idle_motion.listening_motion(250, RATE, 1, 1.0)])
def test_motion_starts_and_ends_at_rest(made: IdleMotion) -> None:
    for part in (made.coefficients, made.degrees, made.gaze, made.breath):
        assert not part[0].any()
        assert not part[-1].any()


def test_the_same_work_moves_the_same_way_and_another_differently() -> None:
    assert np.array_equal(spoken(3).degrees, spoken(3).degrees)
    assert not np.array_equal(spoken(3).degrees, spoken(4).degrees)


@pytest.mark.parametrize("seed", range(8))
def test_a_head_moves_a_few_degrees_and_never_jumps(seed: int) -> None:
    degrees = spoken(seed).degrees

    assert 1 < np.abs(degrees).max() < 8
    assert np.abs(np.diff(degrees, axis=0)).max() < 1.5


def test_eyes_close_fully_every_few_seconds() -> None:
    closed = column(spoken().coefficients, "eyeBlink") > 0.99
    starts = np.flatnonzero(np.diff(closed.astype(int)) == 1) / float(RATE)

    assert 1 <= len(starts) <= 5
    assert (np.diff(starts) > 1.8).all()


def test_no_energy_is_no_head_motion() -> None:
    assert not spoken(energy=0.0).degrees.any()


def test_who_listens_keeps_the_mouth_still() -> None:
    made = idle_motion.listening_motion(250, RATE, 1, 1.0).coefficients

    assert not column(made, "jawOpen").any()
    assert not column(made, "mouthPucker").any()


def test_a_shot_of_one_frame_is_at_rest() -> None:
    assert not idle_motion.speaking_motion(loudness(1), RATE, 1, 1.0).degrees.any()
