from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatar.faces.geometry.blendshapes import INDEX
from avatar.faces.motion.visemes import MAX_JAW_OPEN, VISEMES, viseme_track
from avatar.media.frames import frame_count
from tests.examples import examples
from tests.faces.speeches import column, saying

RATES = [Fraction(25), Fraction(30000, 1001), Fraction(60), Fraction(12)]
VOWELS = ["AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"]
PHONEMES = ["SIL", *VOWELS, "CH", "DH", "HH", "JH", "NG", "SH", "TH", "ZH", *"BDFGKLMNPRSTVWYZ"]


def track_of(symbols: str, rate: Fraction = Fraction(25), each: float = 0.1) -> np.ndarray:
    timings = saying(symbols, each=each)
    return viseme_track(timings, rate, frame_count(timings.duration, rate))


def at(symbols: str, place: int, rate: int = 100) -> np.ndarray:
    """The coefficients in the middle of one phoneme."""
    return track_of(symbols, Fraction(rate))[round((0.2 + 0.1 * place + 0.05) * rate)]


def test_every_phoneme_has_a_shape() -> None:
    assert set(PHONEMES) == set(VISEMES)


@settings(max_examples=examples(40))
@given(st.lists(st.sampled_from(PHONEMES), max_size=12), st.sampled_from(RATES), st.floats(0.03, 0.3))
def test_every_shot_starts_and_ends_at_rest_and_no_jaw_sings(symbols: list[str], rate: Fraction, each: float) -> None:
    track = track_of(" ".join(symbols), rate, each)

    assert not track[0].any()
    assert not track[-1].any()
    assert np.isfinite(track).all()
    assert track.min() >= 0
    assert track[:, INDEX["jawOpen"]].max() <= MAX_JAW_OPEN


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("lips", ["P", "B", "M"])
def test_lips_meet_in_at_least_one_frame_however_short_the_sound(lips: str, rate: Fraction) -> None:
    timings = saying(f"AA {lips} AA", each=0.04)
    track = viseme_track(timings, rate, frame_count(timings.duration, rate))
    near = np.abs((np.arange(len(track)) + 0.5) / float(rate) - 0.255) <= 1 / float(rate)  # a little before it is heard

    assert track[near, INDEX["jawOpen"]].min() < 0.01
    assert column(track, "mouthPress")[near].max() > 0.3


def test_the_lower_lip_goes_to_the_teeth_on_f() -> None:
    shape = at("AA F AA", 1)

    assert shape[INDEX["mouthRollLower"]] > 0.4
    assert shape[INDEX["jawOpen"]] < 0.1


def test_rounding_is_there_before_the_vowel() -> None:
    before_round, before_spread = at("S T UW", 1), at("S T IY", 1)

    assert before_round[INDEX["mouthPucker"]] > before_spread[INDEX["mouthPucker"]] + 0.1


def test_lips_that_close_on_a_rounded_word_stay_rounded() -> None:
    assert at("UW M UW", 1)[INDEX["mouthPucker"]] > 0.3


def test_open_vowels_are_open_and_silence_is_closed() -> None:
    assert at("AA AA AA", 1)[INDEX["jawOpen"]] > 0.28
    assert at("AA SIL SIL SIL", 2)[INDEX["jawOpen"]] < 0.06


def test_a_mouth_is_in_place_a_little_before_it_is_heard() -> None:
    jaw = track_of("S AA S", Fraction(1000))[:, INDEX["jawOpen"]]
    widest = np.flatnonzero(jaw > 0.99 * jaw.max()) / 1000

    assert 0.33 < widest.mean() < 0.349  # AA is heard from 0.3 to 0.4 s


def test_lips_come_together_within_a_contact_and_part_with_its_sound() -> None:
    press = column(track_of("AA M AA", Fraction(1000)), "mouthPress")
    seconds, most = np.arange(len(press)) / 1000, press.max()

    assert (press[(seconds > 0.3) & (seconds < 0.38)] > 0.95 * most).all()  # M is heard from 0.3 to 0.4 s
    assert 0.4 < press[400] / most < 0.8
    assert press[(seconds < 0.26) | (seconds > 0.425)].max() < 0.15 * most


def test_a_short_vowel_between_contacts_is_seen() -> None:
    assert at("P AH P", 1)[INDEX["jawOpen"]] > 0.6 * at("AH AH AH", 1)[INDEX["jawOpen"]]


def test_a_speech_shorter_than_its_ramps_is_still_a_track() -> None:
    assert viseme_track(saying("AA", each=0.02, silence=0.0), Fraction(25), 1).shape == (1, 52)
