"""What numbers decide, and what they leave to a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.capture.checks import REASON_CODES, THRESHOLDS, Threshold, count_in_order, normalized_words

WORDS = st.lists(st.sampled_from(["amber", "river", "lantern", "the", "and"]), max_size=9)
PASSCODE = ("amber", "river", "lantern")


@pytest.mark.parametrize(
    ("score", "verdict"), [(0.95, "passed"), (0.91, "passed"), (0.90, "unsure"), (0.71, "unsure"), (0.70, "failed")]
)
def test_between_a_pass_and_a_failure_lies_doubt(score: float, verdict: str) -> None:
    assert Threshold(0.91, 0.70).verdict(score) == verdict


@pytest.mark.parametrize(("score", "verdict"), [(0.1, "passed"), (0.45, "passed"), (0.5, "unsure"), (0.55, "failed")])
def test_a_distance_passes_when_it_is_small(score: float, verdict: str) -> None:
    assert Threshold(0.45, 0.55).verdict(score) == verdict


@pytest.mark.parametrize("name", THRESHOLDS)
def test_what_was_not_measured_is_never_a_pass(name: str) -> None:
    assert THRESHOLDS[name].verdict(None) == "unsure"
    assert REASON_CODES[name].startswith("capture.")


@pytest.mark.parametrize(
    ("heard", "count"),
    [
        ("the words are Amber, river and lantern.", 3),
        ("amber amber river the lantern", 3),
        ("amber and lantern", 2),
        ("lantern river amber", 1),
        ("", 0),
    ],
)
def test_passcode_words_count_in_their_order(heard: str, count: int) -> None:
    assert count_in_order(PASSCODE, normalized_words(heard)) == count


@given(WORDS)
def test_all_of_them_count_only_if_they_can_be_picked_out_in_order(heard: list[str]) -> None:
    rest = iter(heard)
    picked = all(word in rest for word in PASSCODE)  # each ``in`` goes on where the last one stopped

    assert (count_in_order(PASSCODE, heard) == 3) == picked


@given(WORDS, st.integers(0, 9), st.sampled_from(["amber", "other"]))
def test_hearing_more_never_makes_it_less(heard: list[str], place: int, word: str) -> None:
    more = [*heard[:place], word, *heard[place:]]

    assert count_in_order(PASSCODE, more) >= count_in_order(PASSCODE, heard)


def test_words_are_compared_in_any_script() -> None:
    assert normalized_words("Élan, l’été — 日本 3!") == ["élan", "l'été", "日本", "3"]
