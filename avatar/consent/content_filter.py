"""Content filter: which denied topics a text names, found in word lists, also behind homoglyphs (Unicode TS 39).

A list is no understanding: it finds words, not intentions. So a grant can also ask for a review by a second person.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from avatar.consent.vocabulary import Topic
from avatar.errors import StoreError

LANGUAGES = ("en",)  # the languages that there are word lists for

# Of confusables.json: a decision must come out the same years later, so another table is another version of this file.
CONFUSABLES_SHA256 = "339f61e60cec395992e512c5a47dab209bea084b4de30c37bcb6a5c2cf33adad"
_DIGITS_AND_SIGNS = dict(zip("0134578@$!|€", "oieastbasiie", strict=True))  # read as letters: c4sino
_IPA_EXTENSIONS = range(0x250, 0x2B0)  # Latin letters that only phoneticians write
_INVISIBLE_CATEGORIES = ("Cf", "Mn", "Me", "Cc", "Co", "Cs")
_CACHED_TEXTS = 4096  # whoever asks four times a second for every line asks about the same ones


@lru_cache(_CACHED_TEXTS)
def topics_in(text: str) -> frozenset[Topic]:
    """Return every topic whose words *text* has, also when they are spelled with look-alike letters or in pieces."""
    plain = _plain(text)
    spellings = {plain, *(plain.translate(table) for table in _translations())}
    runs = {run for spelling in spellings for run in _spelled_out(spelling)}
    return frozenset(
        topic
        for topic, (words, pieces) in _patterns().items()
        if any(words.search(each) for each in spellings) or any(pieces.search(each) for each in runs)
    )


def find_homoglyph(texts: Iterable[str]) -> str | None:
    """Return the first word that mixes Latin letters with homoglyphs of other scripts, or ``None``.

    Nobody writes so by accident. Homoglyphs are those of Unicode Technical Standard 39.
    """
    return next(filter(None, map(_disguised_in, texts)), None)


@lru_cache(_CACHED_TEXTS)
def _disguised_in(text: str) -> str | None:
    for word in _words(text):
        latin = any("a" <= letter <= "z" for letter in word)
        if latin and any(map(_is_homoglyph, word)):
            return word
    return None


def _is_homoglyph(letter: str) -> bool:
    # Latin letters of other languages (a Turkish dotless i) stand beside plain ones in many a name.
    foreign = ord(letter) in _IPA_EXTENSIONS or not unicodedata.name(letter, "").startswith("LATIN")
    return letter.isalpha() and letter in _confusables() and foreign


@cache
def _confusables() -> dict[str, str]:
    """Return, by character, the Latin letters it can be mistaken for, the likeliest first."""
    content = Path(__file__).with_name("confusables.json").read_bytes()
    if hashlib.sha256(content).hexdigest() != CONFUSABLES_SHA256:
        raise StoreError("avatar/consent/confusables.json was altered; install the package again", code="store.altered")
    table: dict[str, str] = json.loads(content)
    return table


@cache
def _translations() -> tuple[dict[int, str], ...]:
    """Return the tables that read homoglyphs as Latin letters: some can be read as either of two."""
    table = _confusables()
    return tuple(
        str.maketrans(
            _DIGITS_AND_SIGNS | {each: letters[min(place, len(letters) - 1)] for each, letters in table.items()}
        )
        for place in range(max(map(len, table.values())))
    )


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
    return "".join(character for character in folded if unicodedata.category(character) not in _INVISIBLE_CATEGORIES)


def _spelled_out(text: str) -> list[str]:
    """Return every run of single letters that stand apart (``g u n``, ``a g-u-n``) without what stands between them.

    Where a word begins in it nobody can tell: an article before it is one letter, too.
    """
    return [re.sub(r"[\W_]", "", run) for run in re.findall(r"\b(?:\w[\W_]{1,2}){2,}\w\b", text)]
