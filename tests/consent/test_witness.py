"""A witness lets a ledger grow, and nothing else."""

import json
import subprocess
import sys

import pytest

from avatar.consent import checkpoint as checkpoints
from avatar.consent.checkpoint import Checkpoint, read_checkpoint
from avatar.consent.entries import Refused
from avatar.consent.keys import key_at, new_key
from avatar.consent.ledger import Ledger
from avatar.consent.signed_note import NoteKey, cosigned_at
from avatar.consent.witness import Witness, cosign_newest, followed_log, witness_key
from avatar.errors import InputError, LedgerError
from tests.consent.test_merkle import grown, numbered

KEY, OWN = new_key(), new_key()
LOG = NoteKey("example.com/log", KEY.public)


def signed(size: int, leaves: list[bytes]):
    return Checkpoint(LOG.name, size, grown(leaves).root(size)).signed(KEY)


@pytest.fixture
def witness(tmp_path):
    return Witness(tmp_path / "memory", OWN, LOG)


@pytest.fixture
def grown_to_five(witness, world):
    witness.cosign(0, [], signed(5, numbered(9)), world.now)
    return witness


def refusal_of(witness, old, path, note, world) -> str:
    with pytest.raises(LedgerError) as refusal:
        witness.cosign(old, path, note, world.now)
    return refusal.value.code


def test_growth_is_cosigned(grown_to_five, world):
    note = signed(9, numbered(9))

    line = grown_to_five.cosign(5, grown(numbered(9)).consistency(5, 9), note, world.now)

    assert cosigned_at(note.with_signatures(line), witness_key(OWN)) == world.now
    assert grown_to_five.size == 9


def test_standing_still_is_cosigned_again(grown_to_five, world):
    assert grown_to_five.cosign(5, [], signed(5, numbered(9)), world.now)


def test_a_rollback_is_refused(grown_to_five, world):
    assert refusal_of(grown_to_five, 5, [], signed(4, numbered(9)), world) == "witness.rolled-back"
    assert grown_to_five.size == 5


def test_a_second_history_is_refused(grown_to_five, world):
    other = [b"another", *numbered(9)[1:]]

    for size in (5, 9):
        path = grown(other).consistency(5, size)
        assert refusal_of(grown_to_five, 5, path, signed(size, other), world) == "witness.split-view"
    assert grown_to_five.size == 5


def test_growth_without_a_proof_is_refused(grown_to_five, world):
    note = signed(9, numbered(9))

    assert refusal_of(grown_to_five, 5, [], note, world) == "witness.split-view"
    assert refusal_of(grown_to_five, 0, [], note, world) == "witness.other-size"
    assert refusal_of(grown_to_five, 4, grown(numbered(9)).consistency(4, 9), note, world) == "witness.other-size"


def test_another_ledger_is_refused(grown_to_five, world, tmp_path):
    forged = Checkpoint(LOG.name, 9, grown(numbered(9)).root()).signed(new_key())
    renamed = Checkpoint("another", 9, grown(numbered(9)).root()).signed(KEY)
    elsewhere = Witness(tmp_path / "memory", OWN, NoteKey("another", KEY.public))

    assert refusal_of(grown_to_five, 5, [], forged, world) == "witness.unsigned"
    assert refusal_of(grown_to_five, 5, [], renamed, world) == "witness.unsigned"
    assert refusal_of(elsewhere, 5, [], renamed, world) == "witness.other-ledger"


@pytest.mark.parametrize("said", ["", "{}", '{"log": "x", "size": -1, "root": ""}'])
def test_a_damaged_memory_is_never_taken_for_a_new_one(grown_to_five, world, tmp_path, said):
    (tmp_path / "memory").write_text(said)

    assert refusal_of(grown_to_five, 0, [], signed(9, numbered(9)), world) == "witness.damaged"
    with pytest.raises(LedgerError):
        followed_log(tmp_path / "memory")


def test_a_memory_says_whom_it_follows(grown_to_five, tmp_path):
    assert followed_log(tmp_path / "memory") == str(LOG)
    assert followed_log(tmp_path / "none") is None
    assert json.loads((tmp_path / "memory").read_text())["size"] == 5


# -- on a store


def write(world, count: int = 5):
    for number in range(count):
        world.ledger.append(Refused(code=f"a.b{number}", request="Test"))
    return world.ledger.checkpoint(KEY)


def watcher(world) -> Witness:
    return Witness(world.folder / "witness" / "memory", OWN, NoteKey(world.ledger.read().origin, KEY.public))


def test_a_witness_follows_a_store_and_leaves_its_word_there(any_world):
    for size in (6, 11):
        write(any_world)
        checkpoint, _ = cosign_newest(any_world.objects, watcher(any_world), any_world.now)
        newest = checkpoints.newest_checkpoint(any_world.objects)
        assert checkpoint.size == size
        assert cosigned_at(newest, witness_key(OWN)) == any_world.now


def test_a_store_without_a_checkpoint_has_nothing_to_witness(world):
    world.ledger.read()

    with pytest.raises(InputError) as refusal:
        cosign_newest(world.objects, watcher(world), world.now)
    assert refusal.value.code == "ledger.no-checkpoint"


def test_a_witness_sees_that_entries_are_not_those_of_the_checkpoint(world):
    write(world)
    witness = watcher(world)
    world.objects.delete("ledger/entries/000000000005")

    with pytest.raises(LedgerError) as refusal:
        cosign_newest(world.objects, witness, world.now)
    assert refusal.value.code == "witness.split-view"


def test_a_withdrawal_cut_off_with_its_checkpoint_is_seen_only_by_the_witness(world):
    """Whoever holds every key and the store can make a shorter, sound ledger. That is what a witness is for."""
    write(world)
    witness = watcher(world)
    cosign_newest(world.objects, witness, world.now)
    for key in ("entries/000000000005", "checkpoints/000000000006"):
        world.objects.delete(f"ledger/{key}")
    ledger = Ledger(world.objects, key_at(world.folder / "ledger.key"), world.operator.public, world.clock)
    assert read_checkpoint(ledger.checkpoint(KEY)).size == 5

    with pytest.raises(LedgerError) as refusal:
        cosign_newest(world.objects, witness, world.now)
    assert refusal.value.code == "witness.rolled-back"


_COSIGN = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from avatar.consent.keys import key_at
from avatar.consent.merkle import Tree
from avatar.consent.signed_note import read_note, read_note_key
from avatar.consent.witness import Witness
from avatar.errors import LedgerError
folder, key, note, path = sys.argv[1:]
witness = Witness(Path(folder) / "memory", key_at(Path(folder) / "own.key"), read_note_key(key))
try:
    witness.cosign(5, [bytes.fromhex(d) for d in path.split()], read_note(Path(note).read_bytes()), datetime.now(UTC))
except LedgerError as error:
    print(error.code)
else:
    print("cosigned")
"""


def test_of_two_histories_shown_at_once_only_one_is_cosigned(world, tmp_path):
    key_at(tmp_path / "own.key", make=True)
    tails = [[b"one", b"two"], [b"uno", b"due"]]
    Witness(tmp_path / "memory", OWN, LOG).cosign(0, [], signed(5, numbered(5)), world.now)
    running = []
    for number, tail in enumerate(tails):
        leaves = [*numbered(5), *tail]
        (tmp_path / f"note{number}").write_bytes(str(signed(7, leaves)).encode())
        path = " ".join(digest.hex() for digest in grown(leaves).consistency(5, 7))
        command = [sys.executable, "-c", _COSIGN, str(tmp_path), str(LOG), str(tmp_path / f"note{number}"), path]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))

    said = sorted(process.communicate(timeout=60)[0].strip() for process in running)

    assert said in (["cosigned", "witness.other-size"], ["cosigned", "witness.split-view"])
