"""Learning a voice, and speaking a line in it."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.artifacts.artifact import Audio, Speech, VoiceModel
from avatar.consent import Use
from avatar.stages.request import Request


@dataclass(frozen=True)
class LearnVoice(Request[VoiceModel]):
    """Learn the voice heard in *sample*."""

    use: ClassVar[Use] = Use.CLONE_VOICE
    makes = VoiceModel

    sample: Audio


@dataclass(frozen=True)
class CloneVoice(Request[Speech]):
    """Say *line* (one sentence, marks of ``avatar.voices.markup`` in it or none) in *voice*."""

    use: ClassVar[Use] = Use.CLONE_VOICE
    makes = Speech

    voice: VoiceModel
    line: str

    @property
    def said(self) -> tuple[str, ...]:
        return (self.line,)
