"""Checkpoints and proofs, checked by our verifier and by one that shares no code with it."""

import random

import pytest

from avatar.consent import checkpoint as checkpoints
from avatar.consent.checkpoint import Checkpoint, read_checkpoint
from avatar.consent.entries import Refused
from avatar.consent.keys import Key, new_key
from avatar.consent.signed_note import NoteKey, cosign, read_note
from avatar.consent.tlog_proof import check_proof, read_proof
from avatar.consent.witness import witness_key
from avatar.errors import InputError, LedgerError
from benchmarks import ledger_mutations as mutations
from tests.consent import independent
from tests.consent.test_merkle import grown, numbered

KEY, WITNESS = new_key(), new_key()


def filled(world, count: int = 20):
    for number in range(count):
        world.ledger.append(Refused(code=f"a.b{number}", request="Test"))
    return world


def log_key(world) -> NoteKey:
    return NoteKey(world.ledger.read().origin, KEY.public)


def cosigned(world):
    note, own = world.ledger.checkpoint(KEY), witness_key(WITNESS)
    size = read_checkpoint(note).size
    checkpoints.store_cosignature(world.objects, size, cosign(note.text, own.name, WITNESS, world.now))
    return world


def test_a_checkpoint_is_three_lines_and_a_signature():
    note = Checkpoint("example.com/log", 3, b"\0" * 32).signed(KEY)

    assert str(note).startswith(
        "example.com/log\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— example.com/log "
    )
    assert read_checkpoint(read_note(str(note).encode())) == Checkpoint("example.com/log", 3, b"\0" * 32)


@pytest.mark.parametrize(
    "body", ["a\n3\n", "a\n03\nAA==\n", "a\n-1\nAA==\n", "a\n3\nAA==\n", "\n3\nAA==\n", "a\n٣\nAA==\n"]
)
def test_what_is_no_checkpoint_is_refused(body):
    note = Checkpoint("a", 3, b"\0" * 32).signed(KEY)

    with pytest.raises(LedgerError) as refusal:
        read_checkpoint(type(note)(body, note.signatures))
    assert refusal.value.code == "ledger.malformed"


def test_a_checkpoint_is_over_every_stored_entry(any_world):
    note = filled(any_world, 5).ledger.checkpoint(KEY)

    stored = [any_world.objects.read(name) for name in any_world.objects.list("ledger/entries")]
    assert read_checkpoint(note) == Checkpoint(any_world.ledger.read().origin, 6, grown(stored).root())
    assert checkpoints.newest_checkpoint(any_world.objects) == note
    assert any_world.ledger.checkpoint(KEY) == note


def test_no_checkpoint_is_signed_that_does_not_continue_the_last(world):
    filled(world)
    foreign = Checkpoint(world.ledger.read().origin, 9, grown(numbered(9)).root()).signed(KEY)
    checkpoints.store_checkpoint(world.objects, foreign)

    for ask in (lambda: world.ledger.checkpoint(KEY), lambda: world.ledger.prove(3)):
        with pytest.raises(LedgerError) as refusal:
            ask()
        assert refusal.value.code == "ledger.split-view"


def test_two_roots_of_one_size_are_never_both_kept(world):
    one, other = (Checkpoint("a", 9, root * 32).signed(KEY) for root in (b"\0", b"\1"))
    checkpoints.store_checkpoint(world.objects, one)

    with pytest.raises(LedgerError) as refusal:
        checkpoints.store_checkpoint(world.objects, other)
    assert refusal.value.code == "ledger.split-view"


def test_every_entry_has_a_proof_that_both_verifiers_believe(any_world):
    cosigned(filled(any_world, 7))
    log, own = log_key(any_world), witness_key(WITNESS)

    for index in range(8):
        said = str(any_world.ledger.prove(index))
        proven = check_proof(read_proof(said.encode()), log, [own])
        assert proven.entry.index == index
        assert proven.checkpoint.size == 8
        assert proven.witnessed == {own.name: any_world.now}
        assert independent.holds(said, str(log), str(own))
        assert str(read_proof(said.encode())) == said


def test_a_proof_prefers_what_a_witness_saw(world):
    cosigned(filled(world, 5))
    filled(world, 5).ledger.checkpoint(KEY)

    assert read_checkpoint(world.ledger.prove(3).checkpoint).size == 6
    assert read_checkpoint(world.ledger.prove(7).checkpoint).size == 11


def test_what_no_checkpoint_holds_cannot_be_proven_yet(world):
    filled(world, 5).ledger.checkpoint(KEY)
    filled(world, 1)

    for index, code in ((6, "ledger.no-checkpoint"), (7, "ledger.no-entry"), (-1, "ledger.no-entry")):
        with pytest.raises(InputError) as refusal:
            world.ledger.prove(index)
        assert refusal.value.code == code


def test_a_proof_is_only_as_good_as_the_keys_that_are_believed(world):
    proof = cosigned(filled(world)).ledger.prove(3)
    log, stranger = log_key(world), new_key()

    for believed, witnesses, code in (
        (NoteKey(log.name, stranger.public), [], "proof.unsigned"),
        (NoteKey("another", KEY.public), [], "proof.unsigned"),
        (log, [witness_key(stranger)], "proof.no-witness"),
        (log, [witness_key(WITNESS), witness_key(stranger)], "proof.no-witness"),
    ):
        with pytest.raises(LedgerError) as refusal:
            check_proof(proof, believed, witnesses)
        assert refusal.value.code == code


def test_both_verifiers_judge_every_forgery_alike():
    whole, rng = mutations.subject(60), random.Random(2)
    keys = str(whole.log), str(whole.witness)

    assert independent.holds(str(mutations.proof_of(whole, 7)), *keys)
    for _ in range(300):
        _, forged = mutations.forgery(whole, mutations.proof_of(whole, rng.randrange(60)), rng)
        assert not mutations.believed(whole, forged)
        assert not independent.holds(forged.decode(errors="replace"), *keys)


def test_the_second_verifier_knows_the_published_signature():
    from tests.consent.test_signed_note import LINE, TEXT, VKEY

    assert independent.signed(TEXT, LINE, VKEY, 1)
    assert not independent.signed(TEXT.replace("y", "i"), LINE, VKEY, 1)
    key = Key(bytes(32))
    assert independent.ed25519(bytes.fromhex(key.public), bytes.fromhex(key.sign(b"x")), b"x")
