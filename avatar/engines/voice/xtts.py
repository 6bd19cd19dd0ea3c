"""Clones a voice from the sample itself with a public XTTS of coqui-tts."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.engines.voice._coqui import CoquiEngine
from avatar.models.reference import ModelRef


@dataclass(frozen=True)
class Xtts(CoquiEngine):
    """XTTS: speaks seventeen languages in the voice of the sample; the released weights must not be sold with.

    *model* holds ``config.json``, ``model.pth`` and ``vocab.json``. The licence of the released ones, ``CPML``, forbids
    commercial use, of what it says too.
    """

    version: ClassVar[int] = 2
    _kinds: ClassVar[tuple[str, ...]] = ("xtts",)

    model: ModelRef = ModelRef("coqui/xtts-v2", licence="CPML")
