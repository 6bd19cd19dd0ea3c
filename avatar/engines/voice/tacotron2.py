"""Speaks with a public Tacotron 2 of coqui-tts and its vocoder, in its own voice or, converted, in the person's."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.engines.voice._coqui import SpectrogramEngine
from avatar.models.reference import ModelRef


@dataclass(frozen=True)
class Tacotron2(SpectrogramEngine):
    """Tacotron 2: spectrograms by attention, sound by a vocoder; trained on the person, or converted to their voice.

    *model* and *vocoder* hold ``config.json`` and ``model_file.pth`` each. There are too many to presume their
    licences: until you declare them, nothing may be sold.
    """

    version: ClassVar[int] = 2
    _kinds: ClassVar[tuple[str, ...]] = ("tacotron", "tacotron2")

    model: ModelRef = ModelRef("coqui/ljspeech-tacotron2")
