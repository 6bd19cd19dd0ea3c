"""Phonetic word matching and word error rate: "colour" and "color" are one word, "21" is "twenty-one"."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from avatar.voices.recognition.recogniser import plain_words, recognise_words, recognise_words_fast
from avatar.voices.text.g2p import phonemise
from avatar.voices.text.graphemes import split_words


@dataclass(frozen=True)
class WordMatch:
    """What was heard of *count* expected words: which were *wrong* (by place), and words that nobody asked for.

    *before* and *after* of the *inserted* words stand outside the line.
    """

    count: int
    wrong: frozenset[int]
    inserted: int
    before: int
    after: int

    def rate(self, excused: "WordMatch | None" = None) -> float:
        """Return the word error rate, without the errors that are heard in *excused*, too."""
        wrong = self.wrong - excused.wrong if excused else self.wrong
        inserted = max(0, self.inserted - excused.inserted) if excused else self.inserted
        return (len(wrong) + inserted) / max(self.count, 1)


def match_words(expected: str, heard: str, language: str = "en") -> WordMatch:
    """Compare the words *heard* with the words *expected*; those of a *language* other than English by their letters.

    >>> match_words("We changed the colour, too.", "well we changed the color two").before
    1
    """
    import jiwer

    if language == "en":
        words, said = ([_phonetic_key(word) for word in plain_words(text)] for text in (expected, heard))
    else:
        words, said = split_words(expected), split_words(heard)
    if not words or not said:
        return WordMatch(len(words), frozenset(range(len(words))), len(said) if not words else 0, 0, 0)
    wrong: set[int] = set()
    inserted = before = after = 0
    for chunk in jiwer.process_words(" ".join(words), " ".join(said)).alignments[0]:
        if chunk.type == "insert":
            extra = chunk.hyp_end_idx - chunk.hyp_start_idx
            inserted += extra
            before += extra if chunk.ref_start_idx == 0 else 0
            after += extra if chunk.ref_start_idx == len(words) else 0
        elif chunk.type != "equal":
            wrong.update(range(chunk.ref_start_idx, chunk.ref_end_idx))
    return WordMatch(len(words), frozenset(wrong), inserted, before, after)


def match_speech(expected: str, sound: NDArray[np.float32], rate: int) -> WordMatch:
    """Compare the words *expected* with those heard in the mono *sound* (samples,) at *rate* Hz.

    What is not right at a glance is heard again with full attention.
    """
    glanced = match_words(expected, recognise_words_fast(sound, rate))
    return match_words(expected, recognise_words(sound, rate)) if glanced.rate() else glanced


@lru_cache(maxsize=4096)
def _phonetic_key(word: str) -> str:
    """Return the phonemes of one *word*, joined: what tells words apart for the ear."""
    phonemes = [phoneme.symbol for spoken in phonemise(word).spoken for phoneme in spoken.phonemes]
    return "-".join(phonemes) or word
