"""Grapheme-to-phoneme conversion: the spoken words of a text and the phonemes of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property, lru_cache
from typing import Any

from avatar.voices.text.ssml import ParsedLine, parse_ssml

_TAP = "T"  # the base voice's own sign for the t of "water"
_ARPABET_BY_SIGN = {
    "A": "EY", "I": "AY", "O": "OW", "Q": "OW", "W": "AW", "Y": "OY", "ʤ": "JH", "ʧ": "CH", _TAP: "T",
    "a": "AA", "ɑ": "AA", "ɒ": "AA", "æ": "AE", "ɐ": "AH", "ə": "AH", "ᵊ": "AH", "ʌ": "AH", "ɔ": "AO", "ɛ": "EH",
    "e": "EH", "ɜ": "ER", "ɚ": "ER", "ɪ": "IH", "ᵻ": "IH", "i": "IY", "o": "OW", "ʊ": "UH", "u": "UW",
    "b": "B", "d": "D", "ð": "DH", "f": "F", "ɡ": "G", "h": "HH", "j": "Y", "k": "K", "l": "L", "m": "M", "n": "N",
    "ŋ": "NG", "p": "P", "ɹ": "R", "r": "R", "s": "S", "ʃ": "SH", "t": "T", "θ": "TH", "v": "V", "w": "W", "x": "K",
    "z": "Z", "ʒ": "ZH", "ɾ": "T", "ʔ": "T",
}  # fmt: skip
_VOWEL_SIGNS = frozenset("AIOQWYaɑɒæɐəᵊʌɔɛeɜɚɪᵻioʊu")
_RHOTIC = frozenset("əɜ")
_STRESS = frozenset("ˈˌ")
PAUSES = frozenset(";:,.!?—…")
PHONEMES = tuple(sorted(set(_ARPABET_BY_SIGN.values()) | {"ER"}))
VOWELS = frozenset({"AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"})


@dataclass(frozen=True)
class SpokenWord:
    """One word as spoken: its phoneme *symbols*, in the alphabet of the base voice."""

    text: str
    symbols: str

    @cached_property
    def phonemes(self) -> tuple["Phoneme", ...]:
        return tuple(parse_phonemes(self.symbols))


@dataclass(frozen=True)
class Reading:
    """A text, read: the *written* words, the *spoken* ones, and which belong to which.

    "7:30 pm" is two written and three spoken words. *links* are pairs of ranges (written, spoken), in order, that
    together cover both.
    """

    written: tuple[str, ...]
    spoken: tuple[SpokenWord, ...]
    links: tuple[tuple[range, range], ...]


@dataclass(frozen=True)
class Phoneme:
    """One phoneme of a word: its ARPAbet *symbol* and the *first* to *last* (exclusive) of the word's own symbols."""

    symbol: str
    first: int
    last: int


def phonemise(text: str) -> Reading:
    """Return how *text* is read: numbers, dates and abbreviations as words, every word as phonemes.

    Marks in it (``avatar.voices.text.ssml``) say what is read otherwise than it is written.
    """
    return phonemise_line(parse_ssml(text))


def phonemise_line(line: ParsedLine) -> Reading:
    """Return how *line* is read."""
    written, spoken = line.written, tuple(_phonemise_words(" ".join(line.said)))
    links = tuple(_align_words(written, tuple(word.text for word in spoken)))
    given = {place: manner.phonemes for place, manner in line.manners.items() if manner.phonemes}
    return Reading(written, _apply_given_phonemes(spoken, links, given), links)


def _apply_given_phonemes(
    spoken: tuple[SpokenWord, ...], links: tuple[tuple[range, range], ...], given: Mapping[int, str]
) -> tuple[SpokenWord, ...]:
    """Return the *spoken* words with the phonemes that were *given* for some written ones; marks after them stay."""
    words = list(spoken)
    for places, said in links:
        own = "".join(given.get(place, "") for place in places)
        if own and said:
            last = words[said[-1]].symbols
            words[said[0]] = SpokenWord(words[said[0]].text, own + "".join(s for s in last if s in PAUSES))
            for place in said[1:]:
                words[place] = SpokenWord(words[place].text, "")
    return tuple(words)


def parse_phonemes(symbols: str) -> list[Phoneme]:
    """Return the ARPAbet phonemes of one word's *symbols*; stress and length marks belong to their vowel.

    >>> [phoneme.symbol for phoneme in parse_phonemes("wˈɔTəɹ")]
    ['W', 'AO', 'T', 'ER']
    """
    found: list[Phoneme] = []
    start = position = 0
    while position < len(symbols):
        sign = symbols[position]
        position += 1
        if sign in _STRESS:
            continue
        name = _ARPABET_BY_SIGN.get(sign)
        if name is None:
            if found:  # a length mark and the like: more of the phoneme before
                found[-1] = Phoneme(found[-1].symbol, found[-1].first, position)
                start = position
            continue
        if sign in _RHOTIC and _is_rhotic(symbols, position):
            name, position = "ER", position + 1
        found.append(Phoneme(name, start, position))
        start = position
    return found


def _is_rhotic(symbols: str, position: int) -> bool:
    """Tell whether an r stands at *position* and no vowel follows it: then it colours the vowel before."""
    if symbols[position : position + 1] != "ɹ":
        return False
    rest = symbols[position + 1 :].lstrip("ˈˌ")
    return not rest or rest[0] not in _VOWEL_SIGNS


def _phonemise_words(text: str) -> Iterator[SpokenWord]:
    from hibari.g2p.normalize import normalize

    reader = open_g2p()
    spelling = symbols = ""
    for token in reader.phonemize_tokens(reader.tokenize(normalize(text))):
        spelling += token.text
        symbols += token.phonemes or ""
        if token.whitespace:
            yield SpokenWord(spelling, symbols)
            spelling = symbols = ""
    if spelling:
        yield SpokenWord(spelling, symbols)


@lru_cache(maxsize=1)
def open_g2p() -> Any:
    """Return who reads words (a ``hibari.g2p.G2P``), its dictionary opened once in a process: it has 100 MB."""
    from hibari.g2p import G2P

    return G2P()


def _align_words(written: tuple[str, ...], spoken: tuple[str, ...]) -> Iterator[tuple[range, range]]:
    for same, i1, i2, j1, j2 in SequenceMatcher(None, written, spoken, autojunk=False).get_opcodes():
        if same == "equal" or i2 - i1 == j2 - j1:
            yield from ((range(i, i + 1), range(j, j + 1)) for i, j in zip(range(i1, i2), range(j1, j2), strict=True))
        else:
            yield range(i1, i2), range(j1, j2)
