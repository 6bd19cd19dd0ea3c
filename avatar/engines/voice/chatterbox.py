"""Clones a voice from the sample itself with Resemble AI's Chatterbox, in an environment of its own."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.consent import Cleared
from avatar.errors import InputError
from avatar.models.pinned import resolve_pinned_dir
from avatar.models.reference import ModelRef
from avatar.models.weights import Weights
from avatar.runtime.isolated.environment import SCRIPTS_FOLDER
from avatar.stages.request import Parts, Workbench
from avatar.stages.voice import CloneVoice
from avatar.voices.backends.cloning import CloningTask, resolve_aligner
from avatar.voices.backends.isolated import open_worker, speak_isolated
from avatar.voices.base.base_tts import BASE_VOICE
from avatar.voices.judging.take_gate import JUDGES

_SCRIPT = SCRIPTS_FOLDER / "speak_chatterbox.py"
_FILES = ("ve.safetensors", "t3_cfg.safetensors", "s3gen.safetensors", "tokenizer.json")


@dataclass(frozen=True)
class Chatterbox:
    """Chatterbox: English in the voice of the sample, by a network of half a billion numbers; wants a GPU.

    *model* is a folder of the weights folder (``ve.safetensors``, ``t3_cfg.safetensors``, ``s3gen.safetensors``,
    ``tokenizer.json``), pinned by the digest of these files. *device* is ``cpu``, ``cuda``, or ``auto`` for a GPU where
    there is one; a line may take *seconds*. *aligner* is a folder with a wav2vec 2.0 letter model that times the
    speech, instead of the small one that comes along.
    """

    version: ClassVar[int] = 2
    weights: ClassVar[tuple[Weights, ...]] = (BASE_VOICE, *JUDGES)

    model: ModelRef = ModelRef("chatterbox", licence="MIT")
    language: str = "en"
    device: str = "auto"
    seconds: int = 600
    aligner: ModelRef | None = None

    def __post_init__(self) -> None:
        if self.language != "en":
            raise InputError(
                f"language: {self.language!r} is not spoken by Chatterbox; its language: en",
                code="language.not-spoken",
            )

    def run(self, cleared: Cleared[CloneVoice], bench: Workbench) -> Parts:
        cloning = CloningTask.of(cleared.request.line, bench.open(cleared.request.voice), bench)
        model = resolve_pinned_dir(self.model, option="model", files=_FILES)
        timing = resolve_aligner(self.aligner)
        worker = open_worker(_SCRIPT, model, self.model.sha256, self.device)
        return cloning.spoken(speak_isolated(worker, self.language, bench, self.seconds), timing)
