"""A: consent that was forged, stretched, replayed or taken from someone else."""

import pytest

from avatar.artifacts.vault import Label
from avatar.canonical import canonical
from avatar.consent import Use
from avatar.consent.entries import Brought, Enrolled, Entry, Granted, Withdrawn, signed_bytes_of
from avatar.consent.keys import new_key
from avatar.consent.record import Grant, Withdrawal
from avatar.errors import AvatarError, ConsentError, StoreError
from avatar.stages.voice import LearnVoice
from avatar.testing.world import World
from tests.consent.grants import edited, everything, unsigned
from tests.redteam.attacks import overwrite


def forge(scene, fact) -> None:
    """Append *fact* with the ledger's own key, past every check: an insider at the organisation."""
    world = scene.world
    position, state = world.ledger.head()
    index, at = state.index + 1, world.now
    signature = world.ledger._key.sign(signed_bytes_of(index, position.digest, at, world.ledger.operator, fact))
    entry = Entry(
        index=index, previous=position.digest, at=at, by=world.ledger.operator, fact=fact, signature=signature
    )
    assert world.objects.create(f"ledger/entries/{index:012d}", canonical(entry.model_dump(mode="json")))


def grant(scene, person, key, **changes) -> Grant:
    given = unsigned(person.id, everything(scene.world, person.id), scene.world.now, **changes)
    return given.model_copy(update={"signature": key.sign(given.signed_bytes)})


def test_an_insider_cannot_agree_for_someone(scene):
    forge(scene, Granted(grant=grant(scene, scene.victim, new_key())))

    assert scene.restart().is_shut() == "ledger.forged"


def test_an_insider_cannot_widen_a_grant(scene):
    key = scene.world.people.key(scene.victim)
    narrow = grant(scene, scene.victim, key, uses=(Use.PUBLISH,))
    forge(scene, Granted(grant=edited(narrow, uses=tuple(sorted(Use)))))

    assert scene.restart().is_shut() == "ledger.forged"


def test_an_insider_cannot_record_a_withdrawn_grant_again(scene):
    given = scene.world.agree(scene.victim)
    scene.world.people.withdraw(scene.victim)
    forge(scene, Granted(grant=given))

    assert scene.restart().is_shut() == "ledger.forged"


def test_an_insider_cannot_give_someone_another_key(scene):
    card = scene.world.ledger.read().people[scene.victim.id].card
    forge(scene, Enrolled(person=scene.victim.id, key=new_key().public, card=card, capacity="synthetic"))

    assert scene.restart().is_shut() == "ledger.forged"


def test_an_insider_cannot_forge_the_signature_of_a_withdrawal(scene):
    forge(scene, Withdrawn(withdrawal=Withdrawal(person=scene.victim.id, signature="0" * 128)))

    assert scene.restart().is_shut() == "ledger.forged"


def test_a_sample_of_the_victim_that_someone_else_brings_is_still_the_victims(scene):
    """Mallory enrols the victim's recording as her own: another artifact; the victim's own stays refused."""
    world = scene.world
    theirs = world.likeness(scene.victim).voice
    manifest = world.store.manifest(theirs.digest)
    forge(scene, Brought(person=scene.accomplice.id, asset=manifest.parts["sound.wav"], manifest=theirs.digest))
    world.agree(scene.accomplice)

    assert scene.refuses(LearnVoice(theirs), "ear") == "consent.not-granted"


def test_a_grant_of_one_person_signed_by_another_never_gets_in(scene):
    forged = grant(scene, scene.victim, scene.world.people.key(scene.accomplice))

    with pytest.raises(ConsentError) as refusal:
        scene.world.people.record(forged)
    assert refusal.value.code == "consent.bad-signature"


def test_an_old_ledger_cannot_be_put_back_under_a_running_process(scene):
    world = scene.world
    world.agree(scene.victim)
    scene.speech(scene.victim)
    backup = {key: world.objects.read(key) for key in world.objects.list("ledger")}
    world.people.withdraw(scene.victim)
    for key in list(world.objects.list("ledger")):
        world.objects.delete(key)
    for key, data in backup.items():
        overwrite(world.objects, key, data)

    with pytest.raises(AvatarError) as refusal:
        scene.speech(scene.victim)
    assert refusal.value.code == "ledger.rolled-back"


def test_a_withdrawal_cannot_be_cut_out_of_the_middle(scene):
    world = scene.world
    world.agree(scene.victim)
    index = world.people.withdraw(scene.victim)
    world.agree(scene.accomplice)
    world.objects.delete(f"ledger/entries/{index:012d}")

    assert scene.restart().is_shut() == "ledger.broken-chain"


def test_a_withdrawal_cannot_be_replaced_by_something_harmless(scene):
    world = scene.world
    world.agree(scene.victim)
    index = world.people.withdraw(scene.victim)
    harmless = world.objects.read(f"ledger/entries/{index - 1:012d}")
    overwrite(world.objects, f"ledger/entries/{index:012d}", harmless)

    assert scene.restart().is_shut() == "ledger.broken-chain"


@pytest.mark.parametrize("bring_the_card", [False, True])
def test_two_aliases_cannot_be_exchanged(scene, bring_the_card):
    """Otherwise `avatar grant mallory` would have the victim's key sign."""
    world = scene.world
    overwrite(world.objects, world.people.alias_key("mallory"), scene.victim.id.encode())
    if bring_the_card:
        sealed = world.objects.read(f"people/{scene.accomplice.id}/card")
        card = world.vault.open(sealed, Label("card", (scene.accomplice.id,)))
        resealed = world.vault.seal(card, Label("card", (scene.victim.id,)))
        overwrite(world.objects, f"people/{scene.victim.id}/card", resealed)

    with pytest.raises(StoreError, match="leads to someone else") as refusal:
        world.people.find("mallory")
    assert refusal.value.code == "store.altered"


def test_a_ledger_of_another_house_is_not_believed(scene, tmp_path):
    other = World(tmp_path / "other")
    person = other.enroll("victim")
    other.agree(person)
    for key in list(scene.world.objects.list("ledger")):
        scene.world.objects.delete(key)
    for key in other.objects.list("ledger"):
        overwrite(scene.world.objects, key, other.objects.read(key))

    assert scene.restart().is_shut() == "ledger.foreign-key"
