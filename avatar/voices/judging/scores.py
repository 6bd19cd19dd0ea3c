"""What is measured of a take, and what makes one unfit to be used."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from avatar.voices.judging.speaker_embedding import SpeakerEmbedding

MAX_WORD_ERROR_RATE = 0.10  # of the words: the small recogniser errs in 1 to 2 % of good speech
_MIN_SENTENCE_WORDS = 4  # words
MAX_EXTRA_WORDS = 1  # words around the line: two are no mishearing any more, they are something else being said
MIN_MOS = 2.2  # of 5
_MAX_CLIPPED_SHARE = 0.001  # the share of samples stuck at the peak that one can hear
_MIN_PHONEME_S, _MAX_PHONEME_S = 0.025, 0.40  # mean seconds per phoneme of any speech
_MIN_LUFS, _MAX_LUFS = -26.0, -20.0  # LUFS of a finished line
_MAX_OUTSIDE_S = 0.15  # seconds of sound before the first phoneme or after the last
_MAX_PAUSE_S = 1.5  # seconds
_RELIABLE_SPEECH_S = 2.5  # seconds of speech from which a likeness can be relied on
_SIMILARITY_SLACK_PER_S = 0.10  # what a likeness may be lower for a second less


class Scores(BaseModel):
    """What was measured of one take.

    *words* is how many there are, *wrong* the share misheard (beyond those misheard in the base voice, too), *extra*
    how many were heard around the line; *likeness* is that to the person's sample for two encoders, *stranger* that to
    the most alike of the cohort; *quality* is a mean opinion score from 1 to 5, *loudness* in LUFS, *clipped* a share
    of samples; *lead* and *trail* are seconds of sound around the words, *pause* is the longest inside, *pace* the mean
    seconds of a phoneme, *speech* the seconds of all; *attempt* counts from 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    attempt: int
    words: int
    wrong: float
    extra: int
    likeness: tuple[float, float]
    stranger: tuple[float, float]
    quality: float
    loudness: float
    clipped: float
    lead: float
    trail: float
    pause: float
    pace: float
    speech: float


# What a voice model has to reach at least, and how much lower than usual a single line may be.
_MIN_SIMILARITY = (0.60, 0.52)
_SIMILARITY_MARGIN = (0.12, 0.15)
_DEFAULT_SIMILARITY = (0.70, 0.60)


@dataclass(frozen=True, eq=False)
class AcceptanceCriteria:
    """What a take is held to: the person's own *voice*, and how alike it has to be for each encoder."""

    voice: SpeakerEmbedding
    floors: tuple[float, float]

    @classmethod
    def usual(cls, voice: SpeakerEmbedding, takes: Sequence[SpeakerEmbedding] = ()) -> "AcceptanceCriteria":
        """Return the standard for the person's *voice*, from a few good *takes* in it.

        Without any it is what a stranger's voice hardly reaches.
        """
        if not takes:
            return cls(voice, _DEFAULT_SIMILARITY)
        alike = np.array([take.likeness(voice) for take in takes]).mean(axis=0)
        first, second = (
            max(float(a - s), least) for a, s, least in zip(alike, _SIMILARITY_MARGIN, _MIN_SIMILARITY, strict=True)
        )
        return cls(voice, (round(first, 3), round(second, 3)))

    def as_array(self) -> NDArray[np.float32]:
        """Return the criteria as an array (2, 257) to be kept: for each encoder, the voice and its floor."""
        return np.concatenate([self.voice.directions, np.array(self.floors, np.float32)[:, None]], axis=1)

    @classmethod
    def of(cls, array: NDArray[np.float32]) -> "AcceptanceCriteria":
        """Return the criteria kept in *array* (2, 257), as ``as_array`` made it."""
        return cls(SpeakerEmbedding(array[:, :-1]), (float(array[0, -1]), float(array[1, -1])))


@dataclass(frozen=True)
class Fault:
    """Why a take is unfit: a reason *code*, and the rest of the sentence "the take ..."."""

    code: str
    what: str


def find_faults(scores: Scores, standard: AcceptanceCriteria) -> Iterator[Fault]:
    """Yield what is wrong with a take, worst first."""
    if scores.clipped > _MAX_CLIPPED_SHARE:
        yield Fault("take.clipped", f"is clipped in {scores.clipped:.1%} of its samples")
    if not _MIN_PHONEME_S <= scores.pace <= _MAX_PHONEME_S:
        yield Fault("take.pace", f"lasts {scores.pace:.3f} s per phoneme, which nobody speaks")
    yield from _word_faults(scores)
    yield from _voice_faults(scores, standard)
    if scores.quality < MIN_MOS:
        yield Fault("take.quality", f"has a quality of {scores.quality:.1f} of 5, at least {MIN_MOS} is needed")
    for name, seconds in (("leads", scores.lead), ("trails", scores.trail)):
        if seconds > _MAX_OUTSIDE_S:
            side = "before" if name == "leads" else "after"
            yield Fault(f"take.{name}", f"has {seconds:.2f} s of sound {side} its words")
    if scores.pause > _MAX_PAUSE_S:
        yield Fault("take.silence", f"is silent for {scores.pause:.1f} s between words")
    if not _MIN_LUFS <= scores.loudness <= _MAX_LUFS:
        yield Fault("take.loudness", f"is at {scores.loudness:.1f} LUFS, between {_MIN_LUFS} and {_MAX_LUFS} is needed")


def _word_faults(scores: Scores) -> Iterator[Fault]:
    # One misheard word says little of a sentence, and much of two words.
    limit = max(MAX_WORD_ERROR_RATE, 1.001 / scores.words if scores.words >= _MIN_SENTENCE_WORDS else 0.0)
    inside = scores.wrong - scores.extra / max(scores.words, 1)
    if scores.extra > MAX_EXTRA_WORDS and inside <= limit:  # the line is there, and something besides
        yield Fault("take.leak", f"says {scores.extra} words that are not in the line")
    elif scores.wrong > limit:
        yield Fault("take.words", f"is misheard in {scores.wrong:.0%} of its words")


def _voice_faults(scores: Scores, standard: AcceptanceCriteria) -> Iterator[Fault]:
    # Less speech, less certainty: the encoders look at windows of 0.8 and 1.6 s.
    slack = _SIMILARITY_SLACK_PER_S * max(0.0, _RELIABLE_SPEECH_S - scores.speech)
    needed = [floor - slack for floor in standard.floors]
    if any(one < least for one, least in zip(scores.likeness, needed, strict=True)):
        said = " and ".join(f"{one:.2f}" for one in scores.likeness)
        least = " and ".join(f"{one:.2f}" for one in needed)
        yield Fault("take.likeness", f"is alike to the person's sample by {said}, at least {least} is needed")
    if sum(scores.stranger) > sum(scores.likeness):
        yield Fault("take.stranger", "is more like somebody else's voice than like the person's")
