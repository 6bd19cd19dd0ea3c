"""Enrolling people, finding them, and recording what they agree to."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from avatar.artifacts.artifact import GivenFootage, Portrait, Voiceover, VoiceSample
from avatar.consent import Use
from avatar.consent.entries import Refused
from avatar.consent.keys import new_key
from avatar.consent.record import Grant, Withdrawal
from avatar.errors import ConsentError, InputError
from avatar.people.samples import CheckedSample
from avatar.testing.world import World
from tests.consent.grants import edited, everything, unsigned
from tests.consent.reading import entries, facts


def newest_refusal(world: World) -> str:
    fact = entries(world.objects)[-1].fact
    assert isinstance(fact, Refused)
    return fact.code


@pytest.fixture
def ada(world):
    return world.enroll("ada")


def test_a_person_is_found_by_alias_and_by_id(any_world):
    ada = any_world.enroll("ada")
    any_world.enroll("bob")

    assert any_world.people.find("ada") == any_world.people.find(ada.id) == ada
    assert [person.alias for person in any_world.people.all()] == ["ada", "bob"]


def test_a_new_person_has_a_random_id(world):
    first, second = (world.people.enroll(alias, "self", []) for alias in ("ada", "bob"))

    assert first.id != second.id
    assert "ada" not in first.id


def test_a_likeness_is_the_newest_of_each_kind_of_sample(world, ada):
    before = world.likeness(ada)

    def portrait(room):
        (room / "picture.png").write_bytes(b"a newer picture")
        return CheckedSample(Portrait, {"picture.png": room / "picture.png"})

    world.people.enroll("ada", "synthetic", [portrait])
    now = world.likeness(ada)

    assert now.portrait != before.portrait
    assert (now.voice, now.footage) == (before.voice, before.footage)
    assert isinstance(now.voice, VoiceSample)
    assert isinstance(now.footage, GivenFootage)


def spoken(kind, words, sound=b"what they recorded"):
    """A sample of *kind* with the same sound, or another one."""

    def prepare(room):
        parts = {"sound.wav": sound, "transcript.txt": words, "lines.json": b"[]"}
        for name in kind.parts:
            (room / name).write_bytes(parts[name])
        return CheckedSample(kind, {name: room / name for name in kind.parts})

    return prepare


@pytest.mark.parametrize(
    ("kind", "words", "said"),
    [(Voiceover, b"Good day.", "as their voice"), (VoiceSample, b"Good dye.", "with another transcript")],
)
@pytest.mark.parametrize("together", [True, False])
def test_a_recording_that_would_go_unused_is_refused(together, kind, words, said, any_world):
    people, first, second = any_world.people, spoken(VoiceSample, b"Good day."), spoken(kind, words)
    if not together:
        people.enroll("ada", "synthetic", [first])

    with pytest.raises(InputError, match=f"is here already, {said}") as refusal:
        people.enroll("ada", "synthetic", [first, second] if together else [second])

    assert refusal.value.code == newest_refusal(any_world) == "sample.known"
    assert [person.alias for person in people.all()] == ([] if together else ["ada"])


def test_another_recording_serves_as_a_voiceover(any_world):
    samples = [spoken(VoiceSample, b"Good day."), spoken(Voiceover, b"Good day.", b"another recording")]

    ada = any_world.people.enroll("ada", "synthetic", samples)

    assert any_world.likeness(ada).voice
    assert any_world.likeness(ada).voiceover


def test_bringing_the_same_sample_again_changes_nothing(world, ada):
    before, likeness = facts(world.objects), world.likeness(ada)

    assert world.enroll("ada") == ada
    assert facts(world.objects) == before
    assert world.likeness(ada) == likeness


def test_a_likeness_of_someone_who_brought_nothing_is_empty(world):
    nobody = world.people.enroll("eve", "self", [])

    assert world.likeness(nobody).voice is None


@pytest.mark.parametrize("alias", ["", "Ada", "1ada", "ada lovelace", "a" * 32, "../ada", "ada\n", "*"])
def test_an_alias_that_will_not_do_is_refused_before_anything_is_written(world, alias):
    with pytest.raises(InputError, match="use a lower-case letter") as refusal:
        world.enroll(alias)
    assert refusal.value.code == "person.bad-alias"
    assert not list(world.objects.list("people"))


def test_a_sample_that_will_not_do_leaves_nobody_behind_but_a_refusal(world):
    def bad(room):
        raise InputError("portrait x.png: shows no face; bring another", code="portrait.no-face")

    with pytest.raises(InputError, match="no face"):
        world.people.enroll("ada", "self", [bad])

    assert newest_refusal(world) == "portrait.no-face"
    assert list(world.people.all()) == []
    assert not list(world.objects.list("blobs"))


def test_nobody_comes_with_a_hint(world, ada):
    with pytest.raises(InputError, match="did you mean 'ada'") as refusal:
        world.people.find("adda")
    assert refusal.value.code == "person.unknown"


def test_of_two_who_take_an_alias_at_once_one_gets_it(world):
    world.ledger.read()
    worlds = [World(world.folder) for _ in range(2)]
    together = Barrier(2)

    def enroll(own: World) -> str:
        together.wait()
        try:
            return own.people.enroll("ada", "self", []).id
        except InputError as refusal:
            return refusal.code

    with ThreadPoolExecutor(2) as pool:
        ids = list(pool.map(enroll, worlds))

    assert ids.count(world.people.find("ada").id) + ids.count("person.alias-taken") == 2


def test_two_processes_that_enrol_one_person_do_not_break_the_ledger(world):
    """The demo's performers have fixed ids: two demos at once must not enter them twice."""
    world.ledger.read()
    worlds = [World(world.folder) for _ in range(4)]
    together = Barrier(4)

    def enroll(own: World) -> str:
        together.wait()
        return own.enroll("ada").id

    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(enroll, worlds))

    assert ids == {World(world.folder).people.find("ada").id}
    assert facts(world.objects).count("enrolled") == 1


@pytest.mark.parametrize("step", ["aliases/", "people/", "ledger/"])
def test_an_enrolment_that_broke_off_can_be_done_again(world, monkeypatch, step):
    world.ledger.read()
    create = world.objects.create

    def broken(key, source):
        if key.startswith(step):
            raise KeyboardInterrupt
        return create(key, source)

    monkeypatch.setattr(world.objects, "create", broken)
    with pytest.raises(KeyboardInterrupt):
        world.enroll("ada")
    monkeypatch.undo()

    again = World(world.folder)
    assert again.enroll("ada") == again.people.find("ada")
    assert again.likeness(again.people.find("ada")).voice


def test_the_same_person_on_another_machine_is_someone_else(world, tmp_path):
    """Two machines enrol one alias at the same moment: the keys differ, so one of them has to choose another alias."""
    elsewhere = replace(world.people, keys=tmp_path / "elsewhere")
    id = world.people.enroll("ada", "self", []).id

    with pytest.raises(InputError) as refusal:
        elsewhere._new("ada", "self", "p-ffffffffffffffff")
    assert refusal.value.code == "person.alias-taken"
    assert world.people.find("ada").id == id


def test_an_id_that_someone_has_is_not_given_again(world):
    ada = world.enroll("ada")

    with pytest.raises(InputError) as refusal:
        world.people.enroll("zoe", "self", [], id=ada.id)
    assert refusal.value.code == "person.id-taken"


def test_a_key_belongs_to_its_person_only(world, ada):
    path = world.folder / "people" / f"{ada.id}.key"

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert world.people.key(ada).public == world.ledger.read().people[ada.id].key


# -- grants


def signed(world: World, person, **changes) -> Grant:
    """A grant that *person* signed, with *changes* made before signing."""
    grant = unsigned(person.id, everything(world, person.id), world.now, **{"uses": (Use.CLONE_VOICE,), **changes})
    return grant.model_copy(update={"signature": world.people.key(person).sign(grant.signed_bytes)})


def refused(world: World, grant: Grant) -> str:
    with pytest.raises(ConsentError) as refusal:
        world.people.record(grant)
    assert newest_refusal(world) == refusal.value.code
    assert not world.ledger.read().people[grant.person].standing
    return refusal.value.code


def test_a_grant_that_a_person_signed_elsewhere_is_recorded(world, ada, tmp_path):
    file = tmp_path / "grant.json"
    file.write_text(signed(world, ada).model_dump_json())

    world.people.record(world.people.read_grant(file))

    assert world.ledger.read().people[ada.id].standing[0].uses == {Use.CLONE_VOICE}


@pytest.mark.parametrize(
    "change",
    [
        {"uses": (Use.CLONE_VOICE, Use.PUBLISH)},
        {"assets": ("f" * 64,)},
        {"record_id": "2" * 32},
        {"not_after": "later"},
        {"signature": "0" * 128},
    ],
)
def test_a_grant_that_was_edited_after_signing_is_refused(world, ada, change):
    if change == {"not_after": "later"}:
        change = {"not_after": world.now + timedelta(days=300)}

    assert refused(world, edited(signed(world, ada), **change)) == "consent.bad-signature"


def test_a_grant_signed_by_someone_else_is_refused(world, ada):
    bob = world.enroll("bob")
    grant = signed(world, ada)

    forged = grant.model_copy(update={"signature": world.people.key(bob).sign(grant.signed_bytes)})
    assert refused(world, forged) == "consent.bad-signature"
    forged = grant.model_copy(update={"signature": new_key().sign(grant.signed_bytes)})
    assert refused(world, forged) == "consent.bad-signature"


def test_a_grant_that_is_over_is_refused(world, ada):
    grant = signed(world, ada)
    world.wait(days=1)

    assert refused(world, grant) == "consent.expired"


def test_a_grant_for_another_organisation_is_refused(world, ada):
    assert refused(world, signed(world, ada, grantee="another studio")) == "consent.other-grantee"


def test_a_grant_that_was_withdrawn_cannot_be_recorded_again(world, ada):
    """Whoever keeps the file of an old grant cannot undo a withdrawal with it."""
    grant = signed(world, ada)
    world.people.record(grant)
    world.people.withdraw(ada)

    assert refused(world, grant) == "consent.replayed"


def test_a_grant_in_another_time_zone_means_the_same_moment(world, ada, tmp_path):
    text = signed(world, ada).model_dump_json()
    grant = world.people.read_grant(_written(tmp_path, text))

    assert grant.model_dump_json() == text


def _written(tmp_path, text: str | bytes):
    path = tmp_path / "grant.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("field", ["signature", "record_id", "scope", "not_after", "evidence"])
def test_a_grant_file_that_lacks_a_field_names_it(world, ada, tmp_path, field):
    said = json.loads(signed(world, ada).model_dump_json())
    del said[field]

    with pytest.raises(InputError, match=f"field '{field}'") as refusal:
        world.people.read_grant(_written(tmp_path, json.dumps(said)))
    assert refusal.value.code == "grant.bad-value"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", b"\xff", '{"uses": ["*"]}'])
def test_a_grant_file_that_is_no_grant_is_refused(world, tmp_path, text):
    with pytest.raises(InputError) as refusal:
        world.people.read_grant(_written(tmp_path, text))
    assert refusal.value.code == "grant.bad-value"


def test_a_grant_file_that_is_not_there_is_refused(world, tmp_path):
    with pytest.raises(InputError, match="cannot be read") as refusal:
        world.people.read_grant(tmp_path / "none.json")
    assert refusal.value.code == "grant.unreadable"


@pytest.mark.parametrize("days", [0, -1, 4000, 10**7, 10**12])
def test_a_period_that_will_not_do_is_refused(world, ada, days):
    with pytest.raises(InputError) as refusal:
        world.agree(ada, Use.PUBLISH, days=days)
    assert refusal.value.code == "grant.bad-value"


def test_a_grant_of_no_use_is_refused(world, ada):
    with pytest.raises(InputError, match="field 'uses'"):
        world.people.agree(ada, replace(world.terms(), uses=()))


def test_a_person_who_brought_nothing_has_nothing_to_grant(world):
    nobody = world.people.enroll("eve", "self", [])

    with pytest.raises(InputError, match="field 'assets'"):
        world.agree(nobody)


# -- withdrawals


def test_a_withdrawal_is_signed_when_the_person_has_their_key(world, ada):
    world.agree(ada)
    world.people.withdraw(ada, [Use.PUBLISH])

    fact = entries(world.objects)[-1].fact
    assert fact.withdrawal.signature
    assert world.ledger.read().people[ada.id].standing[0].uses == set(Use) - {Use.PUBLISH}


def test_a_withdrawal_that_came_on_another_way_is_recorded_too(world, ada):
    world.agree(ada)
    (world.folder / "people" / f"{ada.id}.key").unlink()
    world.people.withdraw(ada)

    assert entries(world.objects)[-1].fact.withdrawal.signature is None
    assert world.ledger.read().people[ada.id].standing == []


def test_a_withdrawal_with_a_wrong_signature_never_gets_in(world, ada):
    from avatar.consent.entries import Withdrawn

    bad = Withdrawal(person=ada.id, signature=new_key().sign(b"anything"))
    with pytest.raises(ConsentError) as refusal:
        world.ledger.append(Withdrawn(withdrawal=bad))
    assert refusal.value.code == "consent.bad-signature"


def test_withdrawing_twice_is_harmless(world, ada):
    world.agree(ada)

    assert world.people.withdraw(ada) < world.people.withdraw(ada)


def test_the_organisation_enters_the_grant(world, ada):
    people = replace(world.people, organisation="Example Ltd")

    assert people.agree(ada, world.terms()).grantee == "Example Ltd"
