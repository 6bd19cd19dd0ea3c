"""What is asked for becomes a production: blanks filled, words pronounced, and every refusal recorded."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest

from avatar.app.context import AppContext
from avatar.app.delivery import prepare
from avatar.app.settings import Settings
from avatar.consent.entries import Refused
from avatar.errors import InputError
from avatar.production.production import Production
from avatar.stages.registry import EngineSpec, build, languages_of
from avatar.testing.toys import ToyVoice
from avatar.testing.world import TOY_BRIEF, World
from avatar.voices.text.glossary import parse_user_glossary
from tests.consent.reading import entries

CAST = {"presenter": "ada", "double": "ada"}


@pytest.fixture
def context(world: World) -> AppContext:
    world.agree(world.enroll("ada"))
    context = AppContext(Settings(home=world.folder, keys=world.folder))
    # The world's own, for their clock.
    context.__dict__.update(ledger=world.ledger, people=world.people, studio=world.studio, vault=world.vault)
    return context


def asked(context: AppContext, world: World, script: str, **words: Any) -> Production:
    return prepare(context, world.blueprint, CAST, script, TOY_BRIEF, **words)


def test_blanks_are_filled(context: AppContext, world: World) -> None:
    production = asked(context, world, "Dear {name}, welcome.", values={"name": "Siobhan"})

    assert [line.text for line in production.script] == ["Dear Siobhan, welcome."]
    assert production.asks.script == ("Dear Siobhan, welcome.",)


@pytest.mark.parametrize(
    ("script", "values", "code"),
    [
        ("Dear {name}.", {}, "script.unknown-variable"),
        ("Dear {name.", {"name": "Ada"}, "script.unbalanced"),
        ("Dear all.", {"name": "Ada"}, "script.unused-variable"),
        ("Dear {name}.", {"name": "<break/>"}, "script.bad-value"),
    ],
)
def test_a_blank_that_cannot_be_filled_is_refused_and_recorded(
    context: AppContext, world: World, script: str, values: dict[str, str], code: str
) -> None:
    with pytest.raises(InputError) as refusal:
        asked(context, world, script, values=values)

    newest = entries(world.objects)[-1].fact
    assert isinstance(newest, Refused)
    assert newest.code == refusal.value.code == code


@pytest.mark.parametrize(("language", "told"), [("de", None), ("en-GB", ""), ("fr", "speaks en, de")])
def test_a_language_that_the_voice_engine_lacks_is_refused_with_those_it_has(
    context: AppContext, world: World, language: str, told: str | None
) -> None:
    @dataclass(frozen=True)
    class Bilingual(ToyVoice):
        languages: ClassVar[tuple[str, ...]] = ("en", "de")

    world.agree(context.people.find("ada"), languages=("de", "en", "fr"))
    world.engines["beep"] = lambda: Bilingual
    brief = replace(TOY_BRIEF, languages=(language,))

    if not told:
        assert prepare(context, world.blueprint, CAST, "Guten Tag.", brief).script
        return
    with pytest.raises(InputError, match=told) as refusal:
        prepare(context, world.blueprint, CAST, "Bonjour.", brief)
    assert refusal.value.code == "language.not-spoken"


def test_engines_declare_the_languages_that_they_speak() -> None:
    assert languages_of(build(EngineSpec("adapted"))) == ("en",)
    assert languages_of(ToyVoice()) == ("en",)


def test_words_are_said_as_the_person_wants_before_the_project_before_the_blueprint(
    context: AppContext, world: World
) -> None:
    def glossary(**words: str) -> Any:
        return parse_user_glossary({word: {"say": said} for word, said in words.items()})

    blueprint = world.blueprint.model_copy(update={"glossary": glossary(a="one", b="one", c="one")})
    context.pronunciations.set(context.people.find("ada").id, glossary(a="three"))

    production = prepare(context, blueprint, CAST, "A b c.", TOY_BRIEF, glossary=glossary(a="two", b="two"))

    said = production.glossary("presenter")
    assert {word: said[word].say for word in said} == {"a": "three", "b": "two", "c": "one"}
