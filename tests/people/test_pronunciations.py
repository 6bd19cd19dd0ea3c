"""How words are pronounced: by blueprint, by project, and by whoever says them."""

from pathlib import Path

import pytest

from avatar.errors import InputError
from avatar.people import erasure
from avatar.people.key_rotation import rotate
from avatar.people.pronunciations import Pronunciations
from avatar.production.blueprint.load import load_glossary
from avatar.testing.world import World
from avatar.voices.text.glossary import dump_glossary, parse_user_glossary

ONE, OTHER = (parse_user_glossary({"Siobhan": {"say": say}}) for say in ("shivawn", "shevaun"))


@pytest.fixture
def kept(world: World) -> Pronunciations:
    return Pronunciations(world.objects, world.vault, world.ledger)


def test_the_newest_glossary_of_a_person_holds(world: World, kept: Pronunciations) -> None:
    ada, bob = world.enroll("ada"), world.enroll("bob")

    kept.set(ada.id, ONE)
    kept.set(ada.id, OTHER)

    assert kept.of(ada.id) == OTHER
    assert kept.of(bob.id) == {}


def test_a_glossary_is_sealed_survives_new_keys_and_goes_with_its_person(
    world: World, kept: Pronunciations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avatar.people.key_rotation._SETTLE_TIME_S", 0.0)
    ada = world.enroll("ada")
    kept.set(ada.id, ONE)
    assert not any(b"shivawn" in (world.objects.read(key) or b"") for key in world.objects.list("people"))

    rotate(world.people, "ada")
    assert kept.of(ada.id) == ONE

    erasure.erase(world.people, "ada")
    assert kept.of(ada.id) == {}


def test_a_glossary_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "words.yaml").write_text("Siobhan: {ipa: ʃɪˈvɔːn}\nnginx:\n  say: engine ex\n")

    assert dump_glossary(load_glossary(tmp_path / "words.yaml")) == {
        "Siobhan": {"ipa": "ʃɪˈvɔːn"},
        "nginx": {"say": "engine ex"},
    }


@pytest.mark.parametrize(
    ("text", "told", "code"),
    [
        ("Siobhan: {ipb: x}", "line 1: unknown key 'Siobhan.ipb'; did you mean 'ipa'?", "glossary.unknown-key"),
        ("a: {say: b}\nSiobhan: {ipa: qqq}", "line 2", "glossary.bad-value"),
        ("two words: {say: b}", "write one word", "glossary.bad-value"),
        ("- a", "words.yaml, line 1", "glossary.bad-value"),
        ("a: &x {say: b}\nc: *x", "aliases", "glossary.alias"),
        ("a: {say: b", "line 1", "glossary.syntax"),
        ("#" * 70_000, "larger than", "glossary.too-large"),
    ],
)
def test_a_glossary_file_that_will_not_do_is_refused_by_its_line(
    tmp_path: Path, text: str, told: str, code: str
) -> None:
    (tmp_path / "words.yaml").write_text(text)

    with pytest.raises(InputError) as refusal:
        load_glossary(tmp_path / "words.yaml")

    assert told in str(refusal.value)
    assert refusal.value.code == code


def test_a_glossary_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.yaml") as refusal:
        load_glossary(tmp_path / "nowhere.yaml")

    assert refusal.value.code == "glossary.missing"
