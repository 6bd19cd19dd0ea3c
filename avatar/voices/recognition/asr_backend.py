"""The ASR backend that checks the words of a take: the shipped recogniser, or a Whisper that the user brings."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InputError
from avatar.models.pinned import resolve_pinned_dir
from avatar.models.reference import ModelRef
from avatar.voices.recognition.recogniser import recognise_words
from avatar.voices.recognition.whisper import transcribe_with_whisper
from avatar.voices.recognition.word_match import WordMatch, match_speech, match_words

ENGLISH = "en"


@dataclass(frozen=True)
class AsrBackend:
    """Hears words of *language*, with the Whisper in the folder *model*, or without one with the shipped recogniser."""

    language: str = ENGLISH
    model: Path | None = None

    def words(self, sound: NDArray[np.float32], rate: int) -> str:
        """Return the words heard in the mono *sound* (samples,) at *rate* Hz, perhaps none."""
        if self.model is None:
            return recognise_words(sound, rate)
        return transcribe_with_whisper(sound, rate, self.model, self.language)

    def wording(self, expected: str, sound: NDArray[np.float32], rate: int) -> WordMatch:
        """Compare the words *expected* with those heard in the mono *sound* (samples,) at *rate* Hz."""
        if self.model is None:
            return match_speech(expected, sound, rate)
        return match_words(expected, self.words(sound, rate), self.language)


DEFAULT_ASR_BACKEND = AsrBackend()


def asr_backend_for(language: str, recogniser: ModelRef | None) -> AsrBackend:
    """Return the speech recogniser of *language*: the pinned model *recogniser*, or without one the shipped backend.

    Raises:
        InputError: when there is none for *language*; code ``recogniser.missing``; or as ``resolve_pinned_dir``.
    """
    language = language.partition("-")[0]
    if recogniser:
        return AsrBackend(language, resolve_pinned_dir(recogniser, option="recogniser"))
    if language != ENGLISH:
        raise InputError(
            f"language: {language!r} is not heard by the recogniser that comes along, which knows English only, so no "
            "take could be judged; bring a Whisper and name it: recogniser: {path: ..., sha256: ..., licence: ...}",
            code="recogniser.missing",
        )
    return DEFAULT_ASR_BACKEND
