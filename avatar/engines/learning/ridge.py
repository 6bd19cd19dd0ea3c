"""Learns how the base voice has to change to sound like a person, from half a minute of their speech."""

import logging
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from avatar.consent import Cleared
from avatar.errors import EngineError, InputError
from avatar.media.sound import read_sound
from avatar.stages.request import Parts, Workbench
from avatar.stages.voice import LearnVoice
from avatar.voices.adaptation import Adaptation
from avatar.voices.learning import Spoken, heard, learn, planned
from avatar.voices.model import write_adaptation
from avatar.voices.recogniser import HEARING, transcribe, word_error_rate
from avatar.voices.resample import resampled
from avatar.voices.scores import Standard
from avatar.voices.script import lines_of
from avatar.voices.speaker import BASE, Speaker, open_speaker
from avatar.voices.spectra import RATE, joined
from avatar.voices.voiceprint import FIRST, SECOND, open_encoders
from avatar.weights import Weights

_log = logging.getLogger(__name__)

_MISHEARD = 0.5  # of the sample's words: more means another text
_UNCLEAR = 0.15  # of the words of a test line spoken in the learned voice
_TRIED = 5  # lines in which a new voice is compared with the person
_MILDER = (1.0, 4.0, 16.0)  # times the ridge: less alike and clearer each time


@dataclass(frozen=True)
class Ridge:
    """Speaker adaptation by kernel ridge regression: no GPU, no training, seconds.

    A small *ridge* sounds more like the person, a large one clearer. When a line spoken in the learned voice is not
    understood, a larger one is tried.
    """

    version: ClassVar[int] = 2
    weights: ClassVar[tuple[Weights, ...]] = (BASE, HEARING, FIRST, SECOND)

    ridge: float = 0.05

    def __post_init__(self) -> None:
        if not 0.001 <= self.ridge <= 100:
            raise InputError(f"ridge: {self.ridge} is not between 0.001 and 100", code="ridge.out-of-range")

    def run(self, job: Cleared[LearnVoice], bench: Workbench) -> Parts:
        sample = job.request.sample
        transcript = bench.open(sample, "transcript.txt").read_text(encoding="utf-8")
        sound = resampled(*read_sound(bench.open(sample)), RATE)
        if word_error_rate(transcript, transcribe(sound, RATE)) > _MISHEARD:
            raise InputError(
                "transcript: it is not what is said in the voice sample; write down the exact words, "
                "or leave it out to have them recognised",
                code="transcript.mismatch",
            )
        bench.pulse(0.3)
        path = bench.new("voice.npz")
        voice = self._learned(transcript, heard(sound), bench)
        write_adaptation(path, voice, _standard(sound, voice, transcript, bench))
        return {"voice.npz": path}

    def _learned(self, transcript: str, theirs: Spoken, bench: Workbench) -> Adaptation:
        """Return the most alike adaptation in which the test line is still understood."""
        speaker = open_speaker(bench.weight(BASE))
        lines = [line.text for line in lines_of(transcript)]
        ours = planned(joined([speaker.say(text).spectra for text in lines]), theirs.band)
        bench.pulse(0.6)
        for factor in _MILDER:
            voice = learn(ours, theirs, self.ridge * factor, lambda done: bench.pulse(0.6 + 0.2 * done))
            bench.pulse(0.9)
            if _errors(speaker, voice, max(lines, key=len)) <= _UNCLEAR:
                return voice
            _log.info("not understood with ridge %s", self.ridge * factor)
        raise EngineError(
            "the learned voice cannot be understood; bring a longer and cleaner sample", code="voice.not-learned"
        )


def _standard(sound: NDArray[np.float32], voice: Adaptation, transcript: str, bench: Workbench) -> Standard:
    """Return what takes of *voice* are held to: what is usual for it when it says the transcript of its *sound*."""
    encoders, speaker = open_encoders(bench.weight(FIRST), bench.weight(SECOND)), open_speaker(bench.weight(BASE))
    said = [speaker.say(line.text, voice.pace).spectra for line in lines_of(transcript)][:_TRIED]
    takes = [encoders.print_of(voice.of(spectra).sound(seed=0), RATE) for spectra in said]
    return Standard.usual(encoders.print_of(sound, RATE), takes)


def _errors(speaker: Speaker, voice: Adaptation, text: str) -> float:
    """Return the share of words of *text* that are heard wrong when *voice* says it."""
    sound = voice.of(speaker.say(text).spectra).sound(seed=0)
    return word_error_rate(text, transcribe(sound, RATE))
