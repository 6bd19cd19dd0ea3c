"""Speaks with a public VITS of coqui-tts, in its own voice or, converted, in the person's."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.engines.voice._coqui import Companions, CoquiEngine
from avatar.models.reference import ModelRef


@dataclass(frozen=True)
class Vits(CoquiEngine):
    """VITS: trained on the person, or speaking as somebody else before a conversion model gives it the person's voice.

    *model* holds ``config.json``, ``model_file.pth``, and ``speaker_ids.json`` if it has many voices, of which
    *speaker* is one. There are too many to presume the licence of one: until you declare it, nothing may be sold.
    *converter* is the folder of an OpenVoice, FreeVC or kNN-VC that gives what is said to the person's voice. Without
    one the model must be trained on the person: a take that does not sound like their sample is refused.
    """

    version: ClassVar[int] = 2
    _kinds: ClassVar[tuple[str, ...]] = ("vits",)

    model: ModelRef = ModelRef("coqui/vctk-vits")
    speaker: str = ""
    converter: ModelRef | None = None

    def _companions(self) -> Companions:
        return Companions(converter=self.converter, speaker=self.speaker)
