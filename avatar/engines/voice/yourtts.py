"""Clones a voice from the sample itself with a public YourTTS of coqui-tts: a VITS with its speaker encoder."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.engines.voice._coqui import CoquiEngine
from avatar.models.reference import ModelRef


@dataclass(frozen=True)
class YourTts(CoquiEngine):
    """YourTTS: speaks English, French and Portuguese in the voice of the sample; its released weights are not for sale.

    *model* holds ``config.json``, ``model_file.pth``, ``speakers.json``, ``language_ids.json``, ``model_se.pth`` and
    ``config_se.json``.
    """

    version: ClassVar[int] = 2
    _kinds: ClassVar[tuple[str, ...]] = ("vits",)

    model: ModelRef = ModelRef("coqui/your-tts", licence="CC-BY-NC-ND-4.0")
