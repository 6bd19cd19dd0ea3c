from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.voices.timings import SILENCE, Phone, Timings, Word, build_timings, shift_timings

SECONDS = st.floats(0, 20)


def check_laws(timings: Timings) -> None:
    """What holds for all timings: from 0 to the duration, in order, no gap between phones."""
    assert timings.phones[0].start == 0
    assert timings.phones[-1].end == timings.duration
    assert all(left.end == right.start for left, right in pairwise(timings.phones))
    assert all(phone.end > phone.start for phone in timings.phones)
    assert all(left.end <= right.start for left, right in pairwise(timings.words))
    assert all(0 <= word.start <= word.end <= timings.duration for word in timings.words)


@given(st.lists(st.tuples(SECONDS, SECONDS), max_size=12), st.floats(0.5, 25))
def test_whatever_is_laid_out_keeps_the_laws(spans: list[tuple[float, float]], duration: float) -> None:
    phones = [Phone(symbol="AA", start=start, end=end) for start, end in spans]
    words = [Word(text="a", start=start, end=end) for start, end in spans]

    check_laws(build_timings(duration, phones, words))


def test_a_gap_becomes_silence() -> None:
    laid = build_timings(1.0, [Phone(symbol="B", start=0.2, end=0.3), Phone(symbol="IY", start=0.5, end=0.9)], [])

    assert [phone.symbol for phone in laid.phones] == [SILENCE, "B", SILENCE, "IY", SILENCE]


@given(st.floats(-1, 2), st.floats(1, 6))
def test_moving_keeps_the_laws(shift: float, duration: float) -> None:
    phones = [Phone(symbol="B", start=0.2, end=0.3), Phone(symbol="IY", start=0.3, end=0.9)]
    timings = build_timings(1.0, phones, [Word(text="be.", start=0.2, end=0.9)])

    check_laws(shift_timings(timings, shift, duration))


def test_moving_moves_phones_and_words_alike() -> None:
    timings = build_timings(1.0, [Phone(symbol="B", start=0.2, end=0.9)], [Word(text="b", start=0.2, end=0.9)])

    later = shift_timings(timings, 0.1, 2.0)

    assert later.phones[1].start == later.words[0].start == pytest.approx(0.3)
    assert later.duration == 2.0
