"""Speaks with the base voice and converts that into the person's by a public kNN-VC."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from avatar.engines.voice._conversion import ConversionEngine
from avatar.models.reference import ModelRef
from avatar.voices.backends.conversion import Converter, open_knnvc


@dataclass(frozen=True)
class KnnVC(ConversionEngine):
    """kNN-VC: what the base voice says, put together from what is heard in the person's sample; the longer, the better.

    *model* holds ``config.json`` and checkpoint of its HiFi-GAN, and ``WavLM-Large.pt``.
    """

    version: ClassVar[int] = 4

    model: ModelRef = ModelRef("coqui/knnvc", licence="MIT")

    def _open(self, folder: Path, device: str) -> Converter:
        return open_knnvc(folder, device, self.model.sha256)
