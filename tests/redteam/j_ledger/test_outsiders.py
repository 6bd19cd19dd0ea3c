"""J: what an insider can do who signs everything as it should be, and who outside notices."""

from dataclasses import replace

import pytest

from avatar.consent.checkpoint import Checkpoint, read_checkpoint, store_checkpoint
from avatar.consent.keys import new_key
from avatar.consent.ledger_verifier import FindingStatus, TrustAnchor, verify_ledger
from avatar.consent.signed_note import Note, NoteSignature
from avatar.consent.tlog_proof import check_proof, read_proof
from avatar.consent.witness import Witness, cosign_newest
from avatar.errors import LedgerError
from tests.redteam.attacks import reopened
from tests.redteam.cases import attack


def found(insider, kept: Note) -> set[str]:
    """Return the codes of what an examiner finds broken who kept the checkpoint *kept*."""
    findings = verify_ledger(insider.scene.world.objects, TrustAnchor(insider.log, (), (kept,)))
    return {finding.code for finding in findings.found if finding.answer == FindingStatus.BROKEN}


@attack(
    "the newest entries are cut off, and nobody inside remembers",
    by="checkpoints",
    code="ledger.split-view",
    entry=False,
)
def test_a_cut_off_end(scene, insider):
    insider.checkpoint()
    for name in insider.names[-2:]:
        scene.world.objects.delete(name)

    with scene.attacked():
        insider.checkpoint()


@attack(
    "the whole ledger is rebuilt with its key, without the withdrawal",
    by="checkpoints",
    code="ledger.split-view",
    entry=False,
)
def test_a_rebuilt_ledger(scene, insider):
    insider.checkpoint()
    insider.rebuild(without="withdrawn")

    with scene.attacked():
        insider.checkpoint()


@attack(
    "a rebuilt ledger is shown to someone who kept a checkpoint", by="checkpoints", harmless="the examination finds it"
)
def test_an_examiner_with_a_checkpoint(scene, insider):
    kept = insider.checkpoint()
    insider.rebuild(without="withdrawn")
    for name in list(scene.world.objects.list("ledger/checkpoints")):
        scene.world.objects.delete(name)

    assert found(insider, kept) & {"ledger.truncated", "ledger.split-view"}


@attack(
    "the newest entries are cut off, and the checkpoints with them",
    by="witness",
    code="witness.rolled-back",
    entry=False,
)
def test_a_witness_sees_a_rollback(scene, insider, witness):
    insider.checkpoint()
    cosign_newest(scene.world.objects, witness, scene.world.now)
    for name in [*insider.names[-2:], *scene.world.objects.list("ledger/checkpoints")]:
        scene.world.objects.delete(name)
    insider.checkpoint()

    with scene.attacked():
        cosign_newest(scene.world.objects, witness, scene.world.now)


@attack(
    "a rebuilt ledger of the same length is shown to a witness", by="witness", code="witness.split-view", entry=False
)
def test_a_witness_sees_another_past(scene, insider, witness):
    insider.checkpoint()
    cosign_newest(scene.world.objects, witness, scene.world.now)
    for name in list(scene.world.objects.list("ledger/checkpoints")):
        scene.world.objects.delete(name)
    insider.rebuild(without="withdrawn")
    reopened(scene.world).agree(scene.accomplice)
    reopened(scene.world).agree(scene.accomplice)
    insider.checkpoint()

    with scene.attacked():
        cosign_newest(scene.world.objects, witness, scene.world.now)


@attack("two checkpoints of one size, for two readers", by="checkpoints", code="ledger.split-view", entry=False)
def test_two_checkpoints_of_one_size(scene, insider):
    real = read_checkpoint(insider.checkpoint())
    other = Checkpoint(real.origin, real.size, bytes(32)).signed(insider.checkpoint_key)

    with scene.attacked():
        store_checkpoint(scene.world.objects, other)


@attack(
    "a checkpoint that somebody else signed is brought to a witness", by="witness", code="witness.unsigned", entry=False
)
def test_a_checkpoint_of_a_stranger(scene, insider, witness):
    real = read_checkpoint(insider.checkpoint())

    with scene.attacked():
        witness.cosign(0, [], real.signed(new_key()), scene.world.now)


@attack("the memory of a witness is damaged so that it starts anew", by="witness", code="witness.damaged", entry=False)
def test_a_witness_without_memory(scene, insider, witness, tmp_path):
    insider.checkpoint()
    cosign_newest(scene.world.objects, witness, scene.world.now)
    (tmp_path / "witness.json").write_text("{}")

    with scene.attacked():
        cosign_newest(scene.world.objects, witness, scene.world.now)


@attack("a witness is bent to another ledger", by="witness", code="witness.other-ledger", entry=False)
def test_a_witness_of_another_ledger(scene, insider, witness, tmp_path):
    insider.checkpoint()
    cosign_newest(scene.world.objects, witness, scene.world.now)
    other = replace(insider.log, public=new_key().public)

    with scene.attacked():
        cosign_newest(scene.world.objects, Witness(tmp_path / "witness.json", new_key(), other), scene.world.now)


@pytest.fixture
def proof(scene, insider):
    """The proof of the last entry, as it goes out with a delivery."""
    insider.checkpoint()
    return reopened(scene.world).ledger.prove(len(insider.names) - 1)


@attack("a proof is shown for another entry", by="inclusion proof", code="proof.not-included", entry=False)
def test_a_proof_of_another_entry(scene, insider, proof):
    with scene.attacked():
        check_proof(replace(proof, entry=insider.data(insider.names[0])), insider.log)


@attack("a hash in a proof is exchanged", by="inclusion proof", code="proof.not-included", entry=False)
def test_a_proof_with_another_hash(scene, insider, proof):
    with scene.attacked():
        check_proof(replace(proof, path=(bytes(32), *proof.path[1:])), insider.log)


@attack("a proof calls its entry by another number", by="inclusion proof", code="proof.not-included", entry=False)
def test_a_proof_of_another_number(scene, insider, proof):
    with scene.attacked():
        check_proof(replace(proof, index=proof.index - 1), insider.log)


@attack(
    "a proof stands on a root that the ledger did not sign", by="inclusion proof", code="proof.unsigned", entry=False
)
def test_a_proof_on_another_root(scene, insider, proof):
    text = read_checkpoint(proof.checkpoint).signed(new_key())

    with scene.attacked():
        check_proof(replace(proof, checkpoint=text), insider.log)


@attack("a proof claims a witness that never saw it", by="inclusion proof", code="proof.no-witness", entry=False)
def test_a_proof_without_its_witness(scene, insider, proof, witness):
    from avatar.consent.witness import witness_key

    key = witness_key(new_key())
    claimed = proof.checkpoint.with_signatures(NoteSignature(key.name, key.id, bytes(72)))

    with scene.attacked():
        check_proof(replace(proof, checkpoint=claimed), insider.log, (key,))


@attack("a proof is a text of gigabytes, or none", by="inclusion proof", code="ledger.malformed", entry=False)
@pytest.mark.parametrize("text", [b"", b"c2sp.org/tlog-proof@v1\n" * 1000, b"\xff\xfe", b"{}"])
def test_a_proof_that_is_none(scene, text):
    with scene.attacked():
        read_proof(text)


def test_an_honest_proof_holds(insider, proof):
    assert check_proof(proof, insider.log).entry.index == proof.index
    with pytest.raises(LedgerError):
        check_proof(proof, replace(insider.log, public=new_key().public))
