import pytest

from avatar.voices.wording import compare


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
