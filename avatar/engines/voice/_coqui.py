"""Base of the engines that speak with a public model of coqui-tts."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from avatar.consent import Cleared
from avatar.models.pinned import resolve_pinned_dir
from avatar.models.reference import ModelRef
from avatar.models.weights import Weights
from avatar.runtime.device import Device, resolve_device
from avatar.stages.request import Parts, Workbench
from avatar.stages.voice import CloneVoice
from avatar.voices.backends.cloning import CloningTask, resolve_aligner, resolve_converter, speak_with
from avatar.voices.backends.coqui import open_coqui
from avatar.voices.base.base_tts import BASE_VOICE
from avatar.voices.judging.take_gate import JUDGES
from avatar.voices.recognition.asr_backend import asr_backend_for


class Companions(NamedTuple):
    """What some models speak with: a *vocoder* for spectrograms, a *converter* of voices, one *speaker* of several."""

    vocoder: ModelRef | None = None
    converter: ModelRef | None = None
    speaker: str = ""


@dataclass(frozen=True)
class CoquiEngine:
    """*model* is a public model of coqui-tts, a folder of the weights folder, pinned by its digest.

    *aligner* is a folder with a wav2vec 2.0 letter model that times the speech, *recogniser* one with a Whisper that
    hears its words: what comes along does both for English. *device* is ``cpu``, ``cuda``, or ``auto`` for a GPU where
    there is one.
    """

    weights: ClassVar[tuple[Weights, ...]] = (BASE_VOICE, *JUDGES)
    _kinds: ClassVar[tuple[str, ...]]

    model: ModelRef
    language: str = "en"
    device: Device = "auto"
    aligner: ModelRef | None = None
    recogniser: ModelRef | None = None

    def run(self, cleared: Cleared[CloneVoice], bench: Workbench) -> Parts:
        """Return the files of the line, spoken by the model and judged."""
        cloning = CloningTask.of(cleared.request.line, bench.open(cleared.request.voice), bench)
        beside, model = self._companions(), resolve_pinned_dir(self.model, option="model")
        vocoder = resolve_pinned_dir(beside.vocoder, option="vocoder") if beside.vocoder else None
        device = resolve_device(self.device)
        converter = resolve_converter(beside.converter, device)
        timing = resolve_aligner(self.aligner, self.language)
        ears = asr_backend_for(self.language, self.recogniser)
        pinned = self.model.sha256 + (beside.vocoder.sha256 if beside.vocoder else "")
        network = open_coqui(model, vocoder, self._kinds, device, pinned)
        return cloning.spoken(speak_with(network, self.language, beside.speaker, converter), timing, ears)

    def _companions(self) -> Companions:
        return Companions()


@dataclass(frozen=True)
class SpectrogramEngine(CoquiEngine):
    """*vocoder* (HiFi-GAN, MelGAN, UnivNet, Parallel WaveGAN) makes the sound of the model's spectrograms.

    *converter* is the folder of an OpenVoice, FreeVC or kNN-VC that gives what is said to the person's voice. Without
    one the model must be trained on the person: a take that does not sound like their sample is refused.
    """

    vocoder: ModelRef = ModelRef("coqui/ljspeech-hifigan")
    converter: ModelRef | None = None

    def _companions(self) -> Companions:
        return Companions(vocoder=self.vocoder, converter=self.converter)
