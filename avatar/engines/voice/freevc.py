"""Speaks with the base voice and converts that into the person's by a public FreeVC."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from avatar.engines.voice._conversion import ConversionEngine
from avatar.models.reference import ModelRef
from avatar.voices.backends.conversion import Converter, open_freevc


@dataclass(frozen=True)
class FreeVC(ConversionEngine):
    """FreeVC: what the base voice says, as WavLM hears it, made anew in the person's voice.

    *model* holds ``config.json``, ``model.pth``, ``WavLM-Large.pt``, and ``speaker_encoder.pt`` if it asks for one.
    """

    version: ClassVar[int] = 4

    model: ModelRef = ModelRef("coqui/freevc24", licence="MIT")

    def _open(self, folder: Path, device: str) -> Converter:
        return open_freevc(folder, device, self.model.sha256)
