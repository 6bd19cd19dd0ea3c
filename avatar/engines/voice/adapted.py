"""Speaks in a learned voice: the base voice, changed frame by frame into the person's."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from avatar.consent import Cleared
from avatar.errors import InputError
from avatar.models.weights import Weights
from avatar.stages.request import Parts, Workbench
from avatar.stages.voice import CloneVoice
from avatar.voices.adaptation.adaptation import Adaptation
from avatar.voices.adaptation.voice_model import read_adaptation, read_standard
from avatar.voices.base.base_tts import BASE_VOICE, BaseTts, open_base_tts
from avatar.voices.judging.speech_files import write_speech
from avatar.voices.judging.take import Take
from avatar.voices.judging.take_gate import JUDGES, TakeGate
from avatar.voices.signal.spectra import RATE

# Strength and pace of each take, until one is good: other durations are other sounds, a weaker voice is a clearer one.
_STRENGTH_AND_PACE = ((1.0, 1.0), (1.0, 0.95), (1.0, 0.9), (0.85, 0.95), (0.85, 0.88))
_MILD_STRENGTH_AND_PACE = ((1.0, 0.95), (1.0, 0.88))  # then, in the voice as it would have been learned more timidly


@dataclass(frozen=True)
class Adapted:
    """The base voice adapted to the person by what ``ridge`` learned: speaker-adapted, not indistinguishable.

    A take that is misheard, unlike the person or rough is spoken again, slower or more mildly. Of one that passes but
    could be smoother, the next is heard as well, and the smoother one is kept.

    *pace* is relative to the person's own: 0.9 is a little slower.
    """

    version: ClassVar[int] = 7
    weights: ClassVar[tuple[Weights, ...]] = (BASE_VOICE, *JUDGES)
    languages: ClassVar[tuple[str, ...]] = ("en",)

    pace: float = 1.0

    def __post_init__(self) -> None:
        if not 0.5 <= self.pace <= 2.0:
            raise InputError(f"pace: {self.pace} is not between 0.5 and 2", code="adapted.pace")

    def run(self, cleared: Cleared[CloneVoice], bench: Workbench) -> Parts:
        model, line = bench.open(cleared.request.voice), cleared.request.line
        voice, speaker = read_adaptation(model), open_base_tts(bench.weight(BASE_VOICE))
        bench.pulse(0.1)
        audition = TakeGate.of(line, read_standard(model), speaker, bench.weight)
        spoken = audition.best(self._takes(voice, speaker, line, bench), bench.seed)
        bench.pulse(0.9)
        return write_speech(spoken, bench.new)

    def _takes(self, voice: Adaptation, speaker: BaseTts, line: str, bench: Workbench) -> Iterator[Callable[[], Take]]:
        def take(voice: Adaptation, strength: float, pace: float) -> Take:
            bench.pulse(0.2)
            utterance = speaker.say(line, voice.pace * self.pace * pace)
            return Take(voice.of(utterance, strength).sound(bench.seed), RATE, utterance.timings)

        yield from (partial(take, voice, *each) for each in _STRENGTH_AND_PACE)
        milder = voice.milder
        yield from (partial(take, milder, *each) for each in _MILD_STRENGTH_AND_PACE)
