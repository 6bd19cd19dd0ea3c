"""The base voice: text in, spectra and timings out. It needs no network, no GPU and 15 ms per second of speech."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from avatar.errors import InputError
from avatar.models.weights import Weights
from avatar.voices.base.durations import Symbol, phoneme_timings, scale_durations
from avatar.voices.base.utterance import (
    Utterance,
    apply_emphasis,
    concatenate_utterances,
    silent_utterance,
    silent_words,
    trim_silence,
)
from avatar.voices.signal.spectra import HOP, RATE, Spectra, concatenate, frame_levels
from avatar.voices.text.g2p import PAUSES, Reading, phonemise_line
from avatar.voices.text.ssml import ParsedLine, parse_ssml, split_segments

BASE_VOICE = Weights(
    name="base voice",
    source="package:hibari/assets/hibari.onnx",
    sha256="5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8",
    licence="Apache-2.0",
)

_UNIT_S = 0.025  # seconds: the network plans durations in steps of two frames
_MAX_SYMBOLS = 380  # symbols: the network was trained on sentences of up to 400
_DURATION_TENSOR = "/Clip_output_0"  # the tensor that holds each symbol's duration, in whole units
_UNROUNDED_DURATION_TENSOR = "/Sub_output_0"  # ... before it is divided by the speed and rounded
_SPEED_INPUT = b"\n\x05speed\x12\n\n\x08\x08\x01\x12\x04"  # that input's name and type, up to its shape
_FIXED_SHAPE, _DYNAMIC_SHAPE = (
    b"\n\x02\x08\x01",
    b"\n\x02\x1a\x00",
)  # a shape (field 1) with a dimension of 1; with one that is not said


class BaseTts:
    """The base voice (an American woman, 24 kHz), loaded from the network file *model*."""

    def __init__(self, model: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_cpu_mem_arena = options.enable_mem_pattern = False  # both grow with every new length of sound
        network = _with_output(
            _with_output(_with_speed_per_symbol(model.read_bytes()), _DURATION_TENSOR), _UNROUNDED_DURATION_TENSOR
        )
        self._session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])

    def say(self, text: str, pace: float = 1.0) -> Utterance:
        """Return how the base voice says *text*, marks and all, *pace* times as fast as it usually speaks.

        Raises:
            InputError: when nothing in *text* can be spoken, or its marks cannot be read.
        """
        line = parse_ssml(text)
        segments = split_segments(line)
        if not any(word.phonemes for word in phonemise_line(line).spoken):
            raise InputError(f"nothing in {text!r} can be spoken; write at least one word", code="line.not-speakable")
        parts = [silent_utterance(line.breaks.get(-1, 0.0))]
        for segment in segments:
            speakable = any(word.phonemes for word in phonemise_line(segment.line).spoken)
            said = self._say(segment.line, pace * segment.rate) if speakable else silent_words(segment.line.written)
            heavy = apply_emphasis(said, segment.line)
            inner = trim_silence(heavy, start=segment is not segments[0], end=segment is not segments[-1])
            parts += [inner, silent_utterance(segment.pause)]
        return concatenate_utterances([part for part in parts if part.timings.duration or part.timings.words])

    def _say(self, line: ParsedLine, pace: float) -> Utterance:
        reading = phonemise_line(line)
        pieces, symbols, clock = [], [], 0.0
        for chunk in _split_symbols(reading):
            spectra, units = self._run([symbol.sign for symbol in chunk], pace)
            ends = clock + np.cumsum(units) * _UNIT_S
            spans = zip(chunk, ends - units * _UNIT_S, ends, strict=True)
            symbols += [symbol.at(float(start), float(end)) for symbol, start, end in spans]
            pieces.append(spectra)
            clock = float(ends[-1])
        spectra = concatenate(pieces)
        return Utterance(spectra, phoneme_timings(reading, symbols, frame_levels(spectra.plain), HOP / RATE))

    def _run(self, signs: list[str], pace: float) -> tuple[Spectra, np.ndarray[Any, Any]]:
        ids = np.asarray([[_vocabulary().get(sign, 0) for sign in signs]], np.int64)
        *spectra, units, planned = self._session.run(None, {"ids": ids, "speed": np.ones(1, np.float32)})
        wanted = scale_durations(planned, pace)
        if not np.array_equal(units, wanted):
            speeds = np.where(planned == 0, 1, planned / wanted).astype(np.float32)
            *spectra, units, _ = self._session.run(None, {"ids": ids, "speed": speeds})
        return Spectra(*(part[0] for part in spectra)), units


def _split_symbols(reading: Reading) -> Iterator[list[Symbol]]:
    """Yield the symbols of *reading*, split at pauses so that no piece is too long for the network."""
    chunk: list[Symbol] = []
    for index, word in enumerate(reading.spoken):
        pause = bool(chunk) and any(symbol.sign in PAUSES for symbol in chunk[-2:])
        if chunk and (len(chunk) + len(word.symbols) > _MAX_SYMBOLS or (pause and len(chunk) > _MAX_SYMBOLS * 2 // 3)):
            yield [Symbol.edge(), *chunk, Symbol.edge()]
            chunk = []
        if chunk:
            chunk.append(Symbol(" ", index, -1))
        known = ((sign, place) for place, sign in enumerate(word.symbols) if sign in _vocabulary())
        chunk += [Symbol(sign, index, place) for sign, place in known]
    yield [Symbol.edge(), *chunk, Symbol.edge()]


@lru_cache(maxsize=2)
def open_base_tts(model: Path) -> BaseTts:
    """Return the base voice in the network file *model*, loaded once in a process."""
    return BaseTts(model)


@lru_cache(maxsize=1)
def _vocabulary() -> dict[str, int]:
    import json
    from importlib.resources import files

    text = (files("hibari") / "assets" / "vocab.json").read_text(encoding="utf-8")
    return {str(sign): int(number) for sign, number in json.loads(text).items()}


def _with_speed_per_symbol(model: bytes) -> bytes:
    """Return the ONNX file *model* with a speed for each symbol, in place of one for all: only the shape says so."""
    assert model.count(_SPEED_INPUT + _FIXED_SHAPE) == 1, "another base voice"
    return model.replace(_SPEED_INPUT + _FIXED_SHAPE, _SPEED_INPUT + _DYNAMIC_SHAPE)


def _with_output(model: bytes, tensor: str) -> bytes:
    """Return the ONNX file *model* with *tensor* as one more output.

    Two serialised protobuf messages, joined, are their merge: so appending a ``ModelProto`` whose graph (field 7) has
    only an output (field 12) of that name (field 1) adds it, and no ONNX library is needed.
    """
    return model + _protobuf_field(7, _protobuf_field(12, _protobuf_field(1, tensor.encode())))


def _protobuf_field(number: int, payload: bytes) -> bytes:
    assert len(payload) < 128  # then its length is one byte
    return bytes([number << 3 | 2, len(payload)]) + payload
