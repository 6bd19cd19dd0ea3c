"""Whenever the power is cut: what the ledger says can still be signed for, read and gone on with."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from avatar.artifacts.artifact import VoiceSample
from avatar.artifacts.objects import FolderObjects
from avatar.artifacts.store import Store
from avatar.consent.checkpoint import KEY_FILE as CHECKPOINT_KEY
from avatar.consent.checkpoint import read_checkpoint
from avatar.consent.entries import Enrolled, LedgerCreated, SampleAdded, read_entry
from avatar.consent.keys import key_at, new_key
from avatar.consent.ledger import KEY_FILE as LEDGER_KEY
from avatar.consent.signed_note import NoteKey, read_note, signed_by
from avatar.consent.witness import Witness, cosign_newest
from avatar.people import key_rotation
from avatar.people.key_rotation import rotate, rotate_checkpoint_key, rotate_ledger_key
from avatar.testing.world import World, id_of
from tests.runtime.power_cut import Chance, Disk, below, everything, nothing, rebuild, recorded

# What reached the disk by chance, beside what had to. The ledger without its keys is the worst of luck.
CHANCES = [nothing, everything, below("store/ledger"), below("store"), below("people", "material")]


@pytest.fixture(autouse=True)
def _nobody_is_slow(monkeypatch):
    monkeypatch.setattr(key_rotation, "_SETTLE_TIME_S", 0.0)


@pytest.fixture
def root(tmp_path) -> Path:
    root = tmp_path / "disk"
    root.mkdir()
    return root


def remains(disk: Disk, to: Path, chances: list[Chance] = CHANCES) -> Iterator[World]:
    """Every world, each once, that a power cut can leave of what was done on *disk*."""
    seen, number = set(), count()
    for moment in disk.moments:
        for chance in chances:
            left = moment.left(chance)
            if (key := tuple(sorted(left.items()))) not in seen:
                seen.add(key)
                yield World(rebuild(left, to / f"left-{next(number)}"))


def hold_to_its_keys(world: World) -> None:
    """Hold whatever the ledger of *world* says to the keys and the material that it speaks of."""
    objects = FolderObjects(world.folder / "store")
    for name in objects.list("ledger/entries"):
        match read_entry(objects.read(name) or b"").fact:
            case LedgerCreated(key=key, founder=founder):
                assert key_at(world.folder / LEDGER_KEY).public == key
                assert key_at(world.folder / "operator.key").public == founder
            case Enrolled(person=person, key=key):
                assert key_at(world.folder / "people" / f"{person}.key").public == key
                assert world.vault.keyring.key_of(person, 1)
            case SampleAdded(manifest=manifest):
                assert parts_of(world, manifest)
    for name in objects.list("ledger/checkpoints"):
        note = read_note(objects.read(name) or b"")
        key = key_at(world.folder / CHECKPOINT_KEY).public
        assert signed_by(note, NoteKey(read_checkpoint(note).origin, key))


def parts_of(world: World, digest: str) -> list[bytes]:
    store, found = Store(world.objects, world.vault), []
    for part in store.look(digest).parts:
        path = store.fetch(VoiceSample(digest), part, world.folder / "taken")
        found.append(path.read_bytes())
        path.unlink()
    return found


def begin(world: World) -> None:
    """Open a ledger, enrol somebody, have them agree, and sign how far the ledger has come."""
    ada = world.enroll("ada")
    world.agree(ada)
    world.ledger.checkpoint(key_at(world.folder / CHECKPOINT_KEY, make=True))


def test_whatever_the_ledger_says_its_keys_are_on_disk_and_it_can_be_gone_on_with(root, tmp_path):
    with recorded(root) as disk:
        begin(World(root))

    grown = set()
    for world in remains(disk, tmp_path):
        hold_to_its_keys(world)
        begin(world)
        hold_to_its_keys(world)
        grown.add(len(world.ledger.read().people))
    assert grown == {1}


def test_what_was_entered_and_stored_stays_when_the_power_is_cut_right_after(root):
    with recorded(root) as disk:
        begin(World(root))

    stays, seen = disk.moments[-1].left(nothing), disk.moments[-1].left(everything)
    assert "store/ledger/entries/000000000005" in stays
    assert {path for path in stays if ".drafts/" not in path} == {path for path in seen if ".drafts/" not in path}
    assert all(stays[path] == content for path, content in seen.items())


def test_a_key_that_is_renewed_takes_no_material_along(root, tmp_path):
    world = World(root)
    begin(world)
    shown = [key.rsplit("/", 1)[-1] for key in world.objects.list(f"people/{id_of('ada')}/shown")]
    before = [parts_of(world, digest) for digest in shown]
    with recorded(root) as disk:
        rotate(world.people, "ada")

    for left in remains(disk, tmp_path, [nothing, everything, below("material"), below("store")]):
        assert [parts_of(left, digest) for digest in shown] == before
        rotate(left.people, "ada")
        assert [parts_of(left, digest) for digest in shown] == before
        assert len(left.vault.keyring.generations(id_of("ada"))) == 1


def test_a_ledger_whose_key_is_renewed_is_opened_by_the_key_that_is_there(root, tmp_path):
    world = World(root)
    begin(world)
    with recorded(root) as disk:
        rotate_ledger_key(world.people, root)

    for left in remains(disk, tmp_path):
        rotate_ledger_key(left.people, left.folder)
        assert World(left.folder).enroll("ada").id == id_of("ada")


def test_whoever_believes_checkpoints_is_told_of_their_new_key_however_its_exchange_ends(root, tmp_path):
    world = World(root)
    begin(world)
    with recorded(root) as disk:
        rotate_checkpoint_key(world.ledger, root)

    for left in remains(disk, tmp_path):
        rotate_checkpoint_key(left.ledger, left.folder)
        assert left.ledger.checkpoint(key_at(left.folder / CHECKPOINT_KEY))


@pytest.mark.parametrize(
    "exchange",
    [
        lambda world: rotate_ledger_key(world.people, world.folder),
        lambda world: rotate_checkpoint_key(world.ledger, world.folder),
    ],
    ids=["ledger", "checkpoints"],
)
def test_a_key_that_was_exchanged_stays_exchanged_when_the_power_is_cut_right_after(root, tmp_path, exchange):
    world = World(root)
    begin(world)
    with recorded(root) as disk:
        exchange(world)

    left = World(rebuild(disk.moments[-1].left(nothing), tmp_path / "left"))
    assert left.enroll("ada").id == id_of("ada")
    for name in (LEDGER_KEY, CHECKPOINT_KEY):
        assert key_at(left.folder / name).public == key_at(root / name).public


def test_a_witness_never_forgets_what_it_cosigned(root, tmp_path):
    world, own = World(root), new_key()
    begin(world)
    log = NoteKey(world.ledger.read().origin, key_at(root / CHECKPOINT_KEY).public)
    with recorded(root) as disk:
        cosign_newest(world.objects, Witness(root / "witness" / "memory", own, log), world.now)

    cosigned = 0
    for left in remains(disk, tmp_path):
        for name in left.objects.list("ledger/cosignatures"):
            cosigned += 1
            assert Witness(left.folder / "witness" / "memory", own, log).size == int(name.split("/")[2])
    assert cosigned
