"""Clones a voice from the sample itself with Qwen3-TTS, in an environment of its own."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.consent import Cleared
from avatar.models.pinned import resolve_pinned_dir
from avatar.models.reference import ModelRef
from avatar.models.weights import Weights
from avatar.runtime.isolated.environment import SCRIPTS_FOLDER
from avatar.stages.request import Parts, Workbench
from avatar.stages.voice import CloneVoice
from avatar.voices.backends.cloning import CloningTask, resolve_aligner
from avatar.voices.backends.isolated import open_worker, refuse_pickles, speak_isolated
from avatar.voices.base.base_tts import BASE_VOICE
from avatar.voices.judging.take_gate import JUDGES
from avatar.voices.recognition.asr_backend import asr_backend_for

_SCRIPT = SCRIPTS_FOLDER / "speak_qwen3.py"


@dataclass(frozen=True)
class Qwen3Tts:
    """Qwen3-TTS: ten languages in the voice of the sample, whose transcript helps; wants a GPU.

    *model* is a folder of the weights folder: one of the ``Base`` models as published (``config.json``,
    ``model.safetensors``, ``speech_tokenizer/`` ...), pinned by its digest. *device*
    is ``cpu``, ``cuda``, or ``auto`` for a GPU where there is one; a line may take *seconds*. *aligner* is a folder
    with a wav2vec 2.0 letter model that times the speech, *recogniser* one with a Whisper that hears its words: what
    comes along does both for English.
    """

    version: ClassVar[int] = 2
    weights: ClassVar[tuple[Weights, ...]] = (BASE_VOICE, *JUDGES)

    model: ModelRef = ModelRef("qwen3-tts/12hz-1.7b-base", licence="Apache-2.0")
    language: str = "en"
    device: str = "auto"
    seconds: int = 600
    aligner: ModelRef | None = None
    recogniser: ModelRef | None = None

    def run(self, cleared: Cleared[CloneVoice], bench: Workbench) -> Parts:
        cloning = CloningTask.of(cleared.request.line, bench.open(cleared.request.voice), bench)
        model = resolve_pinned_dir(self.model, option="model")
        refuse_pickles(model)
        timing = resolve_aligner(self.aligner, self.language)
        ears = asr_backend_for(self.language, self.recogniser)
        worker = open_worker(_SCRIPT, model, self.model.sha256, self.device)
        return cloning.spoken(speak_isolated(worker, self.language, bench, self.seconds), timing, ears)
