"""One order, nothing lost, and everything stops when an entry is not what it was."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest

from avatar.canonical import canonical
from avatar.consent import Use
from avatar.consent.entries import Entry, LedgerCreated, Refused, signed_bytes_of
from avatar.consent.keys import key_at, new_key
from avatar.consent.ledger import Ledger
from avatar.errors import ConsentError, LedgerError

APPENDERS, EACH = 4, 8


def name(index: int) -> str:
    return f"ledger/entries/{index:012d}"


BY = "o-0000000000000000"


def note(code: str = "a.b") -> Refused:
    return Refused(code=code, request="Test")


def overwrite(world, index: int, data: bytes | None) -> None:
    world.objects.delete(name(index))
    if data is not None:
        assert world.objects.create(name(index), data)


def reopened(world) -> Ledger:
    """The same ledger as another process would see it."""
    return Ledger(world.objects, key_at(world.folder / "ledger.key"), world.operator.public, world.clock)


def entry(world, index: int) -> dict:
    return json.loads(world.objects.read(name(index)))


def test_a_new_ledger_opens_with_its_key(world):
    position, state = world.ledger.head()

    assert position.index == 0
    assert state.key == key_at(world.folder / "ledger.key").public
    assert position.origin == f"avatar-ledger/{state.key[:16]}"


def test_entries_follow_each_other(any_world):
    indices = [any_world.ledger.append(note()) for _ in range(5)]

    assert indices == [1, 2, 3, 4, 5]
    assert reopened(any_world).read().index == 5


def test_many_threads_append_in_one_order_and_lose_nothing(any_world):
    any_world.ledger.read()
    ledgers = [reopened(any_world) for _ in range(APPENDERS)]
    together = Barrier(APPENDERS)

    def append(number: int) -> list[int]:
        together.wait()
        return [ledgers[number].append(note(f"w{number}.n{count}")) for count in range(EACH)]

    with ThreadPoolExecutor(APPENDERS) as pool:
        indices = list(pool.map(append, range(APPENDERS)))

    assert sorted(index for own in indices for index in own) == list(range(1, APPENDERS * EACH + 1))
    assert all(own == sorted(own) for own in indices)
    for number, own in enumerate(indices):
        assert [entry(any_world, index)["fact"]["code"] for index in own] == [f"w{number}.n{c}" for c in range(EACH)]
    assert reopened(any_world).read().index == APPENDERS * EACH


_APPEND = """
import sys
from pathlib import Path
from avatar.consent.entries import Refused
from avatar.testing.world import World
world = World(Path(sys.argv[1]))
for count in range(20):
    world.ledger.append(Refused(code=f"p{sys.argv[2]}.n{count}", request="Test"))
"""


def test_two_processes_append_in_one_order_and_lose_nothing(world):
    world.ledger.read()
    running = [subprocess.Popen([sys.executable, "-c", _APPEND, str(world.folder), str(n)]) for n in range(2)]
    assert [process.wait(60) for process in running] == [0, 0]

    assert reopened(world).read().index == 40
    codes = [entry(world, index)["fact"]["code"] for index in range(1, 41)]
    assert sorted(codes) == sorted(f"p{p}.n{c}" for p in range(2) for c in range(20))


def test_a_fact_goes_right_behind_its_position_or_not_at_all(world):
    position, _ = world.ledger.head()
    other = reopened(world)
    other.append(note())

    assert not world.ledger.append_at(position, note())
    assert world.ledger.append_at(world.ledger.head()[0], note())
    assert world.ledger.read().index == 2


@pytest.fixture
def five(world):
    for count in range(5):
        world.ledger.append(note(f"n.c{count}"))
    return world


def refusal_of(world) -> str:
    with pytest.raises(LedgerError) as refusal:
        reopened(world).read()
    return refusal.value.code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"at": "2031-01-01T00:00:00Z"}, "ledger.forged"),
        ({"fact": {"kind": "refused", "code": "x.y", "request": "Test", "people": []}}, "ledger.forged"),
        ({"signature": "0" * 128}, "ledger.forged"),
        ({"previous": "0" * 64}, "ledger.broken-chain"),
        ({"index": 4}, "ledger.broken-chain"),
        ({"more": 1}, "ledger.unreadable"),
        ({"fact": {"kind": "amnesty"}}, "ledger.unreadable"),
    ],
)
def test_an_edited_entry_stops_everything(five, change, code):
    overwrite(five, 3, canonical({**entry(five, 3), **change}))

    assert refusal_of(five) == code


@pytest.mark.parametrize("data", [b"", b"{", b"null", b"\xff\xfe", b"[" * 10_000])
def test_an_entry_that_is_not_an_entry_stops_everything(five, data):
    overwrite(five, 3, data)

    assert refusal_of(five) == "ledger.unreadable"


def test_reordered_entries_stop_everything(five):
    third, fourth = five.objects.read(name(3)), five.objects.read(name(4))
    overwrite(five, 3, fourth)
    overwrite(five, 4, third)

    assert refusal_of(five) == "ledger.broken-chain"


def test_an_entry_signed_by_someone_else_stops_everything(five):
    old = Entry.model_validate(entry(five, 3))
    signature = new_key().sign(signed_bytes_of(3, old.previous, old.at, old.by, old.fact))
    overwrite(five, 3, canonical({**entry(five, 3), "signature": signature}))

    assert refusal_of(five) == "ledger.forged"


def test_a_missing_entry_stops_everything_before_anything_is_written_in_its_place(five):
    overwrite(five, 3, None)

    assert refusal_of(five) == "ledger.broken-chain"
    with pytest.raises(LedgerError):
        reopened(five).append(note())
    assert five.objects.read(name(3)) is None


def test_a_missing_first_entry_is_no_new_ledger(five):
    overwrite(five, 0, None)

    assert refusal_of(five) == "ledger.broken-chain"
    assert five.objects.read(name(0)) is None


def test_a_ledger_rebuilt_with_another_key_is_foreign(five):
    key = new_key()
    at, fact = (
        datetime(2030, 1, 1, tzinfo=UTC),
        LedgerCreated(origin=entry(five, 0)["fact"]["origin"], key=key.public, founder=key.public),
    )
    forged = Entry(
        index=0, previous="", at=at, by=BY, fact=fact, signature=key.sign(signed_bytes_of(0, "", at, BY, fact))
    )
    for index in range(1, 6):
        overwrite(five, index, None)
    overwrite(five, 0, canonical(forged.model_dump(mode="json")))

    assert refusal_of(five) == "ledger.foreign-key"


def test_another_key_folder_says_what_to_do(five):
    stranger = Ledger(five.objects, new_key(), five.operator.public)

    for _ in range(2):  # it does not pass at the second try
        with pytest.raises(LedgerError, match="point AVATAR_KEYS at the folder that belongs to the store") as refusal:
            stranger.append(note())
        assert refusal.value.code == "ledger.foreign-key"


def test_a_running_process_sees_that_the_tail_was_cut_off(five):
    overwrite(five, 5, None)

    for use in (five.ledger.read, lambda: five.ledger.append(note())):
        with pytest.raises(LedgerError) as refusal:
            use()
        assert refusal.value.code == "ledger.rolled-back"


def test_a_running_process_sees_that_the_newest_entry_was_replaced(five):
    honest = reopened(five)
    assert honest.read().index == 5
    other = Ledger(five.objects, key_at(five.folder / "ledger.key"), five.operator.public, five.clock)
    overwrite(five, 5, None)
    other.append(note("another.story"))

    with pytest.raises(LedgerError) as refusal:
        honest.read()
    assert refusal.value.code == "ledger.rolled-back"


def test_no_entry_holds_a_name(world):
    zoe = world.enroll("zoe")
    world.agree(zoe)
    world.people.withdraw(zoe)

    assert not any(b"zoe" in world.objects.read(key) for key in world.objects.list("ledger"))


def test_a_record_of_a_stranger_never_gets_in(world):
    ada = world.enroll("ada")
    world.agree(ada, Use.PUBLISH)
    grant = world.ledger.read().people[ada.id].standing[0].grant
    stranger = grant.model_copy(update={"person": "p-ffffffffffffffff"})

    with pytest.raises(ConsentError, match="not enrolled") as refusal:
        world.people.record(stranger)
    assert refusal.value.code == "consent.unknown-person"
    assert reopened(world).read().index == world.ledger.read().index
