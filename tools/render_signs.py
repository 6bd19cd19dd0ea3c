"""From phonetic signs (IPA, as eSpeak writes American English) and a sound to phonemes with their times."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from avatar.voices.alignment.forced_alignment import _align, _segments, _to_pcm
from avatar.voices.timings import SILENCE

_TWO = {"eɪ": "EY", "aɪ": "AY", "aʊ": "AW", "oʊ": "OW", "ɔɪ": "OY", "tʃ": "CH", "dʒ": "JH"}
_ONE = (
    {"ɪ": "IH", "i": "IY", "ɹ": "R", "r": "R", "ə": "AH", "ɐ": "AH", "ʌ": "AH", "ɚ": "ER", "ɜ": "ER", "æ": "AE"}
    | {"ɛ": "EH", "ʊ": "UH", "u": "UW", "ɑ": "AA", "a": "AA", "o": "OW", "e": "EY", "ɔ": "AO", "ᵻ": "IH"}
    | {"n": "N", "ŋ": "NG", "m": "M", "t": "T", "ʔ": "T", "d": "D", "ɾ": "D", "k": "K", "x": "K", "ɡ": "G", "p": "P"}
    | {"b": "B", "f": "F", "v": "V", "θ": "TH", "ð": "DH", "s": "S", "z": "Z", "ʃ": "SH", "ʒ": "ZH", "h": "HH"}
    | {"l": "L", "ɬ": "L", "w": "W", "j": "Y"}
)
_BETWEEN, _MARKS = "^$ ,.;:!?-—", "ˈˌːʲ̩̃"


def found(sound: np.ndarray[Any, Any], rate: int, signs: Sequence[str]) -> list[tuple[str, float, float]]:
    """Return each phoneme of *signs* with its start and end in *sound*; none, where they could not be found."""
    words = _words(signs)
    try:
        segments = list(_segments(_align(_to_pcm(sound, rate), words)))
    except RuntimeError:
        return []
    spoken = [[each for each in word if each[0] != SILENCE] for word in segments]
    same = [[symbol for symbol, _, _ in word] for word in spoken] == words
    return [each for word in spoken for each in word] if same else []


def _words(signs: Sequence[str]) -> list[list[str]]:
    plain = "".join(" " if sign in _BETWEEN else "" if sign in _MARKS else sign for sign in signs)
    return [_phonemes(word) for word in plain.split()]


def _phonemes(word: str) -> list[str]:
    phonemes, at = [], 0
    while at < len(word):
        pair = _TWO.get(word[at : at + 2])
        phonemes.append(pair or _ONE[word[at]])
        at += 2 if pair else 1
    return phonemes
