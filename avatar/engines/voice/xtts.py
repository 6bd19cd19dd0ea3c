"""Clones a voice from the sample itself with a public XTTS of coqui-tts."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.consent import Cleared
from avatar.models.pinned import resolve_pinned_dir
from avatar.models.weights import Weights
from avatar.runtime.device import Device, chosen
from avatar.stages.request import Parts, Workbench
from avatar.stages.voice import CloneVoice
from avatar.voices.backends.cloning import CloningTask, resolve_aligner, speak_with
from avatar.voices.backends.coqui import open_coqui
from avatar.voices.base.base_tts import BASE_VOICE
from avatar.voices.judging.take_gate import JUDGES
from avatar.voices.recognition.asr_backend import asr_backend_for


@dataclass(frozen=True)
class Xtts:
    """XTTS: speaks seventeen languages in the voice of the sample; the released weights must not be sold with.

    *model* is a folder of the weights folder (``config.json``, ``model.pth``, ``vocab.json``), pinned by its digest,
    *licence* its licence by SPDX id: ``CPML`` forbids commercial use, of what it says too. *aligner* is a folder with a
    wav2vec 2.0 letter model that times the speech, *recogniser* one with a Whisper that hears its words: what comes
    along does both for English.
    """

    version: ClassVar[int] = 2
    weights: ClassVar[tuple[Weights, ...]] = (BASE_VOICE, *JUDGES)

    model: str = "coqui/xtts-v2"
    model_sha256: str = ""
    licence: str = "CPML"
    language: str = "en"
    device: Device = "auto"
    aligner: str = ""
    aligner_sha256: str = ""
    recogniser: str = ""
    recogniser_sha256: str = ""

    def run(self, cleared: Cleared[CloneVoice], bench: Workbench) -> Parts:
        cloning = CloningTask.of(cleared.request.line, bench.open(cleared.request.voice), bench)
        model = resolve_pinned_dir(self.model, self.model_sha256, option="model")
        timing = resolve_aligner(self.aligner, self.aligner_sha256, self.language)
        ears = asr_backend_for(self.language, self.recogniser, self.recogniser_sha256)
        network = open_coqui(model, None, ("xtts",), chosen(self.device), self.model_sha256)
        return cloning.spoken(speak_with(network, self.language), timing, ears)
