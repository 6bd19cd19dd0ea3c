"""J: snapshots, with which a fresh process begins: forged by an outsider, by an insider, moved, and left behind."""

from dataclasses import replace

import pytest

from avatar.consent import snapshot
from avatar.consent.ledger_verifier import FindingStatus, TrustAnchor, verify_ledger
from avatar.consent.state import State
from avatar.errors import ConsentError
from tests.redteam.attacks import reopened
from tests.redteam.cases import attack


@pytest.fixture
def summed(insider, monkeypatch):
    """The newest snapshot's name, in a ledger that makes one every few entries."""
    monkeypatch.setattr(snapshot, "ENTRIES_PER_SNAPSHOT", 3)
    world = reopened(insider.scene.world)
    world.ledger.read()
    return f"snapshots/{snapshot.snapshot_indices(world.snapshots)[-1]:012d}"


def forged(insider, key) -> str:
    """Sign, with *key*, a snapshot in which the victim agrees to what the accomplice agreed to; return its name."""
    world = reopened(insider.scene.world)
    state: State = world.ledger.read()
    victim, accomplice = (state.people[who.id] for who in (insider.scene.victim, insider.scene.accomplice))
    (given,) = accomplice.standing[-1:]
    scope = given.scope.model_copy(update={"assets": tuple(sorted(victim.samples))})
    victim.standing, victim.withdrawn = [replace(given, scope=scope)], None
    name = f"snapshots/{state.index:012d}"
    world.snapshots.delete(name)
    snapshot.write_snapshot(world.snapshots, key, state, world.ledger._tree)
    return name


def broken(insider) -> set[str]:
    findings = verify_ledger(insider.scene.world.objects, TrustAnchor(None, (), ()), insider.scene.world.snapshots)
    return {finding.code for finding in findings.found if finding.answer == FindingStatus.BROKEN}


@attack(
    "somebody who can write to the store forges a snapshot", by="snapshots", harmless="the entries are read instead"
)
def test_a_snapshot_of_a_stranger(insider):
    from avatar.consent.keys import new_key

    forged(insider, new_key())
    fresh = insider.scene.restart()

    with pytest.raises(ConsentError):
        fresh.speech(fresh.victim)


@attack("a snapshot is put in the place of another", by="snapshots", harmless="the entries are read instead")
def test_a_snapshot_that_was_moved(insider, summed):
    world = insider.scene.world
    elsewhere = f"snapshots/{len(insider.names) - 1:012d}"
    data = world.snapshots.read(summed)
    world.snapshots.delete(elsewhere)
    world.snapshots.create(elsewhere, data)
    fresh = insider.scene.restart()

    with pytest.raises(ConsentError):
        fresh.speech(fresh.victim)


@attack(
    "the end of the ledger is cut off, and a snapshot of it left behind",
    by="snapshots",
    code="ledger.rolled-back",
    entry=False,
)
def test_a_snapshot_that_was_left_behind(scene, insider, summed):
    last = int(summed[-12:])
    for name in insider.names[last:]:
        scene.world.objects.delete(name)

    scene.shut()


@attack(
    "an insider elsewhere puts a snapshot into the store in which somebody agrees",
    by="snapshots",
    harmless="nobody looks for one there",
)
def test_a_snapshot_in_the_store(insider, summed):
    world = insider.scene.world
    name = forged(insider, world.ledger._key)
    for place in (name, f"ledger/{name}"):
        world.objects.create(place, world.snapshots.read(name))
    world.snapshots.delete(name)
    fresh = insider.scene.restart()

    with pytest.raises(ConsentError):
        fresh.speech(fresh.victim)


@attack("an insider signs a snapshot in which somebody agrees", by="snapshots", harmless="the examination finds it")
def test_a_snapshot_of_an_insider(insider, summed):
    assert broken(insider) == set()
    forged(insider, insider.scene.world.ledger._key)

    assert broken(insider) == {"ledger.forged-snapshot"}
