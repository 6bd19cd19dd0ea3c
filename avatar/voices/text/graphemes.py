"""How a text of another language is read: letter by letter, near enough for lips; nothing here knows its sounds.

Each letter of the Latin alphabet stands for the phoneme that it most often is in European languages, marks on it aside;
a letter of another alphabet for a neutral vowel: the mouth opens and closes with the words, and that is all.
"""

import unicodedata

from avatar.voices.text.g2p import Reading, SpokenWord
from avatar.voices.text.ssml import parse_ssml

_SOUNDS = {
    "a": "ɑ", "b": "b", "c": "k", "d": "d", "e": "ɛ", "f": "f", "g": "ɡ", "h": "h", "i": "i", "j": "j", "k": "k",
    "l": "l", "m": "m", "n": "n", "o": "ɔ", "p": "p", "q": "k", "r": "ɹ", "s": "s", "t": "t", "u": "u", "v": "v",
    "w": "v", "x": "k", "y": "i", "z": "z", "ß": "s", "ø": "ʌ", "æ": "æ", "œ": "ʌ", "ð": "ð", "þ": "θ", "ł": "w",
}  # fmt: skip
_NEUTRAL = "ə"


def read_graphemes(text: str) -> Reading:
    """Return how *text*, marks and all, is read when nothing but its letters is known."""
    line = parse_ssml(text)
    # What is said instead of what is written: "LA", said "Los Angeles", is one written word and two spoken ones.
    spoken: list[SpokenWord] = []
    links = []
    for place, said in enumerate(line.said):
        words = [SpokenWord(word, _symbols(word)) for word in said.split()]
        links.append((range(place, place + 1), range(len(spoken), len(spoken) + len(words))))
        spoken += words
    return Reading(line.written, tuple(spoken), tuple(links))


def _symbols(word: str) -> str:
    letters = (letter for letter in unicodedata.normalize("NFD", word.lower()) if letter.isalpha())
    return "".join(_SOUNDS.get(letter, _NEUTRAL) for letter in letters)


def split_words(text: str) -> list[str]:
    """Return the words of *text* in lower case, without marks: what two texts of any language are compared by."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(sign if sign.isalnum() or unicodedata.category(sign) == "Mn" else " " for sign in plain)
    return kept.split()
