"""Lines of other languages: spoken by a model that knows them, timed and heard by models that its user brings."""

from pathlib import Path
from typing import Any

import pytest

from avatar.engines.voice.vits import Vits
from avatar.errors import EngineError, InputError
from avatar.models.reference import ModelRef
from avatar.stages.registry import languages_of
from tests.engines.benches import FilesBench
from tests.engines.test_voice_coqui import pinned, room, speak, weights
from tests.voices.models import tiny_letters, tiny_vits
from tests.voices.whisper_model import tiny_whisper

__all__ = ["room", "weights"]  # fixtures

LINE = "Früh, um zwei."


def german(weights: Path, **options: ModelRef) -> Vits:
    model = pinned(tiny_vits(weights / "tiny", encoder=False))
    return Vits(model=ModelRef("tiny", model), language="de", **options)


def aligner(weights: Path) -> dict[str, ModelRef]:
    return {"aligner": ModelRef("letters", pinned(tiny_letters(weights / "letters")))}


@pytest.mark.slow
def test_a_line_of_another_language_is_timed_heard_and_judged_by_what_is_brought(
    weights: Path, room: FilesBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Any] = []
    from avatar.voices.recognition import asr_backend

    real = asr_backend.transcribe_with_whisper
    monkeypatch.setattr(asr_backend, "transcribe_with_whisper", lambda *given: heard.append(given[3]) or real(*given))
    whisper = {"recogniser": ModelRef("whisper", pinned(tiny_whisper(weights / "whisper")))}
    engine = german(weights, **aligner(weights), **whisper)

    with pytest.raises(EngineError) as refusal:
        speak(engine, room, LINE)

    assert refusal.value.code.startswith("take.")
    assert set(heard) == {"de"}
    assert languages_of(engine) == ("de",)


@pytest.mark.slow
def test_without_models_of_that_language_a_line_is_refused_with_what_to_bring(weights: Path, room: FilesBench) -> None:
    with pytest.raises(InputError, match=r"aligner: \{path: ") as untimed:
        speak(german(weights), room, LINE)
    with pytest.raises(InputError, match=r"recogniser: \{path: ") as unheard:
        speak(Vits(model=ModelRef("tiny", pinned(weights / "tiny")), language="de", **aligner(weights)), room, LINE)

    assert untimed.value.code == "aligner.missing"
    assert unheard.value.code == "recogniser.missing"
