"""When each phoneme of a text is heard in any recording of it, by forced alignment with a small acoustic model."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.errors import EngineError
from avatar.media.audio.resample import resample
from avatar.voices.text.g2p import Reading, read
from avatar.voices.text.word_timings import word_timings
from avatar.voices.timings import SILENCE, Phone, Timings, laid_out

_RATE = 16_000  # samples per second, as the acoustic model hears
_FRAME = 0.01  # seconds
_LOUD = 20_000  # of 32767: the level the model's features expect
_WIDE = 1e-80  # the text is known, so no path may be dropped early


def aligned(sound: NDArray[np.float32], rate: int, text: str) -> Timings:
    """Return when each phoneme and word of *text* is heard in the mono *sound* (*rate* samples per second).

    Raises: EngineError, with code ``voice.not-aligned``.
    """
    reading = read(text)
    spoken = [(index, [each.symbol for each in word.phonemes]) for index, word in enumerate(reading.spoken)]
    spoken = [(index, symbols) for index, symbols in spoken if symbols]
    try:
        found = list(_segments(_decoded(_pcm(sound, rate), [symbols for _, symbols in spoken])))
    except RuntimeError as error:
        raise _unaligned(text) from error
    if [[symbol for symbol, _, _ in word] for word in found] != [symbols for _, symbols in spoken]:
        raise _unaligned(text)
    indices = [index for index, _ in spoken]
    return _timings(reading, indices, found, len(sound) / rate)


def _timings(
    reading: Reading, indices: list[int], found: list[list[tuple[str, float, float]]], duration: float
) -> Timings:
    phones = [Phone(symbol=symbol, start=start, end=end) for word in found for symbol, start, end in word]
    spans = [(index, start, end) for index, word in zip(indices, found, strict=True) for _, start, end in word]
    return laid_out(duration, phones, word_timings(reading, spans))


def _pcm(sound: NDArray[np.float32], rate: int) -> bytes:
    heard = resample(sound, rate, _RATE)
    return (heard * (_LOUD / max(float(np.abs(heard).max(initial=0.0)), 1e-6))).astype("<i2").tobytes()


def _decoded(pcm: bytes, words: list[list[str]]) -> Any:
    """Return the alignment of *words* (phonemes of each) in *pcm*: first of the words, then of their phonemes."""
    from pocketsphinx import Decoder

    # A fresh decoder each time: it adapts to what it hears, and the same sound must give the same times.
    decoder = Decoder(lm=None, loglevel="FATAL", bestpath=False, beam=_WIDE, wbeam=_WIDE, pbeam=_WIDE)
    names = ["+".join(symbols) for symbols in words]
    for name, symbols in dict(zip(names, words, strict=True)).items():
        decoder.add_word(name, " ".join(symbols))
    decoder.set_align_text(" ".join(names))
    for refine in (False, True):
        if refine:
            decoder.set_alignment()
        decoder.start_utt()
        decoder.process_raw(pcm, full_utt=True)
        decoder.end_utt()
    return decoder.get_alignment()


def _segments(alignment: Any) -> Iterator[list[tuple[str, float, float]]]:
    """Yield the phonemes of each word in *alignment*, without the silences."""
    for word in alignment:
        phonemes = [(phone.name, phone.start * _FRAME, (phone.start + phone.duration) * _FRAME) for phone in word]
        if any(symbol != SILENCE for symbol, _, _ in phonemes):
            yield phonemes


def _unaligned(text: str) -> EngineError:
    return EngineError(
        f"the words {text[:40]!r} could not be found in what was spoken; try again, or another voice",
        code="voice.not-aligned",
    )
