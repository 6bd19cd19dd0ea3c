"""Engines by name: a hint for every typing error, and no other way in."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from avatar.artifacts.artifact import VoiceModel
from avatar.errors import UnknownEngineError
from avatar.registry import Choice, assemble, build, hint, installed, request_of, work_of
from avatar.stages.voice import CloneVoice
from avatar.testing.toys import TOYS, Beep
from avatar.weights import Weights


@pytest.mark.parametrize(
    ("choice", "code", "message"),
    [
        (Choice("beap"), "engine.unknown", "no engine 'beap'; did you mean 'beep'?; installed: "),
        (Choice("avatar.testing.toys:Beep"), "engine.unknown", "no engine 'avatar.testing.toys:Beep'"),
        (Choice(""), "engine.unknown", "no engine ''"),
        (Choice("beep", {"pich": 3}), "engine.unknown-option", "has no option 'pich'; did you mean 'pitch'?"),
        (Choice("hush", {"loud": 3}), "engine.unknown-option", "it has: none"),
        (Choice("beep", {"pitch": "high"}), "engine.bad-option", "option 'pitch': 'high' will not do"),
        (Choice("beep", {"version": 2}), "engine.unknown-option", "has no option 'version'"),
        (Choice("beep", {"run": 2}), "engine.unknown-option", "has no option 'run'"),
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
    class Soft(Beep):
        volume: float = 0.5

    with pytest.raises(UnknownEngineError, match="give a finite number") as refusal:
        assemble(Choice("soft", {"volume": value}), {"soft": lambda: Soft})
    assert refusal.value.code == "engine.bad-option"


def test_toys_are_not_installed():
    with pytest.raises(UnknownEngineError):
        build(Choice("beep"))
    assert not set(TOYS) & set(installed())


def test_options_are_typed():
    assert assemble(Choice("beep", {"pitch": "440"}), TOYS) == Beep(440)


def test_an_engine_tells_what_it_does():
    assert request_of(Beep()) is CloneVoice


@dataclass(frozen=True)
class Heavy(Beep):
    version: ClassVar[int] = 3
    weights: ClassVar[tuple[Weights, ...]] = (Weights("w", "folder:w", "0" * 64, "MIT"),)


def test_a_recipe_holds_everything_that_decides_the_outcome():
    request = CloneVoice(VoiceModel("a" * 64), "hello")
    base = work_of(request, Choice("beep"), Beep())
    others = [
        work_of(CloneVoice(VoiceModel("b" * 64), "hello"), Choice("beep"), Beep()),
        work_of(CloneVoice(VoiceModel("a" * 64), "hallo"), Choice("beep"), Beep()),
        work_of(request, Choice("boop"), Beep()),
        work_of(request, Choice("beep"), Beep(221)),
        work_of(request, Choice("beep"), Heavy()),
    ]

    assert work_of(request, Choice("beep", {"pitch": 220}), Beep()).recipe == base.recipe
    assert len({base.recipe, *(other.recipe for other in others)}) == 6


def test_a_hint_is_given_only_when_it_is_close():
    assert hint("beap", ["beep", "hush"]) == "; did you mean 'beep'?"
    assert hint("zzz", ["beep", "hush"]) == ""
