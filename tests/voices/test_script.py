import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.errors import InputError
from avatar.voices.text.script import MAX_LINE_CHARS, Line, split_script

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Z")), min_size=1, max_size=12)
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def test_each_sentence_is_a_line_with_its_marks() -> None:
    assert split_script("Hello there! How are you? Fine, thanks.") == (
        Line(None, "Hello there!"),
        Line(None, "How are you?"),
        Line(None, "Fine, thanks."),
    )


def test_an_abbreviation_does_not_end_a_line() -> None:
    assert [line.text for line in split_script("Dr. Smith paid $9.99 at 7:30 p.m. yesterday. He left.")] == [
        "Dr. Smith paid $9.99 at 7:30 p.m. yesterday.",
        "He left.",
    ]


def test_a_role_says_its_whole_paragraph_and_no_more() -> None:
    script = "host: Welcome. Who are you?\nguest: I am Ben.\nNobody real.\n\nThank you."

    assert split_script(script) == (
        Line("host", "Welcome."),
        Line("host", "Who are you?"),
        Line("guest", "I am Ben."),
        Line("guest", "Nobody real."),
        Line(None, "Thank you."),
    )


def test_an_address_is_not_a_role() -> None:
    assert split_script("https://example.org is a page.")[0].speaker is None


def test_a_lone_dash_stays_with_its_neighbour() -> None:
    assert [line.text for line in split_script("- Hello there. — \n\n ***")] == ["- Hello there. —"]


def test_letters_are_composed() -> None:
    assert split_script("Cafe\u0301.")[0].text == "Café."


@given(st.lists(st.lists(WORDS, min_size=1, max_size=12), min_size=1, max_size=4))
def test_splitting_loses_and_changes_no_word(paragraphs: list[list[str]]) -> None:
    paragraphs = [["Yes.", *words] for words in paragraphs]
    script = "\n\n".join(" ".join(words) for words in paragraphs)
    if any(mark in script for mark in BIDI) or re.search("<[A-Za-z/!?]", script):  # that would be a tag
        return

    lines = split_script(script)

    said = " ".join(line.text for line in lines).split()
    assert said == unicodedata.normalize("NFC", script).split()


@pytest.mark.parametrize(
    ("script", "code", "part"),
    [
        ("", "script.empty", "empty"),
        (" \n\t ", "script.empty", "empty"),
        ("host: ...\n\n—", "script.nothing-to-say", "word"),
        ("Hello\x07 there", "script.control-character", "U+0007 at position 5"),
        ("Hello \u202ethere", "script.control-character", "U+202E at position 6"),
        ("Short. " + "long " * 150, "script.line-too-long", "line 2"),
    ],
)
def test_a_script_that_cannot_be_used_is_refused_with_its_reason(script: str, code: str, part: str) -> None:
    with pytest.raises(InputError) as refusal:
        split_script(script)

    assert refusal.value.code == code
    assert part in str(refusal.value)


def test_the_longest_line_is_allowed() -> None:
    assert len(split_script("a" * MAX_LINE_CHARS)) == 1
