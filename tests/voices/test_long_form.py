"""Following a text in a recording of any length."""

from collections.abc import Sequence

import numpy as np
import pytest

from avatar.errors import InputError
from avatar.voices.alignment import long_form
from avatar.voices.alignment.forced_alignment import align_phonemes
from avatar.voices.alignment.long_form import align_long_form, find_quietest
from avatar.voices.timings import Timings, Word, build_timings
from tests.voices.voiceovers import RATE, statement


@pytest.fixture(scope="module")
def whole() -> Timings:
    """The statement, aligned at once."""
    sound, lines = statement()
    return align_phonemes(sound, RATE, " ".join(lines))


def near(found: Sequence[Word], truth: Sequence[Word]) -> bool:
    """Whether words are found where they are: the aligner adapts to what it hears, so not to the hundredth second."""
    apart = np.array([abs(one.start - two.start) for one, two in zip(found, truth, strict=True)])
    assert np.median(apart) <= 0.01
    return bool(apart.max() < 0.15)


def test_a_short_recording_is_followed_as_it_is_aligned(whole):
    sound, lines = statement()

    found = align_long_form(sound, RATE, lines, ())

    assert [" ".join(word.text for word in each.words) for each in found] == list(lines)
    phones, words = [each for line in found for each in line.phones], [each for line in found for each in line.words]
    assert build_timings(len(sound) / RATE, phones, words) == whole


def test_a_long_one_is_followed_in_stretches_and_ends_at_the_same_times(whole, monkeypatch):
    sound, lines = statement()
    monkeypatch.setattr(long_form, "_MAX_STRETCH_S", 15.0)
    monkeypatch.setattr(long_form, "_MIN_STRETCH_S", 5.0)
    lengths: list[float] = []

    def counted(part, rate, text):
        lengths.append(len(part) / rate)
        return align_phonemes(part, rate, text)

    monkeypatch.setattr(long_form, "align_phonemes", counted)
    found = align_long_form(sound, RATE, lines, whole.words)

    assert len(lengths) > 1
    assert max(lengths) <= 15.0
    assert near([word for each in found for word in each.words], whole.words)


def test_a_refrain_is_not_taken_for_its_next_appearance(whole, monkeypatch):
    sound, lines = statement()
    seconds = len(sound) / RATE
    twice = [*whole.words, *(Word(text=w.text, start=w.start + seconds, end=w.end + seconds) for w in whole.words)]
    monkeypatch.setattr(long_form, "_MAX_STRETCH_S", 20.0)
    monkeypatch.setattr(long_form, "_MIN_STRETCH_S", 5.0)

    found = align_long_form(np.concatenate([sound, sound]), RATE, [*lines, *lines], twice)

    assert near([word for each in found for word in each.words], twice)


def test_where_no_line_is_heard_to_end_the_refusal_says_from_when_to_when(monkeypatch):
    sound, lines = statement()
    monkeypatch.setattr(long_form, "_MAX_STRETCH_S", 15.0)

    with pytest.raises(InputError, match=r"from 0 s to 27 s the words could not be followed") as refusal:
        align_long_form(sound, RATE, lines, ())
    assert refusal.value.code == "speech.not-followed"


def test_the_quietest_place_is_found_where_nobody_speaks():
    sound = np.ones(RATE, np.float32)
    sound[12_000:13_200] = 0.001

    assert 0.5 <= find_quietest(sound, RATE, 0.1, 0.9) <= 0.55
    assert find_quietest(sound, RATE, 0.30, 0.31) == pytest.approx(0.305)
