"""Sample validation: one speaker alone, saying what the transcript says."""

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InputError
from avatar.voices.judging.speaker_embedding import SpeakerEncoders
from avatar.voices.recognition.recogniser import plain_words, recognise_words
from avatar.voices.recognition.word_match import match_words

_SEGMENT_S = 3.0  # seconds: enough for a voice to be known by
_MAX_SEGMENTS = 40  # pieces, evenly spread: more tell no more
# How much less alike the pieces of two groups are than those within: one person reaches .09, two of one sex .22.
_MAX_SPEAKER_GAP = 0.17
_MIN_WORDS_PER_S = 0.5  # words a second: a recogniser that hears music makes up a few
_MAX_WORD_ERROR_RATE = 0.5  # of the words: more means another text


def resolve_transcript(sound: NDArray[np.float32], rate: int, transcript: str = "") -> str:
    """Return what is said in the mono *sound* (samples,) at *rate* Hz: the *transcript* if it is, or what is heard.

    Raises:
        InputError: when too few words are heard; code ``voice.not-understood``; when the transcript says something
            else; code ``transcript.mismatch``.
    """
    return check_transcript(recognise_words(sound, rate), len(sound) / rate, transcript)


def check_transcript(heard: str, seconds: float, transcript: str = "", what: str = "voice sample") -> str:
    """Return the *transcript* of *seconds* of speech if it agrees with the words *heard* by the recogniser.

    Without a transcript, the words heard are returned.

    Raises:
        InputError: when too few words are heard; code ``voice.not-understood``; when the transcript says something
            else; code ``transcript.mismatch``.
    """
    if len(plain_words(heard)) < _MIN_WORDS_PER_S * seconds:
        raise InputError(
            f"{what}: no English words are understood in it; record clear speech without music or noise",
            code="voice.not-understood",
        )
    if transcript and match_words(transcript, heard).rate() > _MAX_WORD_ERROR_RATE:
        raise InputError(
            f"transcript: it is not what is said in the {what}; write down the exact words, "
            "or leave it out to have them recognised",
            code="transcript.mismatch",
        )
    return transcript or heard


def check_one_speaker(
    sound: NDArray[np.float32], rate: int, encoders: SpeakerEncoders, what: str = "voice sample"
) -> None:
    """Refuse the mono *sound* (samples,) at *rate* Hz when two people speak in it, one after the other.

    Raises:
        InputError: when there are two; code ``voice.two-speakers``.
    """
    size = round(_SEGMENT_S * rate)
    pieces = [sound[start : start + size] for start in range(0, len(sound) - size + 1, size)]
    pieces = pieces[:: -(-len(pieces) // _MAX_SEGMENTS) or 1]
    loud = [piece for piece in pieces if np.abs(piece).max(initial=0.0) > 0.1 * np.abs(sound).max(initial=0.0)]
    prints = [encoders.print_of(piece, rate) for piece in loud]
    alike = np.array([[sum(one.likeness(other)) / 2 for other in prints] for one in prints])
    if len(prints) > 2 and _cluster_gap(alike) > _MAX_SPEAKER_GAP:
        raise InputError(
            f"{what}: two people speak in it; bring a recording of this person alone", code="voice.two-speakers"
        )


def _cluster_gap(alike: NDArray[np.floating]) -> float:
    """Return how much less alike two groups are than the pieces within each, split at the least alike pair."""
    one, other = np.unravel_index(int(alike.argmin()), alike.shape)
    second = alike[:, one] < alike[:, other]
    same = second[:, None] == second[None]
    within = alike[same & ~np.eye(len(alike), dtype=bool)]
    return float(within.mean() - alike[~same].mean()) if len(within) and (~same).any() else 0.0
