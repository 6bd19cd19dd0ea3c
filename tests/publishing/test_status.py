"""What anyone may know of a published file."""

import pytest

from avatar.consent import Use
from avatar.consent.keys import new_key
from avatar.consent.ledger_verifier import Replay
from avatar.consent.signed_note import NoteKey, read_note
from avatar.errors import InputError, LedgerError
from avatar.people.erasure import erase
from avatar.publishing.ledger_lookup import lookup_publication
from avatar.publishing.status import FileState, Statuses, find_status_record, read_status
from tests.consent.grants import published

FILE, OTHER = "f" * 64, "e" * 64


@pytest.fixture
def statuses(any_world) -> Statuses:
    return Statuses(any_world.objects, any_world.ledger, new_key())


@pytest.fixture
def ada(any_world):
    person = any_world.enroll("ada")
    any_world.agree(person)
    return person


@pytest.fixture
def mia(any_world):
    person = any_world.enroll("mia")
    any_world.agree(person)
    return person


def publish(world, *people, file=FILE):
    fact = published(file, tuple(person.id for person in people))
    return world.ledger.append(fact)


def test_a_published_file_is_valid_until_someone_in_it_withdraws(any_world, statuses, ada, mia):
    published = publish(any_world, ada, mia)
    any_world.wait(days=0.5)
    before = statuses.of(FILE)
    withdrawn = any_world.people.withdraw(mia)

    after = statuses.of(FILE)

    assert (before.state, before.decided) == (FileState.VALID, published)
    assert (after.state, after.decided, after.published) == (FileState.WITHDRAWN, withdrawn, published)
    assert after.since == any_world.now > before.since


def test_an_erasure_is_told_as_such(any_world, statuses, ada, mia):
    publish(any_world, ada, mia)
    erase(any_world.people, "mia")

    assert statuses.of(FILE).state == FileState.ERASED


def test_the_status_says_what_a_verifier_says(any_world, statuses, ada):
    """Also where only some uses were taken back, or all were given again."""
    publish(any_world, ada)
    steps = [
        lambda: any_world.people.withdraw(ada, [Use.TRAIN]),
        lambda: any_world.people.withdraw(ada, [Use.PUBLISH]),
        lambda: any_world.agree(ada),
        lambda: any_world.people.withdraw(ada),
    ]
    told = []
    for step in steps:
        step()
        facts = lookup_publication(any_world.ledger.read(), FILE)
        told.append(statuses.of(FILE).state)
        assert (told[-1] == FileState.VALID) == (not facts.withdrawn)
        statuses.refresh()

    names = list(any_world.objects.list(f"published/{FILE}"))
    assert FileState.WITHDRAWN in told
    assert FileState.VALID in told
    newest = read_note(any_world.objects.read(names[-1]))
    assert newest == statuses.note(FILE)


def test_a_status_names_nobody(any_world, statuses, ada):
    publish(any_world, ada)
    any_world.people.withdraw(ada)
    statuses.refresh()

    for name in any_world.objects.list("published"):
        said = any_world.objects.read(name).decode()
        assert ada.id not in said + name
        assert "ada" not in said + name


def test_only_what_changed_is_written(any_world, statuses, ada, mia):
    publish(any_world, ada)
    publish(any_world, mia, file=OTHER)

    assert statuses.refresh() == 2
    assert statuses.refresh() == 0
    any_world.people.withdraw(mia)
    assert statuses.refresh([FILE]) == 0
    assert statuses.refresh() == 1
    assert len(list(any_world.objects.list(f"published/{OTHER}/status"))) == 2


def test_anyone_derives_the_same_from_the_entries_alone(any_world, statuses, ada):
    publish(any_world, ada)
    any_world.people.withdraw(ada)
    replay = Replay()
    for name in any_world.objects.list("ledger/entries"):
        replay.add(any_world.objects.read(name))

    place, status = find_status_record(replay.state, FILE), statuses.of(FILE)

    assert (place.file, place.state, place.published, place.decided) == (
        status.file,
        status.state,
        status.published,
        status.decided,
    )


def test_a_stored_status_is_checked_with_the_ledgers_checkpoint_key(any_world, statuses, ada):
    publish(any_world, ada)
    statuses.refresh()
    (name,) = any_world.objects.list("published")
    data = any_world.objects.read(name)
    log = NoteKey(any_world.ledger.read().origin, statuses.key.public)

    assert read_status(data, log) == statuses.of(FILE)
    for stranger in (NoteKey(log.name, new_key().public), NoteKey("another/ledger", log.public)):
        with pytest.raises(LedgerError) as refusal:
            read_status(data, stranger)
        assert refusal.value.code == "status.unsigned"
    with pytest.raises(LedgerError):
        read_status(data.replace(b'"valid"', b'"erased"'), log)


def test_a_checkpoint_is_no_status_though_one_key_signs_both(any_world, statuses, ada):
    note = any_world.ledger.checkpoint(statuses.key)

    with pytest.raises(LedgerError) as refusal:
        read_status(str(note).encode(), NoteKey(any_world.ledger.read().origin, statuses.key.public))

    assert refusal.value.code == "ledger.malformed"


def test_a_file_that_was_never_let_out_has_no_status(statuses):
    with pytest.raises(InputError) as refusal:
        statuses.of(FILE)

    assert refusal.value.code == "status.unknown-file"


def test_an_entry_that_was_changed_in_the_store_dates_nothing(any_world, statuses, ada):
    from tests.redteam.attacks import overwrite

    index = publish(any_world, ada)
    any_world.people.withdraw(ada)
    name = f"ledger/entries/{index:012d}"
    overwrite(any_world.objects, name, any_world.objects.read(name).replace(b"2030-01-01", b"2020-01-01"))

    with pytest.raises(LedgerError):
        list(any_world.ledger.entries(index, index + 1))
