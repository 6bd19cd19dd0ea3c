"""Speaks in a learned voice: the base voice, changed frame by frame into the person's."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.consent import Cleared
from avatar.errors import InputError
from avatar.stages.request import Parts, Workbench
from avatar.stages.voice import CloneVoice
from avatar.voices.finish import finished
from avatar.voices.model import read_adaptation
from avatar.voices.speaker import BASE, open_speaker
from avatar.voices.spectra import RATE
from avatar.voices.speech import write_speech
from avatar.voices.take import check_take
from avatar.weights import Weights


@dataclass(frozen=True)
class Adapted:
    """The base voice adapted to the person by what ``ridge`` learned: speaker-adapted, not indistinguishable.

    *pace* is relative to the person's own: 0.9 is a little slower.
    """

    version: ClassVar[int] = 1
    weights: ClassVar[tuple[Weights, ...]] = (BASE,)

    pace: float = 1.0

    def __post_init__(self) -> None:
        if not 0.5 <= self.pace <= 2.0:
            raise InputError(f"pace: {self.pace} is not between 0.5 and 2", code="adapted.pace")

    def run(self, job: Cleared[CloneVoice], bench: Workbench) -> Parts:
        voice, line = read_adaptation(bench.open(job.request.voice)), job.request.line
        bench.pulse(0.1)
        utterance = open_speaker(bench.weight(BASE)).say(line, voice.pace * self.pace)
        bench.pulse(0.3)
        sound = voice.of(utterance.spectra).sound(bench.seed)
        check_take(sound, utterance.timings)
        bench.pulse(0.9)
        return write_speech(*finished(sound, RATE, utterance.timings, line, bench.seed), bench.new)
