"""Which engines the benchmark of voices measures."""

import pytest

from avatar.errors import InputError, WeightsError
from avatar.stages.registry import EngineSpec
from benchmarks.brought import named, pinned, present


def test_engines_are_measured_whose_model_lies_in_the_weights_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("AVATAR_WEIGHTS", str(tmp_path))
    assert present() == []

    (tmp_path / "openvoice" / "v2" / "converter").mkdir(parents=True)
    assert present() == [EngineSpec("openvoice")]


def test_engines_are_named_with_or_without_options():
    assert named(["xtts", "vits: {converter: freevc}"]) == [
        EngineSpec("xtts"),
        EngineSpec("vits", {"converter": "freevc"}),
    ]


def test_models_are_pinned_by_the_digests_that_refusals_name():
    def perform(choice):
        for option in ("model", "vocoder"):
            if f"{option}_sha256" not in choice.options:
                raise InputError(
                    f"{option}: it is not pinned; set {option}_sha256: {'ab' * 32}", code="weights.not-pinned"
                )
        raise WeightsError("it is damaged", code="weights.unreadable")

    assert pinned(EngineSpec("tacotron2"), perform).options == {"model_sha256": "ab" * 32, "vocoder_sha256": "ab" * 32}


def test_a_line_that_an_engine_cannot_say_is_no_missing_pin():
    def perform(_choice):
        raise InputError("no", code="language.not-spoken")

    with pytest.raises(InputError):
        pinned(EngineSpec("xtts"), perform)
