"""Keys of the ledger give way to others: nobody who believed the old one is lost, and nobody else gets in."""

import pytest

from avatar.consent.checkpoint import KEY_FILE as CHECKPOINT_KEY
from avatar.consent.entries import Refused, Rekeyed, signed_bytes_of
from avatar.consent.key_succession import linked_keys, make_succession
from avatar.consent.keys import key_at, new_key
from avatar.consent.ledger import Ledger
from avatar.consent.ledger_verifier import FindingStatus, TrustAnchor, verify_ledger
from avatar.consent.signed_note import NoteKey, read_note_key
from avatar.consent.tlog_proof import check_proof
from avatar.consent.witness import Witness, cosign_newest, followed_log
from avatar.errors import ConsentError, LedgerError
from avatar.people.key_rotation import rotate_checkpoint_key, rotate_ledger_key
from avatar.people.people import People
from avatar.testing.world import World
from tests.consent.independent import holds
from tests.consent.reading import entries


def reopened(world) -> World:
    return World(world.folder, now=world.now)


def note(code: str = "a.b") -> Refused:
    return Refused(code=code, request="Test")


@pytest.fixture
def lived_in(world) -> World:
    """A world with a person, checkpoints, and keys in the folder of the world."""
    world.enroll("zoe")
    world.ledger.checkpoint(key_at(world.folder / CHECKPOINT_KEY, make=True))
    return world


def log(world) -> NoteKey:
    return NoteKey(world.ledger.read().origin, key_at(world.folder / CHECKPOINT_KEY).public)


# -- the key of the entries


def test_a_new_key_signs_what_follows_and_everything_reads_as_before(lived_in):
    before, old = lived_in.ledger.read().people, key_at(lived_in.folder / "ledger.key").public
    new = rotate_ledger_key(lived_in.people, lived_in.folder)
    fresh = reopened(lived_in)
    fresh.ledger.append(note())

    assert new == key_at(lived_in.folder / "ledger.key").public != old
    assert not (lived_in.folder / "ledger.key.next").exists()
    assert fresh.ledger.read().key == new
    assert fresh.ledger.read().people == before
    assert fresh.people.find("zoe").alias == "zoe"
    assert fresh.enroll("yan")
    found = verify_ledger(fresh.objects, TrustAnchor(log(fresh)))
    assert found.sound, found.explain()
    assert found.origin == f"avatar-ledger/{old[:16]}" == (lived_in.folder / "ledger.origin").read_text().strip()


def test_the_process_that_exchanged_it_goes_on_and_others_are_told_to_start_anew(lived_in):
    other = reopened(lived_in)
    other.ledger.read()
    rotate_ledger_key(lived_in.people, lived_in.folder)
    lived_in.ledger.append(note())

    for use in (other.ledger.read, lambda: other.ledger.append(note())):
        with pytest.raises(LedgerError, match="start anew") as refusal:
            use()
        assert refusal.value.code == "ledger.foreign-key"
    assert reopened(lived_in).ledger.read().index == lived_in.ledger.read().index


def test_what_people_are_called_no_longer_stands_under_names_of_the_old_key(lived_in):
    before = set(lived_in.objects.list("aliases"))
    rotate_ledger_key(lived_in.people, lived_in.folder)

    after = set(lived_in.objects.list("aliases"))
    assert len(after) == len(before) == 1
    assert not after & before


@pytest.mark.parametrize("broken", ["all", "alias_key"])
def test_an_exchange_that_broke_off_is_finished_by_another(lived_in, monkeypatch, broken):
    def breaks(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(People, broken, breaks)
    with pytest.raises(KeyboardInterrupt):
        rotate_ledger_key(lived_in.people, lived_in.folder)
    monkeypatch.undo()

    with pytest.raises(LedgerError) as refusal:
        reopened(lived_in).ledger.read()
    assert refusal.value.code == "ledger.foreign-key"
    again = reopened(lived_in)
    rotate_ledger_key(again.people, lived_in.folder)
    assert reopened(lived_in).people.find("zoe")
    assert [entry.fact.kind for entry in entries(lived_in.objects)].count("rekeyed") == 1


def test_a_key_can_be_exchanged_again_and_again(lived_in):
    for _ in range(3):
        world = reopened(lived_in)
        rotate_ledger_key(world.people, lived_in.folder)
        world.ledger.append(note())

    assert reopened(lived_in).people.find("zoe")
    assert verify_ledger(lived_in.objects, TrustAnchor(log(reopened(lived_in)))).sound


def test_older_entries_are_read_and_proven_as_before(lived_in):
    rotate_ledger_key(lived_in.people, lived_in.folder)
    fresh = reopened(lived_in)
    fresh.ledger.checkpoint(key_at(lived_in.folder / CHECKPOINT_KEY))

    assert [entry.index for entry in fresh.ledger.entries(0, 3)] == [0, 1, 2]
    assert holds(str(fresh.ledger.prove(1)), str(log(fresh)))


def rekeyed(world, **change) -> Rekeyed:
    old, new = key_at(world.folder / "ledger.key"), new_key()
    said = make_succession("entries", world.ledger.read().origin, old, new)
    return Rekeyed(succession=said.model_copy(update=change))


@pytest.mark.parametrize(
    "change",
    [
        {"after": new_key().public},
        {"before": new_key().public},
        {"by_before": "0" * 128},
        {"by_after": "0" * 128},
        {"origin": "avatar-ledger/another"},
        {"signing": "checkpoints"},
    ],
)
def test_a_succession_that_not_both_signed_is_refused(lived_in, change):
    with pytest.raises(ConsentError) as refusal:
        lived_in.ledger.append(rekeyed(lived_in, **change))

    assert refusal.value.code == "ledger.bad-succession"
    assert reopened(lived_in).ledger.read().index == lived_in.ledger.read().index


def test_a_stranger_cannot_take_a_ledger_over(lived_in):
    """Who can write to the store, with a key of their own, signed by themselves as both."""
    mallory, origin = new_key(), lived_in.ledger.read().origin
    forged = Rekeyed(succession=make_succession("entries", origin, mallory, new_key()))
    with pytest.raises(LedgerError):
        Ledger(lived_in.objects, mallory, mallory.public).append(forged)
    with pytest.raises(LedgerError):
        Ledger(lived_in.objects, mallory, mallory.public).rekey(new_key())

    with pytest.raises(ConsentError) as refusal:
        lived_in.ledger.append(forged)
    assert refusal.value.code == "ledger.bad-succession"


def test_what_the_old_key_signs_afterwards_stops_everything(lived_in):
    from avatar.canonical import canonical
    from avatar.consent.entries import Entry

    old = key_at(lived_in.folder / "ledger.key")
    rotate_ledger_key(lived_in.people, lived_in.folder)
    place, _ = lived_in.ledger.head()
    index, by = place.index + 1, lived_in.ledger.operator
    signature = old.sign(signed_bytes_of(index, place.digest, lived_in.now, by, note()))
    entry = Entry(index=index, previous=place.digest, at=lived_in.now, by=by, fact=note(), signature=signature)
    lived_in.objects.create(f"ledger/entries/{index:012d}", canonical(entry.model_dump(mode="json")))

    with pytest.raises(LedgerError) as refusal:
        reopened(lived_in).ledger.read()
    assert refusal.value.code == "ledger.forged"
    assert not verify_ledger(lived_in.objects, TrustAnchor()).sound


# -- the key of the checkpoints


def test_who_believes_the_old_key_learns_the_new_one_from_a_proof(lived_in):
    old = log(lived_in)
    proof = rotate_checkpoint_key(lived_in.ledger, lived_in.folder)
    new = log(lived_in)

    for key in (old, new):
        assert check_proof(proof, key, []).entry.fact.succession.after == new.public
        assert holds(str(proof), str(key))
    assert old != new
    assert not (lived_in.folder / f"{CHECKPOINT_KEY}.next").exists()


@pytest.mark.parametrize("times", [1, 2])
def test_whoever_verifies_may_believe_the_old_key_or_the_new_one(lived_in, times):
    keys, kept = [log(lived_in)], lived_in.ledger.checkpoint(key_at(lived_in.folder / CHECKPOINT_KEY))
    for _ in range(times):
        rotate_checkpoint_key(lived_in.ledger, lived_in.folder)
        lived_in.ledger.append(note())
        lived_in.ledger.checkpoint(key_at(lived_in.folder / CHECKPOINT_KEY))
        keys.append(log(lived_in))

    for key in keys:
        found = verify_ledger(lived_in.objects, TrustAnchor(key, kept=(kept,)))
        assert {finding.answer for finding in found.found} == {FindingStatus.HOLDS, FindingStatus.NOT_SHOWN}, (
            found.explain()
        )
    stranger = NoteKey(keys[0].name, new_key().public)
    assert not verify_ledger(lived_in.objects, TrustAnchor(stranger)).sound


def test_a_witness_follows_and_remembers_whom(lived_in):
    state, own = lived_in.folder / "memory", new_key()
    cosign_newest(lived_in.objects, Witness(state, own, log(lived_in)), lived_in.now)
    old = log(lived_in)
    rotate_checkpoint_key(lived_in.ledger, lived_in.folder)
    lived_in.ledger.append(note())
    lived_in.ledger.checkpoint(key_at(lived_in.folder / CHECKPOINT_KEY))

    cosign_newest(lived_in.objects, Witness(state, own, old), lived_in.now)
    assert followed_log(state) == str(log(lived_in)) != str(old)
    lived_in.ledger.append(note())
    lived_in.ledger.checkpoint(key_at(lived_in.folder / CHECKPOINT_KEY))
    cosign_newest(lived_in.objects, Witness(state, own, log(lived_in)), lived_in.now)


def test_who_stole_the_ledgers_key_cannot_name_a_checkpoint_key(lived_in):
    """They sign entries, and say that the checkpoint key, which they do not have, gave way to one of theirs."""
    old, mine, origin = log(lived_in), new_key(), lived_in.ledger.read().origin
    forged = make_succession("checkpoints", origin, new_key(), mine).model_copy(update={"before": old.public})
    with pytest.raises(ConsentError):
        lived_in.ledger.append(Rekeyed(succession=forged))
    unlinked = Rekeyed(succession=make_succession("checkpoints", origin, new_key(), mine))
    lived_in.ledger.append(unlinked)  # of two keys of their own: that says nothing about ours
    lived_in.ledger.checkpoint(mine)

    assert linked_keys(old.public, [forged, unlinked.succession]) == {old.public}
    found = verify_ledger(lived_in.objects, TrustAnchor(old))
    assert [f.code for f in found.found if f.answer == FindingStatus.BROKEN] == ["ledger.forged"]
    with pytest.raises(LedgerError) as refusal:
        cosign_newest(lived_in.objects, Witness(lived_in.folder / "memory", new_key(), old), lived_in.now)
    assert refusal.value.code == "witness.unsigned"


def test_the_commands_exchange_both_keys(tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from avatar.cli.main import app

    monkeypatch.setenv("AVATAR_HOME", str(tmp_path))
    for name in ("STORE", "KEYS", "KMS_KEY"):
        monkeypatch.delenv(f"AVATAR_{name}", raising=False)

    def run(*words: str) -> str:
        result = CliRunner().invoke(app, [str(word) for word in words])
        assert result.exit_code == 0, result.output
        return result.output

    old = run("ledger", "checkpoint").split("need this key: ")[1].strip()
    run("keys", "rotate-ledger")
    new = run("keys", "rotate-checkpoints", "--out", tmp_path / "proof").split("need this key: ")[1].split()[0]
    run("ledger", "checkpoint")

    said = run("ledger", "check-proof", tmp_path / "proof", "--log-key", old)
    assert f'"after": "{read_note_key(new).public}"' in said
    for key in (old, new):
        run("ledger", "verify", "--log-key", key)
    run("ledger", "verify")  # with the key folder
