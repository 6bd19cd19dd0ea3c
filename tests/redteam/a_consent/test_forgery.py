"""A: consent that was forged, stretched, replayed or taken from someone else."""

import pytest

from avatar.artifacts.vault import Label
from avatar.canonical import canonical
from avatar.consent import Use
from avatar.consent.entries import Enrolled, Entry, Granted, SampleAdded, Withdrawn, signed_bytes_of
from avatar.consent.keys import new_key
from avatar.consent.record import Grant, Withdrawal
from avatar.stages.voice import LearnVoice
from avatar.testing.world import World
from tests.consent.grants import edited, everything, unsigned
from tests.redteam.attacks import overwrite
from tests.redteam.cases import attack


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


@attack(
    "an insider signs a grant for someone with a key of their own",
    by="person's signature",
    code="ledger.forged",
    entry=False,
)
def test_an_insider_cannot_agree_for_someone(scene):
    forge(scene, Granted(grant=grant(scene, scene.victim, new_key())))

    scene.shut()


@attack("an insider widens a signed grant", by="person's signature", code="ledger.forged", entry=False)
def test_an_insider_cannot_widen_a_grant(scene):
    key = scene.world.people.key(scene.victim)
    narrow = grant(scene, scene.victim, key, uses=(Use.PUBLISH,))
    forge(scene, Granted(grant=edited(narrow, uses=tuple(sorted(Use)))))

    scene.shut()


@attack("an insider records a withdrawn grant again", by="once recorded", code="ledger.forged", entry=False)
def test_an_insider_cannot_record_a_withdrawn_grant_again(scene):
    given = scene.world.agree(scene.victim)
    scene.world.people.withdraw(scene.victim)
    forge(scene, Granted(grant=given))

    scene.shut()


@attack("an insider enrols someone again, with another key", by="key for life", code="ledger.forged", entry=False)
def test_an_insider_cannot_give_someone_another_key(scene):
    card = scene.world.ledger.read().people[scene.victim.id].card
    forge(scene, Enrolled(person=scene.victim.id, key=new_key().public, card=card, capacity="synthetic"))

    scene.shut()


@attack("an insider forges a signed withdrawal", by="signed withdrawal", code="ledger.forged", entry=False)
def test_an_insider_cannot_forge_the_signature_of_a_withdrawal(scene):
    forge(scene, Withdrawn(withdrawal=Withdrawal(person=scene.victim.id, signature="0" * 128)))

    scene.shut()


@attack("a recording is enrolled as somebody else's, who agrees", by="brought by whom", code="consent.not-granted")
def test_a_sample_of_the_victim_that_someone_else_brings_is_still_the_victims(scene):
    """Mallory enrols the victim's recording as her own: another artifact; the victim's own stays refused."""
    world = scene.world
    theirs = world.likeness(scene.victim).voice
    manifest = world.store.manifest(theirs.digest)
    forge(scene, SampleAdded(person=scene.accomplice.id, asset=manifest.parts["sound.wav"], manifest=theirs.digest))
    world.agree(scene.accomplice)

    scene.refused(LearnVoice(theirs), "ear")


@attack("one person signs another's grant", by="signature at the door", code="consent.bad-signature")
def test_a_grant_of_one_person_signed_by_another_never_gets_in(scene):
    forged = grant(scene, scene.victim, scene.world.people.key(scene.accomplice))

    with scene.attacked():
        scene.world.people.record(forged)


@attack("a ledger from before a withdrawal is put back", by="no rollback", code="ledger.rolled-back", entry=False)
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

    with scene.attacked():
        scene.speech(scene.victim)


@attack("a withdrawal is cut out of the ledger", by="no gaps", code="ledger.broken-chain", entry=False)
def test_a_withdrawal_cannot_be_cut_out_of_the_middle(scene):
    world = scene.world
    world.agree(scene.victim)
    index = world.people.withdraw(scene.victim)
    world.agree(scene.accomplice)
    world.objects.delete(f"ledger/entries/{index:012d}")

    scene.shut()


@attack("a withdrawal is replaced by an earlier entry", by="chain", code="ledger.broken-chain", entry=False)
def test_a_withdrawal_cannot_be_replaced_by_something_harmless(scene):
    world = scene.world
    world.agree(scene.victim)
    index = world.people.withdraw(scene.victim)
    harmless = world.objects.read(f"ledger/entries/{index - 1:012d}")
    overwrite(world.objects, f"ledger/entries/{index:012d}", harmless)

    scene.shut()


@attack("two aliases are exchanged, so that one signs for another", by="pseudonyms", code="store.altered", entry=False)
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

    with scene.attacked():
        world.people.find("mallory")


@attack("the ledger of another organisation is put in place", by="own ledger", code="ledger.foreign-key", entry=False)
def test_a_ledger_of_another_house_is_not_believed(scene, tmp_path):
    other = World(tmp_path / "other")
    person = other.enroll("victim")
    other.agree(person)
    for key in list(scene.world.objects.list("ledger")):
        scene.world.objects.delete(key)
    for key in other.objects.list("ledger"):
        overwrite(scene.world.objects, key, other.objects.read(key))

    scene.shut()
