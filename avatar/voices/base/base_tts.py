"""The base voice: text in, spectra and timings out. It needs no network, no GPU and 15 ms per second of speech."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from avatar.errors import InputError
from avatar.models.weights import Weights
from avatar.voices.base.durations import Symbol, paced, timings_of
from avatar.voices.base.utterance import Utterance, emphasised, following, silent, trimmed, unspoken
from avatar.voices.signal.spectra import HOP, RATE, Spectra, joined, levels
from avatar.voices.text.g2p import PAUSES, Reading, read_marked
from avatar.voices.text.ssml import Marked, parse, segments_of

BASE_VOICE = Weights(
    name="base voice",
    source="package:hibari/assets/hibari.onnx",
    sha256="5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8",
    licence="Apache-2.0",
)

_UNIT = 0.025  # seconds: the network plans durations in steps of two frames
_LONGEST = 380  # symbols: the network was trained on sentences of up to 400
_DURATIONS = "/Clip_output_0"  # the tensor that holds each symbol's duration, in whole units
_PLANNED = "/Sub_output_0"  # ... before it is divided by the speed and rounded
_SPEED = b"\n\x05speed\x12\n\n\x08\x08\x01\x12\x04"  # that input's name and type, up to its shape
_ONE, _ANY = b"\n\x02\x08\x01", b"\n\x02\x1a\x00"  # a shape (field 1) with a dimension of 1; with one that is not said


class BaseTts:
    """The base voice (an American woman, 24 kHz), loaded from the network file *model*."""

    def __init__(self, model: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_cpu_mem_arena = options.enable_mem_pattern = False  # both grow with every new length of sound
        network = _with_output(_with_output(_with_speeds(model.read_bytes()), _DURATIONS), _PLANNED)
        self._session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])

    def say(self, text: str, pace: float = 1.0) -> Utterance:
        """Return how the base voice says *text*, marks and all, *pace* times as fast as it usually speaks.

        Raises: InputError, when nothing in *text* can be spoken, or its marks cannot be read.
        """
        line = parse(text)
        segments = segments_of(line)
        if not any(word.phonemes for word in read_marked(line).spoken):
            raise InputError(f"nothing in {text!r} can be spoken; write at least one word", code="line.not-speakable")
        parts = [silent(line.breaks.get(-1, 0.0))]
        for segment in segments:
            speakable = any(word.phonemes for word in read_marked(segment.line).spoken)
            said = self._say(segment.line, pace * segment.rate) if speakable else unspoken(segment.line.written)
            heavy = emphasised(said, segment.line)
            inner = trimmed(heavy, start=segment is not segments[0], end=segment is not segments[-1])
            parts += [inner, silent(segment.pause)]
        return following([part for part in parts if part.timings.duration or part.timings.words])

    def _say(self, line: Marked, pace: float) -> Utterance:
        reading = read_marked(line)
        pieces, symbols, clock = [], [], 0.0
        for chunk in _chunks(reading):
            spectra, units = self._run([symbol.sign for symbol in chunk], pace)
            ends = clock + np.cumsum(units) * _UNIT
            spans = zip(chunk, ends - units * _UNIT, ends, strict=True)
            symbols += [symbol.at(float(start), float(end)) for symbol, start, end in spans]
            pieces.append(spectra)
            clock = float(ends[-1])
        spectra = joined(pieces)
        return Utterance(spectra, timings_of(reading, symbols, levels(spectra.plain), HOP / RATE))

    def _run(self, signs: list[str], pace: float) -> tuple[Spectra, np.ndarray[Any, Any]]:
        ids = np.asarray([[_vocabulary().get(sign, 0) for sign in signs]], np.int64)
        *spectra, units, planned = self._session.run(None, {"ids": ids, "speed": np.ones(1, np.float32)})
        wanted = paced(planned, pace)
        if not np.array_equal(units, wanted):
            speeds = np.where(planned == 0, 1, planned / wanted).astype(np.float32)
            *spectra, units, _ = self._session.run(None, {"ids": ids, "speed": speeds})
        return Spectra(*(part[0] for part in spectra)), units


def _chunks(reading: Reading) -> Iterator[list[Symbol]]:
    """Yield the symbols of *reading*, split at pauses so that no piece is too long for the network."""
    chunk: list[Symbol] = []
    for index, word in enumerate(reading.spoken):
        pause = bool(chunk) and any(symbol.sign in PAUSES for symbol in chunk[-2:])
        if chunk and (len(chunk) + len(word.symbols) > _LONGEST or (pause and len(chunk) > _LONGEST * 2 // 3)):
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


def _with_speeds(model: bytes) -> bytes:
    """Return the ONNX file *model* with a speed for each symbol, in place of one for all: only the shape says so."""
    assert model.count(_SPEED + _ONE) == 1, "another base voice"
    return model.replace(_SPEED + _ONE, _SPEED + _ANY)


def _with_output(model: bytes, tensor: str) -> bytes:
    """Return the ONNX file *model* with *tensor* as one more output.

    Two serialised protobuf messages, joined, are their merge: so appending a ``ModelProto`` whose graph (field 7) has
    only an output (field 12) of that name (field 1) adds it, and no ONNX library is needed.
    """
    return model + _field(7, _field(12, _field(1, tensor.encode())))


def _field(number: int, payload: bytes) -> bytes:
    assert len(payload) < 128  # then its length is one byte
    return bytes([number << 3 | 2, len(payload)]) + payload
