"""Whether a sample is what it should be: one person, saying what the transcript says."""

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InputError
from avatar.voices.judging.speaker_embedding import SpeakerEncoders
from avatar.voices.recognition.recogniser import plain_words, words_heard
from avatar.voices.recognition.word_match import match_words

_PIECE = 3.0  # seconds: enough for a voice to be known by
_MOST = 40  # pieces, evenly spread: more tell no more
# How much less alike the pieces of two groups are than those within: one person reaches .09, two of one sex .22.
_APART = 0.17
_SLOWEST = 0.5  # words a second: a recogniser that hears music makes up a few
_MISHEARD = 0.5  # of the words: more means another text


def words_in(sound: NDArray[np.float32], rate: int, transcript: str = "") -> str:
    """Return what is said in the mono *sound* (*rate* samples per second): the *transcript* if it is, or what is heard.

    Raises: InputError, with code ``voice.not-understood`` or ``transcript.mismatch``.
    """
    return said_in(words_heard(sound, rate), len(sound) / rate, transcript)


def said_in(heard: str, seconds: float, transcript: str = "", what: str = "voice sample") -> str:
    """Return what is said where the words *heard* are all that was understood in so many *seconds*, as ``words_in``."""
    if len(plain_words(heard)) < _SLOWEST * seconds:
        raise InputError(
            f"{what}: no English words are understood in it; record clear speech without music or noise",
            code="voice.not-understood",
        )
    if transcript and match_words(transcript, heard).rate() > _MISHEARD:
        raise InputError(
            f"transcript: it is not what is said in the {what}; write down the exact words, "
            "or leave it out to have them recognised",
            code="transcript.mismatch",
        )
    return transcript or heard


def check_one_speaker(
    sound: NDArray[np.float32], rate: int, encoders: SpeakerEncoders, what: str = "voice sample"
) -> None:
    """Refuse the mono *sound* (*rate* samples per second) when two people speak in it, one after the other.

    Raises: InputError, with code ``voice.two-speakers``.
    """
    size = round(_PIECE * rate)
    pieces = [sound[start : start + size] for start in range(0, len(sound) - size + 1, size)]
    pieces = pieces[:: -(-len(pieces) // _MOST) or 1]
    loud = [piece for piece in pieces if np.abs(piece).max(initial=0.0) > 0.1 * np.abs(sound).max(initial=0.0)]
    prints = [encoders.print_of(piece, rate) for piece in loud]
    alike = np.array([[sum(one.likeness(other)) / 2 for other in prints] for one in prints])
    if len(prints) > 2 and _apart(alike) > _APART:
        raise InputError(
            f"{what}: two people speak in it; bring a recording of this person alone", code="voice.two-speakers"
        )


def _apart(alike: NDArray[np.floating]) -> float:
    """Return how much less alike two groups are than the pieces within each, split at the least alike pair."""
    one, other = np.unravel_index(int(alike.argmin()), alike.shape)
    second = alike[:, one] < alike[:, other]
    same = second[:, None] == second[None]
    within = alike[same & ~np.eye(len(alike), dtype=bool)]
    return float(within.mean() - alike[~same].mean()) if len(within) and (~same).any() else 0.0
