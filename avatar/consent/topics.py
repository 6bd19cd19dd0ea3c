"""What a text is about, as far as words tell: a pure look-up in word lists, hard to dodge with look-alike letters.

A list is no understanding: it finds words, not intentions. So a grant can also ask for a review by a second person.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from avatar.consent.vocabulary import Topic

LANGUAGES = ("en",)  # the languages that there are word lists for

# Letters of other scripts, and digits and signs, that read as Latin ones (the common part of Unicode TS 39's table).
_LOOK_ALIKE = str.maketrans(
    "аеорсухіјѕһԁɡӏвкмнтьαεορυνικτχѵԛԝɑɩ0134578@$!|€",
    "aeopcyxijshdglbkmhtbaeopuviktxvqwaioieastbasiie",
)
_INVISIBLE = ("Cf", "Mn", "Me", "Cc", "Co", "Cs")


def topics_in(text: str) -> frozenset[Topic]:
    """Return every topic whose words *text* has, also when they are spelled with look-alike letters or in pieces."""
    spellings = {_plain(text), _plain(text).translate(_LOOK_ALIKE)}
    spellings |= {_rejoined(spelling) for spelling in spellings}
    return frozenset(topic for topic, words in _patterns().items() if any(words.search(each) for each in spellings))


def disguised(texts: Iterable[str]) -> str | None:
    """Return the first word that has look-alike letters among Latin ones, or ``None``: nobody writes so by accident."""
    for text in texts:
        for word in _words(text):
            latin = any("a" <= letter <= "z" for letter in word)
            if latin and any(letter.isalpha() and ord(letter) in _LOOK_ALIKE for letter in word):
                return word
    return None


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())


@cache
def _patterns() -> dict[Topic, re.Pattern[str]]:
    lists = json.loads(Path(__file__).with_name("topics.json").read_text(encoding="utf-8"))
    return {topic: re.compile(rf"\b(?:{'|'.join(map(_pattern, lists[topic]))})\b") for topic in Topic}


def _pattern(entry: str) -> str:
    words = re.escape(entry.removesuffix("*")).replace(r"\ ", r"[\W_]+").replace(r"\-", r"[\W_]*")
    return words + (r"\w*" if entry.endswith("*") else "")


def _plain(text: str) -> str:
    """Return *text* in small compatibility letters, with no accents and nothing invisible."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(character for character in folded if unicodedata.category(character) not in _INVISIBLE)


def _rejoined(text: str) -> str:
    """Return *text* with single letters that stand apart (``g u n``, ``g.u.n``) joined to words."""
    return re.sub(r"\b(?:\w[\W_]{1,2}){2,}\w\b", lambda found: re.sub(r"[\W_]", "", found[0]), text)
