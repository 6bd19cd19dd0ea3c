"""Learns how the base voice has to change to sound like a person, from half a minute of their speech."""

from dataclasses import dataclass, replace
from typing import ClassVar

from avatar.consent import Cleared
from avatar.errors import InputError
from avatar.media.audio.io import read_sound
from avatar.media.audio.resample import resample
from avatar.models.weights import Weights
from avatar.stages.request import Parts, Workbench
from avatar.stages.voice import LearnVoice
from avatar.voices.adaptation.learning import AdaptationSettings, Pairs, align_pairs, analyse_base_voice, analyse_speech
from avatar.voices.adaptation.model_selection import Judges, ModelSelection
from avatar.voices.adaptation.voice_model import write_adaptation
from avatar.voices.alignment.forced_alignment import align_phonemes
from avatar.voices.base.base_tts import BASE_VOICE, open_base_tts
from avatar.voices.judging.quality import QUALITY
from avatar.voices.judging.sample_validation import resolve_transcript
from avatar.voices.judging.speaker_embedding import DVECTOR, GE2E, open_speaker_encoders
from avatar.voices.judging.take_gate import JUDGES
from avatar.voices.signal.spectra import RATE, Floats
from avatar.voices.text.script import split_script

# What is tried: the ridge times this, how much of what is learned from one phoneme counts for the others, and how much
# of it all is done, how sharply and how calmly. A regression is too timid, so a little more than it says is often
# nearer to the person; sharper or calmer is clearer, and costs one voice more of its likeness than another.
_CANDIDATE_SETTINGS = (
    AdaptationSettings(1.0, 0.8, 1.15, sharp=1.3),
    AdaptationSettings(1.0, 0.8, 1.15),
    AdaptationSettings(1.0, 0.8, 1.0, sharp=1.15, calm=3),
    AdaptationSettings(0.5, 1.0, 1.15, sharp=1.3),
)


@dataclass(frozen=True)
class Ridge:
    """Speaker adaptation by kernel ridge regression that knows the phonemes: no GPU, no training, seconds.

    A small *ridge* sounds more like the person, a large one clearer. A few manners around it are tried on other lines,
    and the voice that is most alike without being rough or unclear is kept.
    """

    version: ClassVar[int] = 9
    weights: ClassVar[tuple[Weights, ...]] = (BASE_VOICE, *JUDGES)

    ridge: float = 0.1

    def __post_init__(self) -> None:
        if not 0.001 <= self.ridge <= 100:
            raise InputError(f"ridge: {self.ridge} is not between 0.001 and 100", code="ridge.out-of-range")

    def run(self, cleared: Cleared[LearnVoice], bench: Workbench) -> Parts:
        sample = cleared.request.sample
        transcript = bench.open(sample, "transcript.txt").read_text(encoding="utf-8")
        sound = resample(*read_sound(bench.open(sample)), RATE)
        resolve_transcript(sound, RATE, transcript)
        bench.pulse(0.2)
        pairs = self._pairs(sound, transcript, bench)
        encoders = open_speaker_encoders(bench.weight(GE2E), bench.weight(DVECTOR))
        speaker, person = open_base_tts(bench.weight(BASE_VOICE)), encoders.print_of(sound, RATE)
        choice = ModelSelection(pairs, person, speaker, Judges(encoders, bench.weight(QUALITY)))
        voice, standard = choice.best(manners_around(self.ridge), lambda done: bench.pulse(0.6 + 0.4 * done))
        path = bench.new("voice.npz")
        write_adaptation(path, voice, standard)
        return {"voice.npz": path}

    def _pairs(self, sound: Floats, transcript: str, bench: Workbench) -> Pairs:
        """Return the *sound* beside the base voice, both saying the *transcript*."""
        theirs = analyse_speech(sound, align_phonemes(sound, RATE, transcript))
        bench.pulse(0.4)
        speaker = open_base_tts(bench.weight(BASE_VOICE))
        ours = analyse_base_voice([speaker.say(line.text) for line in split_script(transcript)], theirs.band)
        return align_pairs(ours, theirs, manners_around(self.ridge)[0], lambda done: bench.pulse(0.4 + 0.2 * done))


def manners_around(ridge: float) -> list[AdaptationSettings]:
    """Return the manners that are tried around *ridge*, the first one first."""
    return [replace(manner, ridge=ridge * manner.ridge) for manner in _CANDIDATE_SETTINGS]
