import pytest

from avatar.voices import wording
from avatar.voices.recogniser import words_at_a_glance
from avatar.voices.spectra import RATE
from avatar.voices.wording import compare, wording_of


@pytest.mark.parametrize(
    ("expected", "heard"),
    [
        ("We changed the colour.", "we change the color"),
        ("It rained for two days.", "It reigned for to days"),
        ("Twenty-one trains leave at 7:30 pm.", "21 trains leave at 7.30 PM"),
    ],
)
def test_words_that_sound_alike_are_the_same(expected: str, heard: str) -> None:
    assert compare(expected, heard).rate() <= 0.25  # "change" is another word than "changed"


def test_words_around_the_line_are_counted() -> None:
    wording = compare("open the door", "now please open the door again")

    assert (wording.before, wording.after, wording.inserted, wording.wrong) == (2, 1, 3, frozenset())


def test_nothing_heard_is_all_wrong() -> None:
    assert compare("open the door", "").rate() == 1.0


def test_what_is_misheard_in_plain_speech_too_is_excused() -> None:
    plain, take = compare("Zyxgorp opened the door", "six gap opened the door"), "six cup opened the floor"

    assert compare("Zyxgorp opened the door", take).rate(plain) == 0.25


def test_a_line_that_is_said_right_is_heard_right_at_a_glance(said):
    text = "The studio remembers the day of a very small change."

    assert compare(text, words_at_a_glance(said(text).spectra.sound(seed=0), RATE)).rate() == 0


def test_what_is_misheard_at_a_glance_is_heard_again(said, monkeypatch):
    text = "The studio remembers the day of a very small change."
    sound = said(text).spectra.sound(seed=0)
    monkeypatch.setattr(wording, "words_at_a_glance", lambda *_: "No. No. No. No.")

    assert wording_of(text, sound, RATE).rate() == 0
    assert wording_of("Another line altogether.", sound, RATE).rate() > 0.5
