"""Who hears whether the words of a take are right: the recogniser that comes along, or one that the user brings."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatar.brought import brought
from avatar.errors import InputError
from avatar.voices.recogniser import words_heard
from avatar.voices.whisper import heard_by_whisper
from avatar.voices.wording import Wording, compare, wording_of

ENGLISH = "en"


@dataclass(frozen=True)
class Ears:
    """Hears words of *language*, with the Whisper in the folder *model*, or without one with the shipped recogniser."""

    language: str = ENGLISH
    model: Path | None = None

    def words(self, sound: NDArray[np.float32], rate: int) -> str:
        """Return the words heard in the mono *sound* (*rate* samples per second), perhaps none."""
        if self.model is None:
            return words_heard(sound, rate)
        return heard_by_whisper(sound, rate, self.model, self.language)

    def wording(self, expected: str, sound: NDArray[np.float32], rate: int) -> Wording:
        """Compare the words *expected* with those heard in the mono *sound* (*rate* samples per second)."""
        if self.model is None:
            return wording_of(expected, sound, rate)
        return compare(expected, self.words(sound, rate), self.language)


SHIPPED = Ears()


def ears_for(language: str, recogniser: str, sha256: str) -> Ears:
    """Return who hears *language*: the pinned model in the folder *recogniser* of the weights folder, if one is named.

    Raises: InputError, with code ``recogniser.missing``; or as ``brought``.
    """
    language = language.partition("-")[0]
    if recogniser:
        return Ears(language, brought(recogniser, sha256, option="recogniser"))
    if language != ENGLISH:
        raise InputError(
            f"language: {language!r} is not heard by the recogniser that comes along, which knows English only, so no "
            "take could be judged; bring a Whisper and name its folder: recogniser, recogniser_sha256",
            code="recogniser.missing",
        )
    return SHIPPED
