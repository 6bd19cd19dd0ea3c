"""Requests that learn a voice, speak a line, and cut a line out of a voice-over."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.artifacts.artifact import Speech, VoiceModel, Voiceover, VoiceSample
from avatar.consent import Use
from avatar.stages.c2pa_action import ALGORITHMIC, SYNTHETIC, C2paAction
from avatar.stages.request import Request


@dataclass(frozen=True)
class LearnVoice(Request[VoiceModel]):
    """Learn the voice heard in *sample*."""

    use: ClassVar[Use] = Use.CLONE_VOICE
    output_type = VoiceModel
    progress_label = blueprint_key = "learning"
    c2pa_action = None

    sample: VoiceSample

    @property
    def learned_sample(self) -> VoiceSample:
        return self.sample


@dataclass(frozen=True)
class CloneVoice(Request[Speech]):
    """Say *line* (one sentence, marks of ``avatar.voices.text.ssml`` in it or none) in *voice*."""

    use: ClassVar[Use] = Use.CLONE_VOICE
    output_type = Speech
    progress_label = blueprint_key = "voice"
    c2pa_action = C2paAction("c2pa.dubbed", "The speech was synthesised in a cloned voice.", SYNTHETIC)

    voice: VoiceModel
    line: str

    @property
    def spoken_text(self) -> tuple[str, ...]:
        return (self.line,)

    @property
    def spoken_voice(self) -> VoiceModel:
        return self.voice


@dataclass(frozen=True)
class CutVoiceover(Request[Speech]):
    """Take line *index* (from 0), which says *line*, out of *voiceover*: the person's own speech, as it was recorded.

    It adds no use of its own: what is done with it (moving a face to it, publishing it) is asked about there.
    """

    use: ClassVar[Use | None] = None
    output_type = Speech
    progress_label = "voice"
    c2pa_action = C2paAction("c2pa.trimmed", "A line was taken from the person's own recorded speech.", ALGORITHMIC)

    voiceover: Voiceover
    index: int
    line: str

    @property
    def spoken_text(self) -> tuple[str, ...]:
        return (self.line,)
