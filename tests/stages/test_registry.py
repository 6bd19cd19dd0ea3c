"""Engines by name: a hint for every typing error, and no other way in."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from avatar.artifacts.artifact import VoiceModel
from avatar.errors import UnknownEngineError
from avatar.models.weights import Weights
from avatar.runtime.spelling import did_you_mean
from avatar.stages.registry import EngineSpec, assemble, build, describe_work, installed, request_of
from avatar.stages.voice import CloneVoice
from avatar.testing.toys import TOYS, ToyVoice


@pytest.mark.parametrize(
    ("choice", "code", "message"),
    [
        (EngineSpec("beap"), "engine.unknown", "no engine 'beap'; did you mean 'beep'?; installed: "),
        (EngineSpec("avatar.testing.toys:Beep"), "engine.unknown", "no engine 'avatar.testing.toys:Beep'"),
        (EngineSpec(""), "engine.unknown", "no engine ''"),
        (EngineSpec("beep", {"pich": 3}), "engine.unknown-option", "has no option 'pich'; did you mean 'pitch'?"),
        (EngineSpec("hush", {"loud": 3}), "engine.unknown-option", "it has: none"),
        (EngineSpec("beep", {"pitch": "high"}), "engine.bad-option", "option 'pitch': 'high' will not do"),
        (EngineSpec("beep", {"version": 2}), "engine.unknown-option", "has no option 'version'"),
        (EngineSpec("beep", {"run": 2}), "engine.unknown-option", "has no option 'run'"),
    ],
)
def test_what_does_not_exist_comes_with_a_hint(choice, code, message):
    with pytest.raises(UnknownEngineError) as refusal:
        assemble(choice, TOYS)

    assert refusal.value.code == code
    assert message in str(refusal.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "nan", "-inf"])
def test_a_number_that_is_none_is_refused(value):
    @dataclass(frozen=True)
    class Soft(ToyVoice):
        volume: float = 0.5

    with pytest.raises(UnknownEngineError, match="give a finite number") as refusal:
        assemble(EngineSpec("soft", {"volume": value}), {"soft": lambda: Soft})
    assert refusal.value.code == "engine.bad-option"


def test_toys_are_not_installed():
    with pytest.raises(UnknownEngineError):
        build(EngineSpec("beep"))
    assert not set(TOYS) & set(installed())


def test_options_are_typed():
    assert assemble(EngineSpec("beep", {"pitch": "440"}), TOYS) == ToyVoice(440)


def test_an_engine_tells_what_it_does():
    assert request_of(ToyVoice()) is CloneVoice


@dataclass(frozen=True)
class Heavy(ToyVoice):
    version: ClassVar[int] = 3
    weights: ClassVar[tuple[Weights, ...]] = (Weights("w", "folder:w", "0" * 64, "MIT"),)


def test_a_recipe_holds_everything_that_decides_the_outcome():
    request = CloneVoice(VoiceModel("a" * 64), "hello")
    base = describe_work(request, EngineSpec("beep"), ToyVoice())
    others = [
        describe_work(CloneVoice(VoiceModel("b" * 64), "hello"), EngineSpec("beep"), ToyVoice()),
        describe_work(CloneVoice(VoiceModel("a" * 64), "hallo"), EngineSpec("beep"), ToyVoice()),
        describe_work(request, EngineSpec("boop"), ToyVoice()),
        describe_work(request, EngineSpec("beep"), ToyVoice(221)),
        describe_work(request, EngineSpec("beep"), Heavy()),
    ]

    assert describe_work(request, EngineSpec("beep", {"pitch": 220}), ToyVoice()).recipe == base.recipe
    assert len({base.recipe, *(other.recipe for other in others)}) == 6


def test_a_hint_is_given_only_when_it_is_close():
    assert did_you_mean("beap", ["beep", "hush"]) == "; did you mean 'beep'?"
    assert did_you_mean("zzz", ["beep", "hush"]) == ""
