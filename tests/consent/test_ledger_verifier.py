"""What an outsider can find out about a ledger, from a folder and public keys."""

import shutil

import pytest

from avatar.artifacts.objects import FolderObjects
from avatar.consent import checkpoint as checkpoints
from avatar.consent.checkpoint import Checkpoint, read_checkpoint
from avatar.consent.entries import Refused
from avatar.consent.keys import key_at, new_key
from avatar.consent.ledger import Ledger
from avatar.consent.ledger_verifier import FindingStatus, TrustAnchor, verify_ledger
from avatar.consent.signed_note import NoteKey
from avatar.consent.witness import Witness, cosign_newest, witness_key
from avatar.errors import LedgerError

KEY, OWN = new_key(), new_key()


@pytest.fixture
def ledger(world):
    """A store with six entries, a checkpoint of five of them, and a witness who saw that."""
    for number in range(4):
        world.ledger.append(Refused(code=f"a.b{number}", request="Test"))
    world.ledger.checkpoint(KEY)
    cosign_newest(world.objects, Witness(world.folder / "memory", OWN, log(world)), world.now)
    world.ledger.append(Refused(code="a.later", request="Test"))
    return world


def log(world) -> NoteKey:
    return NoteKey(world.ledger.read().origin, KEY.public)


def believed(world, **more) -> TrustAnchor:
    return TrustAnchor(log(world), (witness_key(OWN),), **more)


def broken(findings) -> set[str]:
    return {finding.code for finding in findings.found if finding.answer == FindingStatus.BROKEN}


def test_a_sound_ledger_holds_in_every_way(ledger):
    kept = checkpoints.fetch_checkpoint(ledger.objects, 5)

    findings = verify_ledger(ledger.objects, believed(ledger, kept=(kept,)))

    assert {finding.answer for finding in findings.found} == {FindingStatus.HOLDS}
    assert findings.sound
    assert findings.as_json()["entries"] == 6
    assert "it saw the first 5 entries at 2030-01-01 12:00 UTC; 1 came later, unseen" in findings.explain()
    assert findings.explain().endswith("Nothing is broken.")


def test_what_nobody_believes_cannot_be_shown(ledger):
    findings = verify_ledger(ledger.objects, TrustAnchor())

    assert findings.sound
    assert [finding.question for finding in findings.found if finding.answer == FindingStatus.NOT_SHOWN] == [
        "checkpoint signatures",
        "witness",
    ]


def test_a_copy_of_the_folder_is_all_that_is_needed(ledger, tmp_path):
    believe = believed(ledger)
    shutil.copytree(ledger.folder / "store" / "ledger", tmp_path / "copy" / "ledger")

    assert verify_ledger(FolderObjects(tmp_path / "copy"), believe) == verify_ledger(ledger.objects, believe)


def cut(ledger):
    ledger.objects.delete("ledger/entries/000000000005")
    ledger.objects.delete("ledger/entries/000000000004")


def hollow(ledger):
    ledger.objects.delete("ledger/entries/000000000003")


def stranger(ledger):
    ledger.objects.create("ledger/entries/000000000003-a", b"x")


def respelt(ledger):
    data = ledger.objects.read("ledger/entries/000000000005")
    ledger.objects.delete("ledger/entries/000000000005")
    ledger.objects.create("ledger/entries/000000000005", data + b"\n")


def unwitnessed(ledger):
    for name in list(ledger.objects.list("ledger/cosignatures")):
        ledger.objects.delete(name)


def unchecked(ledger):
    for name in list(ledger.objects.list("ledger/checkpoints")):
        ledger.objects.delete(name)


def renamed(ledger):
    ledger.objects.create("ledger/checkpoints/000000000004", ledger.objects.read("ledger/checkpoints/000000000005"))


def forged(ledger):
    origin = ledger.ledger.read().origin
    honest = read_checkpoint(checkpoints.fetch_checkpoint(ledger.objects, 5))
    checkpoints.store_checkpoint(ledger.objects, Checkpoint(origin, 6, honest.root).signed(KEY))


def unsigned(ledger):
    honest = read_checkpoint(ledger.ledger.checkpoint(KEY))
    ledger.objects.delete("ledger/checkpoints/000000000006")
    checkpoints.store_checkpoint(ledger.objects, honest.signed(new_key()))


def empty(ledger):
    for name in list(ledger.objects.list("ledger")):
        ledger.objects.delete(name)


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (cut, {"ledger.truncated"}),
        (hollow, {"ledger.broken-chain"}),
        (stranger, {"ledger.broken-chain"}),
        (respelt, {"ledger.unreadable"}),
        (unwitnessed, {"ledger.no-witness"}),
        (unchecked, {"ledger.no-checkpoint", "ledger.no-witness"}),
        (renamed, {"ledger.forged"}),
        (forged, {"ledger.split-view"}),
        (unsigned, {"ledger.forged"}),
        (empty, {"ledger.empty"}),
    ],
)
def test_what_is_wrong_is_found(ledger, change, codes):
    believe = believed(ledger)
    change(ledger)

    findings = verify_ledger(ledger.objects, believe)

    assert broken(findings) == codes
    assert not findings.sound
    assert findings.explain().endswith("THIS LEDGER IS NOT TO BE BELIEVED.")


def test_an_entry_that_is_spelt_another_way_stops_the_studio_too(ledger):
    """The signature and the chain would still hold; the Merkle root would not."""
    respelt(ledger)

    with pytest.raises(LedgerError) as refusal:
        Ledger(ledger.objects, key_at(ledger.folder / "ledger.key"), ledger.operator.public, ledger.clock).read()
    assert refusal.value.code == "ledger.unreadable"


def test_only_a_kept_checkpoint_shows_that_a_whole_ledger_was_rolled_back(ledger):
    """With the real keys a shorter ledger can be made that is sound in itself."""
    believe = TrustAnchor(log(ledger))
    kept = (checkpoints.fetch_checkpoint(ledger.objects, 5),)
    cut(ledger)
    unchecked(ledger)
    Ledger(ledger.objects, key_at(ledger.folder / "ledger.key"), ledger.operator.public, ledger.clock).checkpoint(KEY)

    assert verify_ledger(ledger.objects, believe).sound
    findings = verify_ledger(ledger.objects, TrustAnchor(believe.log, kept=kept))
    assert broken(findings) == {"ledger.truncated"}
    assert "checkpoint of 5 entries that you kept: only 4 entries are left" in findings.explain()


def test_a_kept_checkpoint_must_itself_be_believed(ledger):
    for kept in (
        read_checkpoint(checkpoints.fetch_checkpoint(ledger.objects, 5)).signed(new_key()),
        Checkpoint("another", 5, b"\0" * 32).signed(KEY),
    ):
        assert broken(verify_ledger(ledger.objects, believed(ledger, kept=(kept,)))) == {"ledger.forged"}
