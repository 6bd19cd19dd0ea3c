"""What a text is about, as far as words tell: a pure look-up in word lists, hard to dodge with look-alike letters.

A list is no understanding: it finds words, not intentions. So a grant can also ask for a review by a second person.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from avatar.consent.vocabulary import Topic

LANGUAGES = ("en",)  # the languages that there are word lists for

# Letters of other scripts, and digits and signs, that read as Latin ones (the common part of Unicode TS 39's table).
_LOOK_ALIKE = str.maketrans(
    "аеорсухіјѕһԁɡӏвкмнтьαεορυνικτχѵԛԝɑɩ0134578@$!|€",
    "aeopcyxijshdglbkmhtbaeopuviktxvqwaioieastbasiie",
)
_INVISIBLE = ("Cf", "Mn", "Me", "Cc", "Co", "Cs")
_REMEMBERED = 4096  # texts: whoever asks four times a second for every line asks about the same ones


@lru_cache(_REMEMBERED)
def topics_in(text: str) -> frozenset[Topic]:
    """Return every topic whose words *text* has, also when they are spelled with look-alike letters or in pieces."""
    spellings = {_plain(text), _plain(text).translate(_LOOK_ALIKE)}
    runs = {run for spelling in spellings for run in _spelled_out(spelling)}
    return frozenset(
        topic
        for topic, (words, pieces) in _patterns().items()
        if any(words.search(each) for each in spellings) or any(pieces.search(each) for each in runs)
    )


def find_homoglyph(texts: Iterable[str]) -> str | None:
    """Return the first word that has look-alike letters among Latin ones, or ``None``: nobody writes so by accident."""
    return next(filter(None, map(_disguised_in, texts)), None)


@lru_cache(_REMEMBERED)
def _disguised_in(text: str) -> str | None:
    for word in _words(text):
        latin = any("a" <= letter <= "z" for letter in word)
        if latin and any(letter.isalpha() and ord(letter) in _LOOK_ALIKE for letter in word):
            return word
    return None


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())


@cache
def _patterns() -> dict[Topic, tuple[re.Pattern[str], re.Pattern[str]]]:
    """Return, for each topic, what finds its words in a text, and what finds them inside letters without spaces."""
    lists = json.loads(Path(__file__).with_name("topics.json").read_text(encoding="utf-8"))
    either = {topic: "|".join(map(_pattern, lists[topic])) for topic in Topic}
    return {topic: (re.compile(rf"\b(?:{words})\b"), re.compile(words)) for topic, words in either.items()}


def _pattern(entry: str) -> str:
    words = re.escape(entry.removesuffix("*")).replace(r"\ ", r"[\W_]+").replace(r"\-", r"[\W_]*")
    return words + (r"\w*" if entry.endswith("*") else "")


def _plain(text: str) -> str:
    """Return *text* in small compatibility letters, with no accents and nothing invisible."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(character for character in folded if unicodedata.category(character) not in _INVISIBLE)


def _spelled_out(text: str) -> list[str]:
    """Return every run of single letters that stand apart (``g u n``, ``a g-u-n``) without what stands between them.

    Where a word begins in it nobody can tell: an article before it is one letter, too.
    """
    return [re.sub(r"[\W_]", "", run) for run in re.findall(r"\b(?:\w[\W_]{1,2}){2,}\w\b", text)]
