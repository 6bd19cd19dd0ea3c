import hashlib
import json
from pathlib import Path
from string import ascii_lowercase

import pytest

from avatar.consent import content_filter
from avatar.consent.content_filter import CONFUSABLES_SHA256, find_homoglyph, topics_in
from avatar.consent.vocabulary import Topic
from avatar.errors import StoreError

TABLE = Path(content_filter.__file__).with_name("confusables.json")

# Each with a letter that the table of 47 letters kept here before did not know.
DODGES = [
    "be\u2ca6s at our c\u0430sino",  # Coptic tau
    "c\u0251s\u13a5no",  # Cherokee letter i
    "\u1d04asino",  # Latin small capital c
    "b\u0131tcoin casino",  # dotless i
    "\ua4da\u0430sino",  # Lisu letter ca
    "cas\u2170no",  # a Roman numeral, which is compatible with i
    "c\u0430s1n0",  # digits
]


@pytest.mark.parametrize("text", DODGES)
def test_a_denied_topic_is_found_behind_letters_of_any_script(text):
    assert Topic.GAMBLING in topics_in(text)


@pytest.mark.parametrize("text", ["c\u0251s\u13a5no", "be\u2ca7s", "p\u0430y"])
def test_a_word_that_mixes_scripts_is_a_disguise(text):
    assert find_homoglyph([f"Come and see the {text} today."]) == text


ORDINARY = [
    "I\u015f\u0131k went to \u00c5rhus.",
    "Stra\u00dfe, \u0142\u00f3d\u017a, \u00f8re",
    "\u041c\u043e\u0441\u043a\u0432\u0430",
    "\u03b1 and \u03b2",
    "3\u00d74 caf\u00e9s",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_names_of_other_languages_and_whole_words_of_other_scripts_are_no_disguise(text):
    assert find_homoglyph([text]) is None


def test_the_table_is_the_pinned_one():
    """Decisions are made again years later: another table is a change of the rules, and must be seen as one."""
    assert hashlib.sha256(TABLE.read_bytes()).hexdigest() == CONFUSABLES_SHA256


def test_another_table_decides_nothing(monkeypatch):
    """A decision must come out the same years later: an altered file is no reason to decide otherwise, unseen."""
    monkeypatch.setattr(content_filter, "CONFUSABLES_SHA256", "0" * 64)
    content_filter._confusables.cache_clear()
    try:
        with pytest.raises(StoreError, match="install the package again"):
            find_homoglyph(["an unseen p\u0430y of today"])
    finally:
        content_filter._confusables.cache_clear()


def test_every_entry_is_one_foreign_character_and_small_latin_letters():
    table = json.loads(TABLE.read_text(encoding="utf-8"))

    assert len(table) > 300
    for character, letters in table.items():
        assert len(character) == 1
        assert not character.isascii()
        assert set(letters) <= set(ascii_lowercase)


def test_every_letter_that_was_known_before_is_known():
    before = dict(zip("аеорсухіјѕһԁɡӏвкмнтьαεορυνικτχѵԛԝɑɩ", "aeopcyxijshdglbkmhtbaeopuviktxvqwai", strict=True))
    table = json.loads(TABLE.read_text(encoding="utf-8"))

    assert [letter for letter, latin in before.items() if latin not in table.get(letter, "")] == []
