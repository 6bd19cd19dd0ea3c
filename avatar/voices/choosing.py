"""Which manner of learning suits a voice: a few are tried on lines that it was not learned from, the best is kept."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avatar.errors import EngineError
from avatar.voices.adaptation import Adaptation
from avatar.voices.learning import Manner, Pairs
from avatar.voices.quality import quality_of
from avatar.voices.scores import LEAST_QUALITY, Standard
from avatar.voices.speaker import Speaker
from avatar.voices.spectra import RATE, Floats
from avatar.voices.voiceprint import Encoders, VoicePrint
from avatar.voices.wording import wording_of

_log = logging.getLogger(__name__)

# What a new voice is tried with: most phonemes of English, a question, short and long sentences.
_LINES = (
    "The boy was there when the sun rose over the harbour.",
    "Who asked for a pleasant voyage with such heavy luggage?",
    "Thin sheets of yellow paper lay on the judge's chair.",
)
_UNCLEAR = 0.15  # of the words of these lines
_PLEASANT = 3.3  # a quality (of these lines, which are hard ones) that costs nothing; a point less is worth ...
_WORTH = 0.08  # ... as much as this of the likeness
_STRICTER = 0.05  # what the first encoder gives for the same likeness more than the second


@dataclass(frozen=True, eq=False)
class Tried:
    """A voice learned in one manner, and what it made of the lines."""

    voice: Adaptation
    sounds: Sequence[Floats]
    prints: Sequence[VoicePrint]
    alike: float
    quality: float

    @property
    def value(self) -> float:
        return self.alike - _WORTH * max(0.0, _PLEASANT - self.quality)

    def wrong(self) -> float:
        """Return the share of words that are misheard."""
        heard = [wording_of(text, sound, RATE) for text, sound in zip(_LINES, self.sounds, strict=True)]
        return sum(len(each.wrong) + each.inserted for each in heard) / sum(each.count for each in heard)


@dataclass(frozen=True, eq=False)
class Choice:
    """Tries manners on *pairs*: *person* is whom the voice must be like, the rest says and judges."""

    pairs: Pairs
    person: VoicePrint
    speaker: Speaker
    encoders: Encoders
    quality: Path

    def best(self, manners: Sequence[Manner], pulse: Callable[[float], None]) -> tuple[Adaptation, Standard]:
        """Return the voice of the best of *manners*, and what takes of it are held to.

        Raises: EngineError, with code ``voice.not-learned``.
        """
        tried = []
        for number, manner in enumerate(manners):
            pulse(number / len(manners))
            tried.append(self._tried(manner))
            _log.info("%s: likeness %.3f, quality %.2f", manner, tried[-1].alike, tried[-1].quality)
        for each in sorted(tried, key=lambda one: one.value, reverse=True):
            if each.quality >= LEAST_QUALITY and each.wrong() <= _UNCLEAR:
                return each.voice, Standard.usual(self.person, each.prints)
        raise EngineError(
            "the learned voice cannot be understood; bring a longer and cleaner sample", code="voice.not-learned"
        )

    def _tried(self, manner: Manner) -> Tried:
        voice = self.pairs.adapted(manner)
        sounds = [voice.of(self.speaker.say(text, voice.pace)).sound(seed=0) for text in _LINES]
        prints = [self.encoders.print_of(sound, RATE) for sound in sounds]
        together = np.concatenate(sounds)
        alike = self.encoders.print_of(together, RATE).likeness(self.person)
        # The lesser of the two: what pleases one encoder alone is not yet the person. And each line by itself, as takes
        # are judged: where lines are joined, the judge of quality hears the seams.
        least = min(alike.first, alike.second + _STRICTER)
        quality = sum(quality_of(sound, RATE, self.quality) for sound in sounds) / len(sounds)
        return Tried(voice, sounds, prints, least, quality)
