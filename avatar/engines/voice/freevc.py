"""Speaks with the base voice and converts that into the person's by a public FreeVC."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.consent import Cleared
from avatar.models.pinned import resolve_pinned_dir
from avatar.models.weights import Weights
from avatar.runtime.device import Device, chosen
from avatar.stages.request import Parts, Workbench
from avatar.stages.voice import CloneVoice
from avatar.voices.backends.cloning import CloningTask
from avatar.voices.backends.conversion import open_freevc
from avatar.voices.base.base_tts import BASE_VOICE
from avatar.voices.judging.take_gate import JUDGES


@dataclass(frozen=True)
class FreeVC:
    """FreeVC: what the base voice says, as WavLM hears it, made anew in the person's voice.

    *model* is a folder of the weights folder (``config.json``, ``model.pth``, ``WavLM-Large.pt``, and
    ``speaker_encoder.pt`` if it asks for one), pinned by its
    digest, *licence* its licence by SPDX id. *pace* is relative to the base voice's. The timings are exact: they are
    the base voice's own.
    """

    version: ClassVar[int] = 4
    weights: ClassVar[tuple[Weights, ...]] = (BASE_VOICE, *JUDGES)

    model: str = "coqui/freevc24"
    model_sha256: str = ""
    licence: str = "MIT"
    pace: float = 1.0
    device: Device = "auto"

    def run(self, cleared: Cleared[CloneVoice], bench: Workbench) -> Parts:
        cloning = CloningTask.of(cleared.request.line, bench.open(cleared.request.voice), bench)
        model = resolve_pinned_dir(self.model, self.model_sha256, option="model")
        converter = open_freevc(model, chosen(self.device), self.model_sha256)
        return cloning.converted(converter, self.pace)
