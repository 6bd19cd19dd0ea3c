"""When each phoneme of a text is heard in any recording of it, by forced alignment with a small acoustic model."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.errors import EngineError
from avatar.media.audio.resample import resample
from avatar.voices.text.g2p import Reading, phonemise
from avatar.voices.text.word_timings import word_timings
from avatar.voices.timings import SILENCE, Phone, Timings, build_timings

_SAMPLE_RATE_HZ = 16_000  # samples per second, as the acoustic model hears
_FRAME_S = 0.01  # seconds
_PCM_PEAK = 20_000  # of 32767: the level the model's features expect
_BEAM_WIDTH = 1e-80  # the text is known, so no path may be dropped early


def align_phonemes(sound: NDArray[np.float32], rate: int, text: str) -> Timings:
    """Return when each phoneme and word of *text* is heard in the mono *sound* (samples,) at *rate* Hz.

    Raises:
        EngineError: when the words are not found in the sound; code ``voice.not-aligned``.
    """
    reading = phonemise(text)
    spoken = [(index, [each.symbol for each in word.phonemes]) for index, word in enumerate(reading.spoken)]
    spoken = [(index, symbols) for index, symbols in spoken if symbols]
    try:
        found = list(_segments(_align(_to_pcm(sound, rate), [symbols for _, symbols in spoken])))
    except RuntimeError as error:
        raise _not_aligned_error(text) from error
    if [[symbol for symbol, _, _ in word] for word in found] != [symbols for _, symbols in spoken]:
        raise _not_aligned_error(text)
    indices = [index for index, _ in spoken]
    return _to_timings(reading, indices, found, len(sound) / rate)


def _to_timings(
    reading: Reading, indices: list[int], found: list[list[tuple[str, float, float]]], duration: float
) -> Timings:
    phones = [Phone(symbol=symbol, start=start, end=end) for word in found for symbol, start, end in word]
    spans = [(index, start, end) for index, word in zip(indices, found, strict=True) for _, start, end in word]
    return build_timings(duration, phones, word_timings(reading, spans))


def _to_pcm(sound: NDArray[np.float32], rate: int) -> bytes:
    heard = resample(sound, rate, _SAMPLE_RATE_HZ)
    return (heard * (_PCM_PEAK / max(float(np.abs(heard).max(initial=0.0)), 1e-6))).astype("<i2").tobytes()


def _align(pcm: bytes, words: list[list[str]]) -> Any:
    """Return the alignment of *words* (phonemes of each) in *pcm*: first of the words, then of their phonemes."""
    from pocketsphinx import Decoder

    # A fresh decoder each time: it adapts to what it hears, and the same sound must give the same times.
    decoder = Decoder(lm=None, loglevel="FATAL", bestpath=False, beam=_BEAM_WIDTH, wbeam=_BEAM_WIDTH, pbeam=_BEAM_WIDTH)
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
        phonemes = [(phone.name, phone.start * _FRAME_S, (phone.start + phone.duration) * _FRAME_S) for phone in word]
        if any(symbol != SILENCE for symbol, _, _ in phonemes):
            yield phonemes


def _not_aligned_error(text: str) -> EngineError:
    return EngineError(
        f"the words {text[:40]!r} could not be found in what was spoken; try again, or another voice",
        code="voice.not-aligned",
    )
