"""A plan tells everything that a production lacks, and leaves no trace in the ledger."""

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from avatar.app.context import AppContext
from avatar.app.plan import plan_production
from avatar.app.production_words import ProductionWords, production_of
from avatar.app.settings import Settings
from avatar.consent import Use
from avatar.errors import AvatarError, CombinedInputError
from avatar.testing.world import TOY_BLUEPRINT, TOY_TERMS, World
from tests.cli.command_tree import parse
from tests.consent.reading import entries

SOME = (Use.CLONE_VOICE, Use.PUBLISH)


@pytest.fixture
def context(world: World, monkeypatch: pytest.MonkeyPatch) -> AppContext:
    monkeypatch.setattr("avatar.production.blueprint.load.load.__defaults__", (world.build,))
    context = AppContext(Settings(home=world.folder, keys=world.folder))
    context.__dict__.update(ledger=world.ledger, people=world.people, studio=world.studio, vault=world.vault)
    return context


@pytest.fixture
def words(tmp_path: Path) -> ProductionWords:
    blueprint, script = tmp_path / "toy.yaml", tmp_path / "script.txt"
    blueprint.write_text(yaml.safe_dump(dict(TOY_BLUEPRINT)))
    script.write_text("One line.")
    return ProductionWords(
        str(blueprint), ("presenter=ada", "double=bob"), str(script), purpose="research", project="toys"
    )


def commands(context: AppContext, words: ProductionWords) -> list[str]:
    found = plan_production(context, words)
    return [each.command for each in found.missing if each.command]


def test_people_samples_and_agreements_are_told_at_once_as_commands_that_parse(context, words) -> None:
    told = commands(context, words)

    assert [" ".join(parse(command)) for command in told] == ["enroll", "enroll", "grant", "grant"]
    assert "--voice" in told[0]
    assert told[1] == "avatar enroll bob --portrait FILE"  # the face is all that the blueprint takes of bob
    assert "--companion bob" in told[2]
    assert "--use clone-voice" not in told[3]


def test_a_plan_of_a_production_that_can_be_made_is_empty_and_it_can_be_made(context, words, world) -> None:
    people = [world.enroll(alias) for alias in ("ada", "bob")]
    for person in people:
        world.people.agree(person, replace(TOY_TERMS, companions=tuple(each.id for each in people)))

    assert plan_production(context, words).ready
    assert production_of(context, words).script


def test_exactly_the_missing_uses_are_asked_for(context, words, world) -> None:
    people = [world.enroll(alias) for alias in ("ada", "bob")]
    everyone = tuple(each.id for each in people)
    world.people.agree(people[0], replace(TOY_TERMS, uses=SOME, companions=everyone))
    world.people.agree(people[1], replace(TOY_TERMS, companions=everyone))

    (told,) = commands(context, words)

    assert re.findall(r"--use (\S+)", told) == ["animate-face", "refine-lips", "swap-face"]


def test_a_companion_who_has_brought_nothing_yet_is_asked_about_all_the_same(context, words, world) -> None:
    world.people.agree(world.enroll("ada"), TOY_TERMS)

    told = commands(context, words)

    assert [shlex.split(command)[1:3] for command in told] == [["enroll", "bob"], ["grant", "ada"], ["grant", "bob"]]


def test_what_a_new_grant_would_not_mend_is_told_with_what_does(context, words, world) -> None:
    people = [world.enroll(alias) for alias in ("ada", "bob")]
    for person in people:
        world.people.agree(person, replace(TOY_TERMS, companions=tuple(each.id for each in people)))
    world.people.suspend(people[0])

    assert commands(context, words) == ["avatar consent resume ada"]


def test_nothing_is_recorded(context, words, world) -> None:
    world.enroll("ada")
    before = len(entries(world.objects))

    assert not plan_production(context, replace(words, script="nowhere.txt", purpose="reserch")).ready
    assert not plan_production(context, words).ready

    assert len(entries(world.objects)) == before


def test_a_script_that_is_still_to_be_written_does_not_hide_the_rest(context, words, world) -> None:
    world.enroll("ada")

    found = plan_production(context, replace(words, script="nowhere.txt"))

    assert {"script.unreadable", "person.unknown", "consent.not-granted"} <= {each.code for each in found.missing}


@pytest.mark.parametrize("missing", ["ada", "bob", "grant"])
def test_a_plan_is_ready_exactly_when_a_production_is_not_refused(context, words, world, missing) -> None:
    people = [world.enroll(alias) for alias in ("ada", "bob") if alias != missing]
    for person in people if missing != "grant" else people[:1]:
        world.people.agree(person, replace(TOY_TERMS, companions=tuple(each.id for each in people)))

    assert not plan_production(context, words).ready
    with pytest.raises(AvatarError):
        production_of(context, words)


def test_all_faults_of_a_production_are_told_at_once(context, words) -> None:
    wrong = replace(words, script="nowhere.txt", languages=("english!",), purpose="reserch")

    with pytest.raises(CombinedInputError) as refusal:
        production_of(context, wrong)

    told = [error.code for error in refusal.value.errors]
    assert told == ["grant.unknown-word", "grant.unknown-word", "script.unreadable", "person.unknown", "person.unknown"]
