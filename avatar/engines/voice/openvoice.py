"""Speaks with the base voice and converts that into the person's by a public OpenVoice."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from avatar.engines.voice._conversion import ConversionEngine
from avatar.models.reference import ModelRef
from avatar.voices.backends.conversion import Converter, open_openvoice


@dataclass(frozen=True)
class OpenVoice(ConversionEngine):
    """OpenVoice: the base voice in the person's tone of voice; its melody is the base voice's, at the person's pitch.

    *model* holds ``config.json`` and ``checkpoint.pth`` of its converter.
    """

    version: ClassVar[int] = 4

    model: ModelRef = ModelRef("openvoice/v2/converter", licence="MIT")

    def _open(self, folder: Path, device: str) -> Converter:
        return open_openvoice(folder, device, self.model.sha256)
