"""A fresh process begins with a snapshot: it gains nothing for who can write to the store, and says the same."""

import logging
from collections import Counter
from itertools import islice

import pytest

from avatar.artifacts.objects import FolderObjects
from avatar.cli.main import app
from avatar.consent import Use, snapshot
from avatar.consent.entries import Refused
from avatar.consent.keys import key_at, new_key
from avatar.consent.ledger import Ledger
from avatar.consent.ledger_verifier import TrustAnchor, verify_ledger
from avatar.consent.merkle import Tree
from avatar.consent.signed_note import NoteKey
from avatar.consent.tlog_proof import check_proof
from avatar.errors import LedgerError, StoreError
from avatar.stages.registry import EngineSpec
from avatar.stages.voice import LearnVoice
from avatar.testing.world import World
from benchmarks.ledgers import facts
from tests.consent.reading import entries

FOLDER = "snapshots"


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(snapshot, "ENTRIES_PER_SNAPSHOT", 10)


@pytest.fixture
def grown(world) -> World:
    """Sixty entries of many kinds, written with no snapshot, then one."""
    for fact in islice(facts(), 59):
        world.ledger.append(fact)
    for key in list(world.snapshots.list(FOLDER)):
        world.snapshots.delete(key)
    assert whole(world)
    assert reopened(world).read().index == 59
    return world


def name(index: int) -> str:
    return f"ledger/entries/{index:012d}"


def reopened(world, objects=None) -> Ledger:
    return World(world.folder, objects or world.objects, now=world.now).ledger


def whole(world):
    """What the entries add up to, read one by one."""
    return Ledger(world.objects, key_at(world.folder / "ledger.key"), world.operator.public, world.clock).read()


def newest(world) -> str:
    return list(world.snapshots.list(FOLDER))[-1]


def overwrite(world, key: str, data: bytes | None) -> None:
    objects = world.snapshots if key.startswith(FOLDER) else world.objects
    objects.delete(key)
    if data is not None:
        assert objects.create(key, data)


class Counted(FolderObjects):
    """A folder that counts the entries that are read."""

    def __init__(self, root) -> None:
        super().__init__(root)
        self.counts = Counter()

    def read(self, key):
        self.counts[key.split("/")[1]] += key.startswith("ledger/")
        return super().read(key)


def begins_with_one(world) -> bool:
    """Whether a fresh process reads the end of the ledger alone."""
    objects = Counted(world.folder / "store")
    reopened(world, objects).read()
    return objects.counts["entries"] <= 15


def test_a_fresh_process_reads_the_tail_alone_and_says_the_same(grown):
    before = whole(grown)
    for number in range(3):
        grown.ledger.append(Refused(code=f"a.b{number}", request="Test"))

    assert begins_with_one(grown)
    assert reopened(grown).read() == whole(grown)
    assert reopened(grown).read() != before
    fresh = reopened(grown)
    fresh.read()
    assert fresh._tree.root() == grown.ledger._tree.root()


def test_people_and_what_they_agreed_to_come_out_as_they_went_in(world):
    ada = world.enroll("ada")
    world.agree(ada)
    world.perform(LearnVoice(world.likeness(ada).voice), EngineSpec("ear"))
    for number in range(12):
        world.ledger.append(Refused(code=f"a.b{number}", request="Test"))
    world.people.withdraw(ada, [Use.TRAIN])

    assert begins_with_one(world)
    fresh = World(world.folder, now=world.now)
    assert fresh.ledger.read() == whole(world)
    assert fresh.perform(LearnVoice(fresh.likeness(ada).voice), EngineSpec("ear"))


def test_a_withdrawal_after_the_snapshot_counts(world):
    ada = world.enroll("ada")
    world.agree(ada)
    for number in range(12):
        world.ledger.append(Refused(code=f"a.b{number}", request="Test"))
    world.people.withdraw(ada)

    assert newest(world) < f"{FOLDER}/{world.ledger.read().index:012d}"
    assert reopened(world).read().people[ada.id].standing == []


def test_only_the_two_newest_stay(grown):
    for number in range(45):
        grown.ledger.append(Refused(code=f"a.b{number}", request="Test"))
        grown.ledger.read()

    kept = [int(key[-12:]) for key in grown.snapshots.list(FOLDER)]
    assert len(kept) == 2
    assert kept[1] - kept[0] == 10


@pytest.mark.parametrize("leaves", range(12))
def test_a_tree_is_the_same_from_its_leaves(leaves):
    tree = Tree()
    for number in range(leaves):
        tree.append(bytes([number]))
    again = Tree.of(tree.leaves)

    assert again._levels == tree._levels
    for each in (tree, again):
        each.append(b"more")
    assert again._levels == tree._levels


# -- what somebody might try who can write to the store, without the ledger's key


def ignored(world, caplog) -> bool:
    """Whether the snapshot that lies there is passed over, aloud, and the ledger says what it says without."""
    expected = whole(world)
    caplog.clear()
    with caplog.at_level(logging.WARNING, "avatar.consent.snapshot"):
        assert reopened(world).read() == expected
    return "the entries are read instead" in caplog.text


@pytest.mark.parametrize("place", [0, 5, 17, 18, 50, 81, 82, 90, 200, -1, -32, -40])
def test_an_altered_snapshot_is_not_believed(grown, caplog, place):
    data = bytearray(grown.snapshots.read(newest(grown)))
    data[place] ^= 1
    overwrite(grown, newest(grown), bytes(data))

    assert ignored(grown, caplog)


@pytest.mark.parametrize("data", [b"", b"{}", b"avatar-snapshot-1\n", b"avatar-snapshot-1\n" + bytes(64), b"x" * 999])
def test_what_is_no_snapshot_is_not_believed(grown, caplog, data):
    overwrite(grown, newest(grown), data)

    assert ignored(grown, caplog)


def test_a_snapshot_that_was_cut_off_is_not_believed(grown, caplog):
    overwrite(grown, newest(grown), grown.snapshots.read(newest(grown))[:-32])

    assert ignored(grown, caplog)


def test_a_snapshot_signed_with_another_key_is_not_believed(grown, caplog):
    state = whole(grown)
    state.people.clear()
    key, tree = new_key(), grown.ledger._tree
    where = newest(grown)
    grown.snapshots.delete(where)
    snapshot.write_snapshot(grown.snapshots, key, state, tree)
    assert newest(grown) == where

    assert ignored(grown, caplog)


def test_a_snapshot_of_another_ledger_is_not_believed(grown, caplog, tmp_path):
    other = World(tmp_path / "other")
    for fact in islice(facts(), 59):
        other.ledger.append(fact)
    other.ledger.read()
    overwrite(grown, newest(grown), other.snapshots.read(newest(other)))

    assert ignored(grown, caplog)


def test_a_snapshot_in_the_place_of_another_is_not_believed(grown, caplog):
    data = grown.snapshots.read(newest(grown))
    grown.snapshots.create(f"{FOLDER}/{999:012d}", data)

    assert ignored(grown, caplog)


def test_a_snapshot_made_by_other_rules_is_not_believed(grown, caplog, monkeypatch):
    monkeypatch.setattr(snapshot, "_version", lambda: b"another version")

    assert ignored(grown, caplog)


def test_an_old_snapshot_put_back_changes_nothing(grown):
    old = newest(grown), grown.snapshots.read(newest(grown))
    before = whole(grown)
    for fact in islice(facts(), 59, 89):
        grown.ledger.append(fact)
        grown.ledger.read()
    for key in list(grown.snapshots.list(FOLDER)):
        grown.snapshots.delete(key)
    grown.snapshots.create(*old)

    assert reopened(grown).read() == whole(grown) != before


def test_a_ledger_cut_off_behind_a_snapshot_is_seen_at_once(grown):
    for index in range(40, 60):
        overwrite(grown, name(index), None)

    with pytest.raises(LedgerError) as refusal:
        reopened(grown).read()
    assert refusal.value.code == "ledger.rolled-back"


def test_a_ledger_that_went_another_way_is_seen_at_once(grown):
    keep, places = grown.snapshots.read(newest(grown)), list(grown.snapshots.list(FOLDER))
    for index in range(40, 60):
        overwrite(grown, name(index), None)
    for place in places:
        overwrite(grown, place, None)
    other = reopened(grown)
    for number in range(25):
        other.append(Refused(code=f"z.z{number}", request="Test"))
    for key in list(grown.snapshots.list(FOLDER)):
        grown.snapshots.delete(key)
    grown.snapshots.create(places[-1], keep)

    with pytest.raises(LedgerError) as refusal:
        reopened(grown).read()
    assert refusal.value.code == "ledger.rolled-back"


def test_a_hole_before_the_snapshot_still_stops_everything(grown):
    overwrite(grown, name(7), None)

    with pytest.raises(LedgerError) as refusal:
        reopened(grown).read()
    assert refusal.value.code == "ledger.broken-chain"


def test_whoever_verifies_reads_every_entry(grown):
    data = grown.objects.read(name(7))
    overwrite(grown, name(7), data.replace(b'"kind":"', b'"kind": "', 1))

    assert reopened(grown).read().index == 59  # a start does not see it; nor did a process that had read it before
    found = verify_ledger(grown.objects, TrustAnchor())
    assert not found.sound
    assert found.size == 7


def test_proofs_from_a_fresh_process_hold_and_are_never_of_something_else(grown):
    key = key_at(grown.folder / "checkpoint.key", make=True)
    fresh = reopened(grown)
    fresh.checkpoint(key)
    log = NoteKey(fresh.read().origin, key.public)

    assert check_proof(fresh.prove(7), log, []).entry == entries(grown.objects)[7]
    overwrite(grown, name(7), grown.objects.read(name(8)))
    with pytest.raises(LedgerError) as refusal:
        fresh.prove(7)
    assert refusal.value.code == "ledger.rolled-back"


def test_a_host_that_takes_no_snapshot_is_no_harm(world, caplog):
    class Full(FolderObjects):
        def create(self, key, source):
            raise StoreError("the disk is full", code="store.full")

    key = key_at(world.folder / "ledger.key", make=True)
    ledger = Ledger(world.objects, key, world.operator.public, world.clock, Full(world.folder / "host"))
    for number in range(25):
        ledger.append(Refused(code=f"a.b{number}", request="Test"))

    assert ledger.read().index == 25
    assert "no snapshot was kept: store.full" in caplog.text


def test_an_export_leaves_snapshots_out(grown, tmp_path, monkeypatch):
    from typer.testing import CliRunner

    monkeypatch.setenv("AVATAR_STORE", str(grown.folder / "store"))
    result = CliRunner().invoke(app, ["ledger", "export", str(tmp_path / "copy")])

    assert result.exit_code == 0
    assert sorted(path.name for path in (tmp_path / "copy" / "ledger").iterdir()) == ["entries"]
