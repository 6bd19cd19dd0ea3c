"""Clones a voice from the sample itself with a public model of coqui-tts: an XTTS, or a VITS with a speaker encoder."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from avatar.brought import brought
from avatar.consent import Cleared
from avatar.errors import InputError
from avatar.stages.request import Parts, Workbench
from avatar.stages.voice import CloneVoice
from avatar.voices.align import aligned
from avatar.voices.audition import JUDGES, Audition
from avatar.voices.coqui import open_coqui
from avatar.voices.ctc import aligned_by_letters
from avatar.voices.markup import Marked, parse
from avatar.voices.model import KeptSample, read_sample, read_standard
from avatar.voices.plain_speech import in_words
from avatar.voices.speaker import BASE, open_speaker
from avatar.voices.speech import write_speech
from avatar.voices.take import Take
from avatar.voices.timings import Timings
from avatar.weights import Weights

_TAKES = 3  # with other random numbers each time


@dataclass(frozen=True)
class Coqui:
    """A coqui model brought by you: the folder *model* of the weights folder, pinned by its digest.

    *vocoder* is one more such folder, for models that make spectrograms only. *aligner* is one with a wav2vec 2.0
    letter model, to be used instead of the small aligner that comes along.

    *licence* is the model's, by SPDX id: XTTS-v2 (``CPML``) and YourTTS (``CC-BY-NC-ND-4.0``) forbid commercial use,
    of what they say too; VITS on VCTK (``Apache-2.0``) and your own training (``own``) do not.
    """

    version: ClassVar[int] = 2
    weights: ClassVar[tuple[Weights, ...]] = (BASE, *JUDGES)

    model: str = "coqui/xtts-v2"
    model_sha256: str = ""
    licence: str = "CPML"
    language: str = "en"
    vocoder: str = ""
    vocoder_sha256: str = ""
    aligner: str = ""
    aligner_sha256: str = ""

    def run(self, job: Cleared[CloneVoice], bench: Workbench) -> Parts:
        line = job.request.line
        reference = _written(read_sample(bench.open(job.request.voice)), bench.new("reference.wav"))
        model = brought(self.model, self.model_sha256, option="model")
        vocoder = brought(self.vocoder, self.vocoder_sha256, option="vocoder") if self.vocoder else None
        words = in_words(_plainly_marked(parse(line)))
        bench.pulse(0.1)
        speaker, network = open_speaker(bench.weight(BASE)), open_coqui(model, vocoder)

        def take(seed: int) -> Take:
            bench.pulse(0.2)
            sound, rate = network.say(words, reference, self.language, seed)
            return Take(sound, rate, self._timings(sound, rate, line))

        standard = read_standard(bench.open(job.request.voice))
        audition = Audition.of(line, standard, speaker, bench.weight)
        spoken = audition.first_good((partial(take, bench.seed + number) for number in range(_TAKES)), bench.seed)
        bench.pulse(0.9)
        return write_speech(spoken, bench.new)

    def _timings(self, sound: NDArray[np.float32], rate: int, line: str) -> Timings:
        if self.aligner:
            letters = brought(self.aligner, self.aligner_sha256, option="aligner")
            return aligned_by_letters(sound, rate, line, letters)
        return aligned(sound, rate, line)


def _plainly_marked(line: Marked) -> Marked:
    """Return *line*, unless it asks for more than words."""
    if line.breaks or any(manner.rate != 1.0 or manner.emphasis for manner in line.manners.values()):
        raise InputError(
            "breaks, emphasis and rates are not spoken by this engine; write the line without them, or use {engine: "
            "adapted}",
            code="ssml.not-supported",
        )
    return line


def _written(sample: KeptSample, path: Path) -> Path:
    import soundfile

    soundfile.write(path, sample.sound, sample.rate, subtype="PCM_16")
    return path
