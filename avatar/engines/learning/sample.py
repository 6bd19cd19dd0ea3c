"""Keeps a voice sample as it is, for the engines that clone from the sound itself."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.consent import Cleared
from avatar.media.sound import read_sound
from avatar.stages.request import Parts, Workbench
from avatar.stages.voice import LearnVoice
from avatar.voices.model import KeptSample, write_sample
from avatar.voices.resample import resampled
from avatar.voices.scores import Standard
from avatar.voices.voiceprint import FIRST, SECOND, open_encoders
from avatar.weights import Weights


@dataclass(frozen=True)
class Sample:
    """Learns nothing: the voice model holds the sample, its transcript, and how it sounds to two speaker encoders."""

    version: ClassVar[int] = 2
    weights: ClassVar[tuple[Weights, ...]] = (FIRST, SECOND)

    rate: int = 24_000  # samples per second

    def run(self, job: Cleared[LearnVoice], bench: Workbench) -> Parts:
        sample = job.request.sample
        transcript = bench.open(sample, "transcript.txt").read_text(encoding="utf-8").strip()
        sound = resampled(*read_sound(bench.open(sample)), self.rate)
        voice = open_encoders(bench.weight(FIRST), bench.weight(SECOND)).print_of(sound, self.rate)
        path = bench.new("voice.npz")
        write_sample(path, KeptSample(sound, self.rate, transcript), Standard.usual(voice))
        return {"voice.npz": path}
