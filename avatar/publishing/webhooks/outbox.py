"""The outbox: queued deliveries of one subscription, as small objects that any process can continue."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from avatar.artifacts.objects import Objects
from avatar.canonical import canonical
from avatar.errors import StoreError

# Seconds between one try and the next: the schedule that Standard Webhooks 1.0.0 recommends, ten tries in 75 hours.
RETRY_DELAYS_S = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
MAX_ATTEMPTS = len(RETRY_DELAYS_S) + 1
_LEASE_S = 60.0  # seconds after which a try with no end is taken for a process that died
_JITTER_SHARE = 0.2  # of a delay, more or less, so that what failed together is not tried together


@dataclass(frozen=True)
class Delivery:
    """The message about ledger entry *index*: how often it was *tried*, when it is *due*, what went wrong last."""

    index: int
    tried: int = 0
    due: datetime | None = None
    why: str = ""


@dataclass(frozen=True)
class OutboxContents:
    """An outbox at one moment: *read_to* is the last ledger entry that was looked at, or None."""

    read_to: int | None = None
    waiting: tuple[Delivery, ...] = ()
    dead: tuple[Delivery, ...] = ()
    gone: bool = False


class _Note(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Began(_Note):
    at: AwareDatetime


class _Failed(_Note):
    why: str
    wait: int


class _Dead(_Note):
    why: str
    tried: int


N = TypeVar("N", bound=_Note)


@dataclass(frozen=True)
class Outbox:
    """The outbox of the subscription *id*.

    Nothing in it is ever overwritten: a try is claimed by creating its object, so of two processes one sends. Tries
    stay, as does the note that a message arrived: who was told what, and when.
    """

    objects: Objects
    id: str

    def look(self) -> OutboxContents:
        """Return what is in it."""
        return OutboxContents(
            max(self._indices("read-to"), default=None),
            tuple(filter(None, (self._waiting(index) for index in self._indices("queue")))),
            tuple(self._dead(index) for index in self._indices("dead")),
            self.objects.read(f"{self._folder}/gone") is not None,
        )

    def put(self, indices: Iterable[int], read_to: int, before: int | None) -> None:
        """Queue the messages about *indices*, then remember that the ledger was read up to *read_to*."""
        for index in indices:
            self._queue(index)
        # Last: who dies in between will queue the same again, and lose nothing.
        self.objects.create(self._key("read-to", read_to), b"")
        if before is not None and before != read_to:
            self.objects.delete(self._key("read-to", before))

    def claim(self, letter: Delivery, now: datetime) -> bool:
        """Take the next try of *letter* upon oneself; return False if someone else has it, or had."""
        if self._arrived(letter.index):
            return False
        return self.objects.create(self._key("tries", letter.index, letter.tried + 1), _bytes(_Began(at=now)))

    def arrived(self, letter: Delivery, now: datetime) -> None:
        """Remember that *letter* was taken."""
        self.objects.create(self._key("told", letter.index), _bytes(_Began(at=now)))
        self.objects.delete(self._key("queue", letter.index))

    def failed(self, letter: Delivery, why: str, wait: int) -> None:
        """Remember that the try after *letter* failed, and give the letter up if it was the last."""
        if letter.tried + 1 < MAX_ATTEMPTS:
            self.objects.create(
                self._key("failed", letter.index, letter.tried + 1), _bytes(_Failed(why=why, wait=wait))
            )
            return
        self.objects.create(self._key("dead", letter.index), _bytes(_Dead(why=why, tried=letter.tried + 1)))
        self.objects.delete(self._key("queue", letter.index))

    def revive(self, letter: Delivery) -> None:
        """Queue the dead *letter* again, with all its tries before it."""
        for kind in ("failed", "tries"):
            for key in list(self.objects.list(self._key(kind, letter.index))):
                self.objects.delete(key)
        self._queue(letter.index)
        self.objects.delete(self._key("dead", letter.index))

    def close(self) -> None:
        """Send nothing any more: the receiver said that it is gone."""
        self.objects.create(f"{self._folder}/gone", b"")

    def discard(self) -> None:
        """Remove all of it."""
        for key in list(self.objects.list(self._folder)):
            self.objects.delete(key)

    @property
    def _folder(self) -> str:
        return f"webhooks/{self.id}"

    def _key(self, kind: str, index: int, number: int | None = None) -> str:
        key = f"{self._folder}/{kind}/{index:012d}"
        return key if number is None else f"{key}/{number:03d}"

    def _indices(self, kind: str) -> list[int]:
        return sorted(int(key.rsplit("/", 1)[1]) for key in self.objects.list(f"{self._folder}/{kind}"))

    def _queue(self, index: int) -> None:
        self.objects.create(self._key("queue", index), b"")
        # Another process may have queued it before, and sent it in between.
        if self._arrived(index):
            self.objects.delete(self._key("queue", index))

    def _arrived(self, index: int) -> bool:
        return self.objects.read(self._key("told", index)) is not None

    def _waiting(self, index: int) -> Delivery | None:
        tried = max(self._indices(f"tries/{index:012d}"), default=0)
        if not tried:
            return Delivery(index)
        began, end = self._read(_Began, "tries", index, tried), self._read(_Failed, "failed", index, tried)
        if began is None:
            return None  # someone is at it
        wait = max(_delay(f"{self.id}/{index}", tried), end.wait if end else _LEASE_S)
        return Delivery(index, tried, began.at + timedelta(seconds=wait), end.why if end else "")

    def _dead(self, index: int) -> Delivery:
        end = self._read(_Dead, "dead", index)
        return Delivery(index, end.tried, None, end.why) if end else Delivery(index)

    def _read(self, kind: type[N], folder: str, index: int, number: int | None = None) -> N | None:
        key = self._key(folder, index, number)
        data = self.objects.read(key)
        try:
            return kind.model_validate_json(data) if data is not None else None
        except ValidationError as error:
            raise StoreError(
                f"{key} was altered in the store; delete it and deliver again", code="store.altered"
            ) from error


def _delay(letter: str, tried: int) -> float:
    # Spread by the letter's name, not by chance: every process must agree on when it is due.
    chance = int.from_bytes(sha256(f"{letter}/{tried}".encode()).digest()[:4], "big") / 2**32
    return RETRY_DELAYS_S[min(tried, len(RETRY_DELAYS_S)) - 1] * (1 + _JITTER_SHARE * (2 * chance - 1))


def _bytes(note: _Note) -> bytes:
    return canonical(note.model_dump(mode="json"))
