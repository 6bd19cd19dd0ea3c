"""Model selection: a few adaptation settings are tried on held-out lines, and the best voice is kept."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from avatar.errors import EngineError
from avatar.media.audio.loudness import loudness_of
from avatar.voices.adaptation.adaptation import Adaptation, UtteranceAnalysis, analyse_utterance
from avatar.voices.adaptation.learning import AdaptationSettings, Pairs
from avatar.voices.base.base_tts import BaseTts
from avatar.voices.judging.postprocess import gain_to_target
from avatar.voices.judging.quality import predict_mos
from avatar.voices.judging.scores import MIN_MOS, AcceptanceCriteria
from avatar.voices.judging.speaker_embedding import SpeakerEmbedding, SpeakerEncoders
from avatar.voices.recognition.word_match import match_speech
from avatar.voices.signal.spectra import RATE, Floats

_log = logging.getLogger(__name__)

# What a new voice is tried with: most phonemes of English, a question, short and long sentences.
_TEST_LINES = (
    "The boy was there when the sun rose over the harbour.",
    "Who asked for a pleasant voyage with such heavy luggage?",
    "Thin sheets of yellow paper lay on the judge's chair.",
)
_MAX_WORD_ERROR_RATE = 0.15  # of the words of these lines
# A quality that costs nothing (these lines are hard: of usual ones it is .1 to .8 more), and how much of the likeness
# a point less is worth.
_GOOD_MOS, _SIMILARITY_PER_MOS = 3.4, 0.10
# Nepers over the base voice: what is learned from its breathy sounds is breathy, however clear the person is.
_MORE_BREATH, _LESS_BREATH, _LEAST_BREATH = 0.25, -0.3, -0.6
_MIN_VALUE_GAIN = 0.01  # of the value: three lines cannot tell less
_DVECTOR_OFFSET = 0.05  # what the first encoder gives for the same likeness more than the second


@dataclass(frozen=True, eq=False)
class Trial:
    """A voice learned in one manner, what it made of the lines, and how *alike* they are to the person.

    Everything else is asked for only where the choice depends on it: judging costs more than speaking.
    """

    voice: Adaptation
    sounds: Sequence[Floats]
    alike: float
    judges: "Judges"

    @cached_property
    def quality(self) -> float:
        # Each line by itself, as takes are judged: where lines are joined, the judge hears the seams.
        return sum(predict_mos(sound, RATE, self.judges.quality) for sound in self.sounds) / len(self.sounds)

    @property
    def value(self) -> float:
        return self.alike - _SIMILARITY_PER_MOS * max(0.0, _GOOD_MOS - self.quality)

    @property
    def at_most(self) -> float:
        """The value, or what it cannot exceed while nobody has judged the quality."""
        return self.value if "quality" in self.__dict__ else self.alike

    def wrong(self) -> float:
        """Return the share of words that are misheard."""
        heard = [match_speech(text, sound, RATE) for text, sound in zip(_TEST_LINES, self.sounds, strict=True)]
        return sum(len(each.wrong) + each.inserted for each in heard) / sum(each.count for each in heard)

    def prints(self) -> list[SpeakerEmbedding]:
        """Return the voice of each line."""
        return [self.judges.encoders.print_of(sound, RATE) for sound in self.sounds]


@dataclass(frozen=True)
class Judges:
    """Who says how a voice is: the two *encoders*, and the weights of the judge of *quality*."""

    encoders: SpeakerEncoders
    quality: Path


@dataclass(frozen=True, eq=False)
class ModelSelection:
    """Tries manners on *pairs*: *person* is whom the voice must be like, the rest says and judges."""

    pairs: Pairs
    person: SpeakerEmbedding
    speaker: BaseTts
    judges: Judges

    def best(
        self, manners: Sequence[AdaptationSettings], pulse: Callable[[float], None]
    ) -> tuple[Adaptation, AcceptanceCriteria]:
        """Return the voice of the best of *manners*, and what takes of it are held to.

        Raises:
            EngineError: when no voice learned so is good and clear enough; code ``voice.not-learned``.
        """
        steps = 2 + len(manners)
        # One after the other, not each with each: the breath that suits a voice suits it in any manner.
        plain, less = self._all(
            [manners[0], replace(manners[0], breath=_LESS_BREATH)], lambda done: pulse(done / steps)
        )
        further = replace(manners[0], breath=_LEAST_BREATH if less.alike > plain.alike else _MORE_BREATH)
        first = choose_breathiness([plain, less, *self._all([further], lambda _: pulse(2 / steps))])
        others = [replace(manner, breath=first.voice.breath) for manner in manners[1:]]
        tried = [first, *self._all(others, lambda done: pulse((3 + done) / steps))]
        for each in rank_by_value(tried):
            if each.quality >= MIN_MOS and each.wrong() <= _MAX_WORD_ERROR_RATE:
                _log.info("likeness %.3f, quality %.2f: taken", each.alike, each.quality)
                return each.voice, AcceptanceCriteria.usual(self.person, each.prints())
        raise EngineError(
            "the learned voice cannot be understood; bring a longer and cleaner sample", code="voice.not-learned"
        )

    def _all(self, manners: Sequence[AdaptationSettings], pulse: Callable[[int], None]) -> list[Trial]:
        tried = []
        for done, manner in enumerate(manners):
            pulse(done)
            tried.append(self._tried(manner))
            _log.info("%s: likeness %.3f", manner, tried[-1].alike)
        return tried

    def _tried(self, manner: AdaptationSettings) -> Trial:
        voice = self.pairs.adapted(manner)
        # As loud as takes will be: to the encoders a voice is another one when it is louder.
        plain = (voice.changed(line).sound(seed=0) for line in self._lines)
        sounds = [sound * gain_to_target(loudness_of(sound, RATE)) for sound in plain]
        alike = self.judges.encoders.print_of(np.concatenate(sounds), RATE).likeness(self.person)
        # The lesser of the two: what pleases one encoder alone is not yet the person.
        return Trial(voice, sounds, min(alike.first, alike.second + _DVECTOR_OFFSET), self.judges)

    @cached_property
    def _lines(self) -> list[UtteranceAnalysis]:
        """The lines as the base voice says them at the person's pace, which no manner changes."""
        return [
            analyse_utterance(self.speaker.say(text, self.pairs.pace), self.pairs.ours.band) for text in _TEST_LINES
        ]


def choose_breathiness(tried: Sequence[Trial]) -> Trial:
    """Return the most valuable of *tried*, or the first, with the base voice's breath, where none is clearly better."""
    best = next(rank_by_value(tried))
    return best if best.value > tried[0].value + _MIN_VALUE_GAIN else tried[0]


def rank_by_value(tried: Sequence[Trial]) -> Iterator[Trial]:
    """Yield *tried*, the most valuable first, asking for the quality only of those that may be next."""
    left = list(tried)
    while left:
        best = max(left, key=lambda one: one.at_most)
        if best.value < best.alike and any(one.at_most > best.value for one in left):
            continue  # its quality is known now, and it is no more the one that may be next
        left.remove(best)
        yield best
