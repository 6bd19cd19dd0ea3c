"""Keeps a voice sample as it is, for the engines that clone from the sound itself."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.consent import Cleared
from avatar.media.audio.io import read_sound
from avatar.media.audio.resample import resample
from avatar.models.weights import Weights
from avatar.stages.request import Parts, Workbench
from avatar.stages.voice import LearnVoice
from avatar.voices.adaptation.voice_model import StoredSample, write_sample
from avatar.voices.judging.scores import AcceptanceCriteria
from avatar.voices.judging.speaker_embedding import DVECTOR, GE2E, open_speaker_encoders


@dataclass(frozen=True)
class KeepSample:
    """Learns nothing: the voice model holds the sample, its transcript, and how it sounds to two speaker encoders."""

    version: ClassVar[int] = 2
    weights: ClassVar[tuple[Weights, ...]] = (GE2E, DVECTOR)

    rate: int = 24_000  # samples per second

    def run(self, cleared: Cleared[LearnVoice], bench: Workbench) -> Parts:
        sample = cleared.request.sample
        transcript = bench.open(sample, "transcript.txt").read_text(encoding="utf-8").strip()
        sound = resample(*read_sound(bench.open(sample)), self.rate)
        voice = open_speaker_encoders(bench.weight(GE2E), bench.weight(DVECTOR)).print_of(sound, self.rate)
        path = bench.new("voice.npz")
        write_sample(path, StoredSample(sound, self.rate, transcript), AcceptanceCriteria.usual(voice))
        return {"voice.npz": path}
