"""Speaks with the base voice and converts that into the person's by a public kNN-VC."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.consent import Cleared
from avatar.models.pinned import resolve_pinned_dir
from avatar.models.weights import Weights
from avatar.runtime.device import Device, chosen
from avatar.stages.request import Parts, Workbench
from avatar.stages.voice import CloneVoice
from avatar.voices.backends.cloning import CloningTask
from avatar.voices.backends.conversion import open_knnvc
from avatar.voices.base.base_tts import BASE_VOICE
from avatar.voices.judging.take_gate import JUDGES


@dataclass(frozen=True)
class KnnVC:
    """kNN-VC: what the base voice says, put together from what is heard in the person's sample; the longer, the better.

    *model* is a folder of the weights folder (``config.json`` and checkpoint of its HiFi-GAN, and
    ``WavLM-Large.pt``), pinned by its
    digest, *licence* its licence by SPDX id. *pace* is relative to the base voice's. The timings are exact: they are
    the base voice's own.
    """

    version: ClassVar[int] = 4
    weights: ClassVar[tuple[Weights, ...]] = (BASE_VOICE, *JUDGES)

    model: str = "coqui/knnvc"
    model_sha256: str = ""
    licence: str = "MIT"
    pace: float = 1.0
    device: Device = "auto"

    def run(self, cleared: Cleared[CloneVoice], bench: Workbench) -> Parts:
        cloning = CloningTask.of(cleared.request.line, bench.open(cleared.request.voice), bench)
        model = resolve_pinned_dir(self.model, self.model_sha256, option="model")
        converter = open_knnvc(model, chosen(self.device), self.model_sha256)
        return cloning.converted(converter, self.pace)
