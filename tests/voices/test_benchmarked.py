"""Which engines the benchmark of voices measures."""

import pytest

from avatar.errors import InputError, WeightsError
from avatar.models.pinned import digest_of_folder, resolve_pinned_dir
from avatar.models.reference import ModelRef
from avatar.stages.registry import EngineSpec
from benchmarks.brought import named, pinned, present


def test_engines_are_measured_whose_model_lies_in_the_weights_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("AVATAR_WEIGHTS", str(tmp_path))
    assert present() == []

    (tmp_path / "openvoice" / "v2" / "converter").mkdir(parents=True)
    assert present() == [EngineSpec("openvoice")]


def test_engines_are_named_with_or_without_options():
    assert named(["xtts", "vits: {converter: {path: freevc}}"]) == [
        EngineSpec("xtts"),
        EngineSpec("vits", {"converter": {"path": "freevc"}}),
    ]


def test_models_are_pinned_by_the_digests_that_refusals_name(tmp_path, monkeypatch):
    monkeypatch.setenv("AVATAR_WEIGHTS", str(tmp_path))
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "config.json").write_text("{}")

    def perform(choice):
        for option in ("model", "vocoder"):
            if option not in choice.options:
                resolve_pinned_dir(ModelRef("tiny"), option=option)
        raise WeightsError("it is damaged", code="weights.unreadable")

    model = {"path": "tiny", "sha256": digest_of_folder(tmp_path / "tiny")}
    assert pinned(EngineSpec("tacotron2"), perform).options == {"model": model, "vocoder": model}


def test_a_line_that_an_engine_cannot_say_is_no_missing_pin():
    def perform(_choice):
        raise InputError("no", code="language.not-spoken")

    with pytest.raises(InputError):
        pinned(EngineSpec("xtts"), perform)
