"""Base of the engines that speak with the base voice and convert that into the person's."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from avatar.consent import Cleared
from avatar.models.pinned import resolve_pinned_dir
from avatar.models.reference import ModelRef
from avatar.models.weights import Weights
from avatar.runtime.device import Device, resolve_device
from avatar.stages.request import Parts, Workbench
from avatar.stages.voice import CloneVoice
from avatar.voices.backends.cloning import CloningTask
from avatar.voices.backends.conversion import Converter
from avatar.voices.base.base_tts import BASE_VOICE
from avatar.voices.judging.take_gate import JUDGES


@dataclass(frozen=True)
class ConversionEngine(ABC):
    """*model* is a public conversion model, a folder of the weights folder, pinned by its digest.

    *pace* is relative to the base voice's. The timings are exact: they are the base voice's own. *device* is ``cpu``,
    ``cuda``, or ``auto`` for a GPU where there is one.
    """

    weights: ClassVar[tuple[Weights, ...]] = (BASE_VOICE, *JUDGES)

    model: ModelRef
    pace: float = 1.0
    device: Device = "auto"

    def run(self, cleared: Cleared[CloneVoice], bench: Workbench) -> Parts:
        """Return the files of the line, spoken by the base voice, converted and judged."""
        cloning = CloningTask.of(cleared.request.line, bench.open(cleared.request.voice), bench)
        folder = resolve_pinned_dir(self.model, option="model")
        return cloning.converted(self._open(folder, resolve_device(self.device)), self.pace)

    @abstractmethod
    def _open(self, folder: Path, device: str) -> Converter:
        """Return the converter in *folder*, on the torch *device*."""
