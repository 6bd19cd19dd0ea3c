"""Learns how the base voice has to change to sound like a person, from half a minute of their speech."""

from dataclasses import dataclass, replace
from typing import ClassVar

from avatar.consent import Cleared
from avatar.errors import InputError
from avatar.media.sound import read_sound
from avatar.stages.request import Parts, Workbench
from avatar.stages.voice import LearnVoice
from avatar.voices.align import aligned
from avatar.voices.audition import JUDGES
from avatar.voices.choosing import Choice, Judges
from avatar.voices.learning import Manner, Pairs, heard, pair, planned
from avatar.voices.model import write_adaptation
from avatar.voices.one_voice import words_in
from avatar.voices.quality import QUALITY
from avatar.voices.resample import resampled
from avatar.voices.script import lines_of
from avatar.voices.speaker import BASE, open_speaker
from avatar.voices.spectra import RATE, Floats
from avatar.voices.voiceprint import FIRST, SECOND, open_encoders
from avatar.weights import Weights

# What is tried: the ridge times this, how much of what is learned from one phoneme counts for the others, and how much
# of it all is done, how sharply and how calmly. A regression is too timid, so a little more than it says is often
# nearer to the person; sharper or calmer is clearer, and costs one voice more of its likeness than another.
_MANNERS = (
    Manner(1.0, 0.8, 1.15, sharp=1.3),
    Manner(1.0, 0.8, 1.15),
    Manner(1.0, 0.8, 1.0, sharp=1.15, calm=3),
    Manner(0.5, 1.0, 1.15, sharp=1.3),
)


@dataclass(frozen=True)
class Ridge:
    """Speaker adaptation by kernel ridge regression that knows the phonemes: no GPU, no training, seconds.

    A small *ridge* sounds more like the person, a large one clearer. A few manners around it are tried on other lines,
    and the voice that is most alike without being rough or unclear is kept.
    """

    version: ClassVar[int] = 9
    weights: ClassVar[tuple[Weights, ...]] = (BASE, *JUDGES)

    ridge: float = 0.1

    def __post_init__(self) -> None:
        if not 0.001 <= self.ridge <= 100:
            raise InputError(f"ridge: {self.ridge} is not between 0.001 and 100", code="ridge.out-of-range")

    def run(self, job: Cleared[LearnVoice], bench: Workbench) -> Parts:
        sample = job.request.sample
        transcript = bench.open(sample, "transcript.txt").read_text(encoding="utf-8")
        sound = resampled(*read_sound(bench.open(sample)), RATE)
        words_in(sound, RATE, transcript)
        bench.pulse(0.2)
        pairs = self._pairs(sound, transcript, bench)
        encoders = open_encoders(bench.weight(FIRST), bench.weight(SECOND))
        speaker, person = open_speaker(bench.weight(BASE)), encoders.print_of(sound, RATE)
        choice = Choice(pairs, person, speaker, Judges(encoders, bench.weight(QUALITY)))
        voice, standard = choice.best(manners_around(self.ridge), lambda done: bench.pulse(0.6 + 0.4 * done))
        path = bench.new("voice.npz")
        write_adaptation(path, voice, standard)
        return {"voice.npz": path}

    def _pairs(self, sound: Floats, transcript: str, bench: Workbench) -> Pairs:
        """Return the *sound* beside the base voice, both saying the *transcript*."""
        theirs = heard(sound, aligned(sound, RATE, transcript))
        bench.pulse(0.4)
        speaker = open_speaker(bench.weight(BASE))
        ours = planned([speaker.say(line.text) for line in lines_of(transcript)], theirs.band)
        return pair(ours, theirs, manners_around(self.ridge)[0], lambda done: bench.pulse(0.4 + 0.2 * done))


def manners_around(ridge: float) -> list[Manner]:
    """Return the manners that are tried around *ridge*, the first one first."""
    return [replace(manner, ridge=ridge * manner.ridge) for manner in _MANNERS]
