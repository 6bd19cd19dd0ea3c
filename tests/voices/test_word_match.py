import pytest

from avatar.voices.recognition import word_match
from avatar.voices.recognition.recogniser import recognise_words_fast
from avatar.voices.recognition.word_match import match_speech, match_words
from avatar.voices.signal.spectra import RATE


@pytest.mark.parametrize(
    ("expected", "heard"),
    [
        ("We changed the colour.", "we change the color"),
        ("It rained for two days.", "It reigned for to days"),
        ("Twenty-one trains leave at 7:30 pm.", "21 trains leave at 7.30 PM"),
    ],
)
def test_words_that_sound_alike_are_the_same(expected: str, heard: str) -> None:
    assert match_words(expected, heard).rate() <= 0.25  # "change" is another word than "changed"


def test_words_around_the_line_are_counted() -> None:
    wording = match_words("open the door", "now please open the door again")

    assert (wording.before, wording.after, wording.inserted, wording.wrong) == (2, 1, 3, frozenset())


def test_nothing_heard_is_all_wrong() -> None:
    assert match_words("open the door", "").rate() == 1.0


def test_what_is_misheard_in_plain_speech_too_is_excused() -> None:
    plain, take = match_words("Zyxgorp opened the door", "six gap opened the door"), "six cup opened the floor"

    assert match_words("Zyxgorp opened the door", take).rate(plain) == 0.25


def test_a_line_that_is_said_right_is_heard_right_at_a_glance(said):
    text = "The studio remembers the day of a very small change."

    assert match_words(text, recognise_words_fast(said(text).spectra.sound(seed=0), RATE)).rate() == 0


def test_what_is_misheard_at_a_glance_is_heard_again(said, monkeypatch):
    text = "The studio remembers the day of a very small change."
    sound = said(text).spectra.sound(seed=0)
    monkeypatch.setattr(word_match, "recognise_words_fast", lambda *_: "No. No. No. No.")

    assert match_speech(text, sound, RATE).rate() == 0
    assert match_speech("Another line altogether.", sound, RATE).rate() > 0.5
