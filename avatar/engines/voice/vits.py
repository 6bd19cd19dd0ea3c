"""Speaks with a public VITS of coqui-tts, in its own voice or, converted, in the person's."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.consent import Cleared
from avatar.models.pinned import resolve_pinned_dir
from avatar.models.weights import Weights
from avatar.runtime.device import Device, chosen
from avatar.stages.request import Parts, Workbench
from avatar.stages.voice import CloneVoice
from avatar.voices.backends.cloning import CloningTask, resolve_aligner, resolve_converter, speak_with
from avatar.voices.backends.coqui import open_coqui
from avatar.voices.base.base_tts import BASE_VOICE
from avatar.voices.judging.take_gate import JUDGES
from avatar.voices.recognition.asr_backend import asr_backend_for


@dataclass(frozen=True)
class Vits:
    """VITS: trained on the person, or speaking as somebody else before a conversion model gives it the person's voice.

    *model* is a folder of the weights folder (``config.json``, ``model_file.pth``, ``speaker_ids.json`` if it has many
    voices, of which *speaker* is one), pinned by its digest.
    *converter* is the folder of an OpenVoice, FreeVC or kNN-VC that gives what is said to the person's voice. Without
    one the model must be trained on the person: a take that does not sound like their sample is refused.

    *licence* is that of everything brought here, the strictest one, by SPDX id (``own`` for your own training); without
    one nothing may be sold. *aligner* is a folder with a wav2vec 2.0 letter model that times the speech, *recogniser*
    one with a Whisper that hears its words: what comes along does both for English.
    """

    version: ClassVar[int] = 2
    weights: ClassVar[tuple[Weights, ...]] = (BASE_VOICE, *JUDGES)

    model: str = "coqui/vctk-vits"
    model_sha256: str = ""
    licence: str = ""
    language: str = "en"
    speaker: str = ""
    converter: str = ""
    converter_sha256: str = ""
    device: Device = "auto"
    aligner: str = ""
    aligner_sha256: str = ""
    recogniser: str = ""
    recogniser_sha256: str = ""

    def run(self, cleared: Cleared[CloneVoice], bench: Workbench) -> Parts:
        cloning = CloningTask.of(cleared.request.line, bench.open(cleared.request.voice), bench)
        model = resolve_pinned_dir(self.model, self.model_sha256, option="model")
        device = chosen(self.device)
        converter = resolve_converter(self.converter, self.converter_sha256, device)
        timing = resolve_aligner(self.aligner, self.aligner_sha256, self.language)
        ears = asr_backend_for(self.language, self.recogniser, self.recogniser_sha256)
        network = open_coqui(model, None, ("vits",), device, self.model_sha256)
        say = speak_with(network, self.language, self.speaker, converter)
        return cloning.spoken(say, timing, ears)
