"""The take gate: every take is measured, and only one that holds to the standard leaves.

A recogniser hears whether the words are right, two speaker encoders whose voice it is, a quality judge how it sounds.
What they hear of a take that fails is in the error; what they hear of the one that passes is kept with it.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatar.errors import EngineError, InputError
from avatar.media.audio.loudness import RATE, loudness_of
from avatar.models.weights import Weights
from avatar.voices.base.base_tts import BaseTts
from avatar.voices.judging.cohort import cohort_without
from avatar.voices.judging.postprocess import postprocess
from avatar.voices.judging.quality import QUALITY, predict_mos
from avatar.voices.judging.sample_quality import clipped_share
from avatar.voices.judging.scores import AcceptanceCriteria, Fault, Scores, find_faults
from avatar.voices.judging.speaker_embedding import (
    DVECTOR,
    GE2E,
    SpeakerEncoders,
    SpeakerSimilarity,
    open_speaker_encoders,
)
from avatar.voices.judging.take import Take, find_defect
from avatar.voices.recognition.asr_backend import DEFAULT_ASR_BACKEND, ENGLISH, AsrBackend
from avatar.voices.recognition.recogniser import HEARING
from avatar.voices.recognition.word_match import WordMatch, match_words
from avatar.voices.signal import spectra
from avatar.voices.text.ssml import ParsedLine, parse_ssml
from avatar.voices.timings import Timings

_log = logging.getLogger(__name__)

JUDGES = (HEARING, GE2E, DVECTOR, QUALITY)

Floats = NDArray[np.float32]  # (samples,), mono, full scale at 1.0

_GOOD_MOS = 3.2  # of 5: a rougher take may go out, but not before another one was heard


@dataclass(frozen=True, eq=False)
class FinishedTake:
    """A take that passed, finished: *sound* at 48 kHz, its *timings*, and its *scores*."""

    sound: Floats
    timings: Timings
    scores: Scores


@dataclass(frozen=True)
class _RejectedTake:
    """A take with *faults*; *wrong* is the share of its words that were misheard."""

    faults: list[Fault]
    wrong: float


@dataclass(frozen=True)
class TakeGate:
    """Judges takes of *text* by *standard*; *ears* hear its words.

    When English is misheard, *speaker* says the text in the base voice: a word that is misheard there, too, is hard to
    hear or to know, and no fault of the take.
    """

    text: str
    standard: AcceptanceCriteria
    speaker: BaseTts
    encoders: SpeakerEncoders
    quality: Path
    ears: AsrBackend = DEFAULT_ASR_BACKEND

    @classmethod
    def of(
        cls,
        text: str,
        standard: AcceptanceCriteria,
        speaker: BaseTts,
        weight: Callable[[Weights], Path],
        ears: AsrBackend = DEFAULT_ASR_BACKEND,
    ) -> "TakeGate":
        """Return the audition with the judges whose files *weight* finds, and these *ears*."""
        return cls(text, standard, speaker, open_speaker_encoders(weight(GE2E), weight(DVECTOR)), weight(QUALITY), ears)

    def best(self, takes: Iterable[Callable[[], Take]], seed: int) -> FinishedTake:
        """Return the first of *takes* that has no fault, finished; *seed* decides the room tone.

        Where that one is rough, the next one is heard, too, and the smoother of the two returned.

        Raises:
            EngineError: of the fault (``take.words`` ...) of the take that came closest.
        """
        numbered = enumerate(takes, start=1)
        refused: list[_RejectedTake] = []
        for attempt, make in numbered:
            heard = self._heard(make(), attempt, seed)
            if isinstance(heard, FinishedTake):
                again = next(numbered, None) if heard.scores.quality < _GOOD_MOS else None
                return self._smoother(heard, *again, seed) if again else heard
            refused.append(heard)
        nearest = min(refused, key=lambda each: (len(each.faults), each.wrong)).faults
        raise EngineError(
            f"none of {len(refused)} takes is good enough: the best one {'; it '.join(f.what for f in nearest)}; "
            "write the line in other words, bring a longer and cleaner voice sample, or choose another engine",
            code=nearest[0].code,
        )

    def _smoother(self, one: FinishedTake, attempt: int, make: Callable[[], Take], seed: int) -> FinishedTake:
        other = self._heard(make(), attempt, seed, one.scores.quality)
        return other if isinstance(other, FinishedTake) else one

    def _heard(self, take: Take, attempt: int, seed: int, least: float = 0.0) -> FinishedTake | _RejectedTake:
        """Return the *take* finished, or what is wrong with it; of a quality up to *least*, nothing else is judged."""
        fault, wrong = find_defect(take), 1.0
        found = [fault] if fault else []
        if not found:
            sound, timings = self._finished(take, seed)
            quality = round(predict_mos(sound, RATE, self.quality), 2)
            found = [Fault("take.quality", f"has a quality of {quality}")] if quality <= least else []
        if not found:
            scores = self._scores(take, sound, attempt, quality)
            found, wrong = list(find_faults(scores, self.standard)), scores.wrong
            if not found:
                return FinishedTake(sound, timings, scores)
        _log.info("take %d refused: %s", attempt, ", ".join(each.code for each in found))
        return _RejectedTake(found, wrong)

    def _finished(self, take: Take, seed: int) -> tuple[Floats, Timings]:
        written = " ".join(self._line.written)
        return postprocess(take.sound, take.rate, take.timings, written, seed, rest=self._rest)

    def _scores(self, take: Take, sound: Floats, attempt: int, quality: float) -> Scores:
        wording = self.ears.wording(" ".join(self._line.said), sound, RATE)
        excusable = wording.rate() and self.ears.language == ENGLISH
        wrong = wording.rate(self._plain_wording if excusable else None)
        likeness, stranger = self._likeness(sound)
        lead, trail = take.outside()
        return Scores(
            attempt=attempt,
            words=wording.count,
            wrong=round(wrong, 4),
            extra=wording.before + wording.after,
            likeness=_rounded(likeness),
            stranger=_rounded(stranger),
            quality=quality,
            loudness=round(loudness_of(sound, RATE), 1),
            clipped=round(clipped_share(take.sound), 5),
            lead=round(lead, 3),
            trail=round(trail, 3),
            pause=round(max(0.0, take.pause - sum(self._line.breaks.values())), 3),
            pace=round(take.pace, 3),
            speech=round(sum(phone.end - phone.start for phone in take.spoken), 3),
        )

    def _likeness(self, sound: Floats) -> tuple[SpeakerSimilarity, SpeakerSimilarity]:
        """Return how alike *sound* is to the person, and to whoever of the cohort is the most alike."""
        try:
            voice = self.encoders.print_of(sound, RATE)
        except InputError:  # there is hardly any speech in it: it is like nobody
            return SpeakerSimilarity(0.0, 0.0), SpeakerSimilarity(0.0, 0.0)
        others = [voice.likeness(other) for other in cohort_without(self.standard.voice)]
        return voice.likeness(self.standard.voice), max(others, key=sum, default=SpeakerSimilarity(0.0, 0.0))

    @cached_property
    def _line(self) -> ParsedLine:
        return parse_ssml(self.text)

    @property
    def _rest(self) -> float:
        """The seconds of the break that ends the line."""
        return self._line.breaks.get(len(self._line.written) - 1, 0.0)

    @cached_property
    def _plain_wording(self) -> WordMatch:
        plain = self.speaker.say(self.text).spectra.sound(seed=0)
        return match_words(" ".join(self._line.said), self.ears.words(plain, spectra.RATE))


def _rounded(likeness: SpeakerSimilarity) -> tuple[float, float]:
    return round(likeness.first, 3), round(likeness.second, 3)
