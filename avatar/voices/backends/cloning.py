"""Zero-shot voice cloning, shared by its engines: read the sample, synthesise, align, and pass the take gate."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InputError
from avatar.media.audio.resample import resample
from avatar.models.pinned import resolve_pinned_dir
from avatar.models.reference import ModelRef
from avatar.models.weights import Weights
from avatar.voices.adaptation.voice_model import StoredSample, read_sample, read_standard
from avatar.voices.alignment.ctc import align_ctc
from avatar.voices.alignment.forced_alignment import align_phonemes
from avatar.voices.backends.conversion import Converter, open_converter
from avatar.voices.backends.coqui import CoquiVoice
from avatar.voices.backends.model_folder import ENCODER, ENCODER_CONFIG
from avatar.voices.base.base_tts import BASE_VOICE, open_base_tts
from avatar.voices.base.utterance import Utterance
from avatar.voices.judging.speech_files import write_speech
from avatar.voices.judging.take import Take
from avatar.voices.judging.take_gate import TakeGate
from avatar.voices.recognition.asr_backend import DEFAULT_ASR_BACKEND, ENGLISH, AsrBackend
from avatar.voices.signal.pitch import estimate_pitch
from avatar.voices.signal.spectra import MIN_VOICED_HZ, RATE
from avatar.voices.text.normalization import normalize_text
from avatar.voices.text.ssml import ParsedLine, parse_ssml
from avatar.voices.timings import Timings

Floats = NDArray[np.float32]  # (samples,), mono, full scale at 1.0

_MAX_TAKES = 3  # with other random numbers each time
_CONVERSION_PACES = (1.0, 0.95, 0.9)  # of the takes of a conversion: other durations are other sounds
_PITCH_SAMPLE_S = 10  # seconds of a sample that tell its pitch
_MAX_PITCH_FACTOR = 2.5  # times higher or lower than the base voice


class VoiceWorkbench(Protocol):
    """What is needed of a workbench."""

    @property
    def seed(self) -> int: ...
    def new(self, name: str) -> Path: ...
    def weight(self, weights: Weights) -> Path: ...
    def pulse(self, done: float) -> None: ...


@dataclass(frozen=True)
class Reference:
    """Whom to sound like: a *sound* file, and the words that are said in it."""

    sound: Path
    transcript: str


Say = Callable[[str, Reference, int], tuple[Floats, int]]  # words, in whose voice, seed -> sound, its rate in Hz
Timing = Callable[[Floats, int, str], Timings]  # sound, its rate in Hz, its words -> when they are heard


def resolve_aligner(aligner: ModelRef | None, language: str = ENGLISH) -> Timing:
    """Return how speech is timed: by the letter model *aligner*, or without one by that which comes along.

    Raises:
        InputError: when there is none for *language*; code ``aligner.missing``; or as ``resolve_pinned_dir``.
    """
    language = language.partition("-")[0]
    if aligner:
        letters = resolve_pinned_dir(aligner, option="aligner")
        return lambda sound, rate, line: align_ctc(sound, rate, line, letters, language)
    if language != ENGLISH:
        raise InputError(
            f"language: {language!r} is not known to the aligner that comes along, which knows English only; bring a "
            "wav2vec 2.0 letter model of that language and name it: aligner: {path: ..., sha256: ..., licence: ...}",
            code="aligner.missing",
        )
    return align_phonemes


def resolve_converter(model: ModelRef | None, device: str) -> Converter | None:
    """Return the conversion model that *model* names, opened on *device*, or ``None`` without one."""
    if model is None:
        return None
    return open_converter(resolve_pinned_dir(model, option="converter"), device, model.sha256)


@dataclass(frozen=True, eq=False)
class CloningTask:
    """A *line* to be said in the voice kept in the file *voice*, whose *sample* was read, at a *bench*."""

    line: str
    voice: Path
    sample: StoredSample
    bench: VoiceWorkbench

    @classmethod
    def of(cls, line: str, voice: Path, bench: VoiceWorkbench) -> "CloningTask":
        """Read the sample of the *voice*, before any model is loaded.

        Raises:
            InputError: when the voice was learned for another engine, or its file cannot be read; code
                ``voice.wrong-model`` or ``voice.unreadable``.
        """
        return cls(line, voice, read_sample(voice), bench)

    def spoken(self, say: Say, timing: Timing, ears: AsrBackend = DEFAULT_ASR_BACKEND) -> Mapping[str, Path]:
        """Return the files of the line as *say* says it, once a take is good and *ears* have heard it.

        Raises:
            InputError: when the line asks for more than words.
            EngineError: when no take is good enough.
        """
        marked = _check_markup(parse_ssml(self.line))
        # Figures of other languages are left to the model: they are not read as English ones.
        words = normalize_text(marked) if ears.language == ENGLISH else " ".join(marked.said)
        reference = Reference(_write_reference(self.sample, self.bench.new("reference.wav")), self.sample.transcript)

        def take(seed: int) -> Take:
            self.bench.pulse(0.2)
            sound, rate = say(words, reference, seed)
            return Take(sound, rate, timing(sound, rate, self.line))

        return self._judged((partial(take, self.bench.seed + number) for number in range(_MAX_TAKES)), ears)

    def converted(self, converter: Converter, pace: float) -> Mapping[str, Path]:
        """Return the files of the line as the base voice says it and *converter* makes it sound, once a take is good.

        The base voice speaks as high or low as the person before it is converted, and tells exactly when it says what.

        Raises:
            EngineError: when no take is good enough.
        """
        speaker = open_base_tts(self.bench.weight(BASE_VOICE))
        person, height = converter.voice_of(self.sample.sound, self.sample.rate), _median_pitch(self.sample)

        def take(number: int) -> Take:
            self.bench.pulse(0.2)
            said = speaker.say(self.line, pace * _CONVERSION_PACES[number])
            plain = shift_pitch(said, height).spectra.sound(self.bench.seed)
            sound = converter.converted(plain, RATE, person, self.bench.seed + number)
            return Take(sound, converter.rate, said.timings)

        return self._judged((partial(take, number) for number in range(len(_CONVERSION_PACES))), DEFAULT_ASR_BACKEND)

    def _judged(self, takes: Iterator[Callable[[], Take]], ears: AsrBackend) -> Mapping[str, Path]:
        bench = self.bench
        speaker = open_base_tts(bench.weight(BASE_VOICE))
        audition = TakeGate.of(self.line, read_standard(self.voice), speaker, bench.weight, ears)
        spoken = audition.best(takes, bench.seed)
        bench.pulse(0.9)
        return write_speech(spoken, bench.new)


def speak_with(network: CoquiVoice, language: str, speaker: str = "", converter: Converter | None = None) -> Say:
    """Return how *network* speaks in a person's voice.

    One that cannot clone speaks as *speaker*, which *converter* gives to the person's voice. Without a converter it
    must be trained on one person, and only takes that sound like the right one pass.

    Raises:
        InputError: when it can neither clone nor have its voice converted; code ``coqui.cannot-clone``.
    """
    if network.clones:
        return lambda words, reference, seed: network.say_as(words, reference.sound, language, seed)
    if converter is None and not network.alone:
        raise InputError(
            "model: this one cannot clone a voice from a sample, and speaks in voices of others; bring its speaker "
            f"encoder ({ENCODER}, {ENCODER_CONFIG}), or name a conversion model as its converter",
            code="coqui.cannot-clone",
        )
    return _then_convert(lambda words, _, seed: network.say(words, speaker, language, seed), converter)


def _then_convert(say: Say, converter: Converter | None) -> Say:
    """Return *say* with what is said given to the person's voice by *converter*, if there is one."""
    if converter is None:
        return say

    def said(words: str, reference: Reference, seed: int) -> tuple[Floats, int]:
        import soundfile

        sound, rate = say(words, reference, seed)
        person = converter.voice_of(*soundfile.read(reference.sound, dtype="float32"))
        return converter.converted(sound, rate, person, seed), converter.rate

    return said


def shift_pitch(said: Utterance, height: float) -> Utterance:
    """Return what was *said* with the middle of its pitch at *height* Hz, or where it was when that is 0."""
    pitch = said.spectra.pitch
    voiced = pitch >= MIN_VOICED_HZ
    if not height or not voiced.any():
        return said
    factor = float(np.clip(height / np.median(pitch[voiced]), 1 / _MAX_PITCH_FACTOR, _MAX_PITCH_FACTOR))
    return replace(
        said, spectra=replace(said.spectra, pitch=np.where(voiced, pitch * factor, pitch).astype(np.float32))
    )


def _median_pitch(sample: StoredSample) -> float:
    """Return the middle of the pitch of *sample* in Hz, 0 if nothing in it is voiced."""
    pitch = estimate_pitch(resample(sample.sound[: _PITCH_SAMPLE_S * sample.rate], sample.rate, RATE))
    voiced = pitch[pitch >= MIN_VOICED_HZ]
    return float(np.median(voiced)) if len(voiced) else 0.0


def _check_markup(line: ParsedLine) -> ParsedLine:
    """Return *line*, unless it asks for more than words."""
    if line.breaks or any(manner.rate != 1.0 or manner.emphasis for manner in line.manners.values()):
        raise InputError(
            "breaks, emphasis and rates are not spoken by this engine; write the line without them, or use {engine: "
            "adapted}",
            code="ssml.not-supported",
        )
    return line


def _write_reference(sample: StoredSample, path: Path) -> Path:
    import soundfile

    soundfile.write(path, sample.sound, sample.rate, subtype="PCM_16")
    return path
