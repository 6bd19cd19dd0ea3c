"""Clones a voice from the sample itself with a public YourTTS of coqui-tts: a VITS with its speaker encoder."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.brought import brought
from avatar.consent import Cleared
from avatar.faces.device import Device, chosen
from avatar.stages.request import Parts, Workbench
from avatar.stages.voice import CloneVoice
from avatar.voices.audition import JUDGES
from avatar.voices.cloning import Cloning, saying, timing_by
from avatar.voices.coqui import open_coqui
from avatar.voices.hearing import ears_for
from avatar.voices.speaker import BASE
from avatar.weights import Weights


@dataclass(frozen=True)
class YourTts:
    """YourTTS: speaks English, French and Portuguese in the voice of the sample; its released weights are not for sale.

    *model* is a folder of the weights folder (``config.json``, ``model_file.pth``, ``speakers.json``,
    ``language_ids.json``, ``model_se.pth``, ``config_se.json``), pinned by its digest, *licence* its licence by SPDX
    id.
    *aligner* is a folder with a wav2vec 2.0 letter model that times the speech, *recogniser* one with a Whisper that
    hears its words: what comes along does both for English.
    """

    version: ClassVar[int] = 2
    weights: ClassVar[tuple[Weights, ...]] = (BASE, *JUDGES)

    model: str = "coqui/your-tts"
    model_sha256: str = ""
    licence: str = "CC-BY-NC-ND-4.0"
    language: str = "en"
    device: Device = "auto"
    aligner: str = ""
    aligner_sha256: str = ""
    recogniser: str = ""
    recogniser_sha256: str = ""

    def run(self, job: Cleared[CloneVoice], bench: Workbench) -> Parts:
        cloning = Cloning.of(job.request.line, bench.open(job.request.voice), bench)
        model = brought(self.model, self.model_sha256, option="model")
        timing = timing_by(self.aligner, self.aligner_sha256, self.language)
        ears = ears_for(self.language, self.recogniser, self.recogniser_sha256)
        network = open_coqui(model, None, ("vits",), chosen(self.device), self.model_sha256)
        return cloning.spoken(saying(network, self.language), timing, ears)
