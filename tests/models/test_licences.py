"""What a licence forbids is refused, also for what was made before for a purpose that it allows."""

from dataclasses import dataclass, replace
from typing import ClassVar

import pytest

from avatar.consent.entries import Refused
from avatar.consent.vocabulary import Purpose
from avatar.errors import WeightsError
from avatar.models.reference import ModelRef
from avatar.models.weights import Weights
from avatar.stages.registry import EngineSpec
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.testing.toys import ToyVoiceLearning
from avatar.testing.world import TOY_BRIEF, World
from tests.consent.reading import entries

FREE_TO_LOOK_AT = Weights("ear.bin", "folder:ear.bin", "0" * 64, "CC-BY-NC-4.0", commercial=False)
BOTH = (Purpose.RESEARCH, Purpose.MARKETING)
SOLD = replace(TOY_BRIEF, purpose=Purpose.MARKETING)


@dataclass(frozen=True)
class BorrowedEar(ToyVoiceLearning):
    """Hears with weights that must not be sold."""

    weights: ClassVar[tuple[Weights, ...]] = (FREE_TO_LOOK_AT,)


@dataclass(frozen=True)
class BroughtEar(ToyVoiceLearning):
    """Hears with a model that its user brought."""

    model: ModelRef = ModelRef("ears/mine")
    recogniser: ModelRef | None = None


@pytest.fixture
def ada(world):
    world.engines |= {"borrowed": lambda: BorrowedEar, "brought": lambda: BroughtEar}
    person = world.enroll("ada")
    world.agree(person, purposes=BOTH)
    return person


def learn(world: World, ada, engine: EngineSpec, brief):
    return world.studio.perform(LearnVoice(world.likeness(ada).voice), engine, brief)


def test_a_licence_against_selling_is_named_when_something_is_sold(world, ada):
    assert learn(world, ada, EngineSpec("borrowed"), TOY_BRIEF)

    with pytest.raises(WeightsError, match=r"CC-BY-NC-4\.0") as refusal:
        learn(world, ada, EngineSpec("borrowed"), SOLD)
    assert refusal.value.code == "weights.licence"
    assert entries(world.objects)[-1].fact == Refused(code="weights.licence", request="LearnVoice")


def test_what_was_made_for_research_is_not_sold_afterwards(world, ada):
    voice = learn(world, ada, EngineSpec("borrowed"), TOY_BRIEF)
    speak = CloneVoice(voice, "hello")

    assert world.studio.perform(speak, EngineSpec("beep"), TOY_BRIEF)
    with pytest.raises(WeightsError, match="'borrowed'"):
        world.studio.perform(speak, EngineSpec("beep"), SOLD)


@pytest.mark.parametrize("licence", ["", "CC-BY-NC-4.0", "whatever"])
def test_a_model_that_was_brought_without_a_known_licence_is_not_sold(world, ada, licence):
    with pytest.raises(WeightsError) as refusal:
        learn(world, ada, EngineSpec("brought", {"model": {"licence": licence}}), SOLD)
    assert refusal.value.code == "weights.licence"


def test_every_model_of_an_engine_must_allow_a_sale(world, ada):
    options = {"model": {"licence": "MIT"}, "recogniser": {"path": "ears/found", "licence": "CC-BY-NC-4.0"}}

    assert learn(world, ada, EngineSpec("brought", options), TOY_BRIEF)
    with pytest.raises(WeightsError, match="'ears/found' are under CC-BY-NC") as refusal:
        learn(world, ada, EngineSpec("brought", options), SOLD)
    assert refusal.value.code == "weights.licence"


def test_a_model_of_ones_own_is_sold(world, ada):
    assert learn(world, ada, EngineSpec("brought", {"model": {"licence": "Apache-2.0"}}), SOLD)
