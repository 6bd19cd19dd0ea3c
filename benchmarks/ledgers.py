"""Ledgers to measure: any number of entries of every kind, kept in memory or in a folder."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import chain, cycle, islice
from pathlib import Path

from avatar.canonical import canonical
from avatar.consent import Use
from avatar.consent.claims import LedgerPosition
from avatar.consent.entries import (
    Enrolled,
    Entry,
    Fact,
    Granted,
    LedgerCreated,
    Performed,
    Published,
    Refused,
    SampleAdded,
    Withdrawn,
    signed_bytes_of,
)
from avatar.consent.evidence import Attested, Notice
from avatar.consent.keys import Key
from avatar.consent.ledger import origin_of
from avatar.consent.record import Grant, Withdrawal
from avatar.consent.roles import operator_id
from avatar.consent.scope import Salted
from avatar.consent.vocabulary import Channel, Purpose
from avatar.testing.world import TOY_TERMS

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
_PEOPLE = 10


class Memory:
    """An object store that is a dictionary."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def create(self, key: str, source: bytes | Path) -> bool:
        data = source if isinstance(source, bytes) else source.read_bytes()
        return self.held.setdefault(key, data) is data

    def read(self, key: str) -> bytes | None:
        return self.held.get(key)

    def download(self, key: str, to: Path) -> bool:
        data = self.read(key)
        if data is not None:
            to.write_bytes(data)
        return data is not None

    def list(self, prefix: str) -> Iterator[str]:
        return iter(sorted(key for key in self.held if key.startswith(f"{prefix}/")))

    def delete(self, key: str) -> None:
        self.held.pop(key, None)

    def start(self, key: str, size: int) -> bytes | None:
        data = self.read(key)
        return None if data is None else data[:size]

    def dated(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        return ((key, NOON) for key in self.list(prefix))

    def exchange(self, key: str, source: bytes | Path) -> bool:
        return self.held.pop(key, None) is not None and self.create(key, source)


_FOUNDER = Key(sha256(b"founder").digest()).public
_OPERATOR = operator_id(_FOUNDER)


def name(index: int) -> str:
    """Return where entry *index* stands."""
    return f"ledger/entries/{index:012d}"


def digest(*words: object) -> str:
    """Return a digest that only these *words* have."""
    return sha256(repr(words).encode()).hexdigest()


def signed(after: LedgerPosition, fact: Fact, key: Key) -> bytes:
    """Return the bytes of the entry behind *after* that says *fact*."""
    index, at = after.index + 1, NOON + timedelta(seconds=after.index + 1)
    signature = key.sign(signed_bytes_of(index, after.digest, at, _OPERATOR, fact))
    entry = Entry(index=index, previous=after.digest, at=at, by=_OPERATOR, fact=fact, signature=signature)
    return canonical(entry.model_dump(mode="json"))


def entries(count: int, key: Key) -> Iterator[bytes]:
    """Yield the bytes of *count* entries of a ledger that *key* signs."""
    said, place = (
        chain([LedgerCreated(origin=origin_of(key), key=key.public, founder=_FOUNDER)], facts()),
        LedgerPosition(origin_of(key), -1, ""),
    )
    for fact in islice(said, count):
        data = signed(place, fact, key)
        place = LedgerPosition(place.origin, place.index + 1, sha256(data).hexdigest())
        yield data


def facts() -> Iterator[Fact]:
    """Yield what happens at a studio with ten people, without end."""
    people = [(f"p-{number:016x}", Key(sha256(bytes([number])).digest())) for number in range(_PEOPLE)]
    for person, own in people:
        yield Enrolled(person=person, key=own.public, card=digest("card", person), capacity="synthetic")
        yield SampleAdded(person=person, asset=digest("asset", person), manifest=digest("manifest", person))
    # A person agrees, is performed and published now and then, and at last takes it back.
    for number, (person, own) in enumerate(cycle(people)):
        grant = _grant(person, own, number)
        yield Granted(grant=grant)
        for take in range(5):
            made = digest("made", number, take)
            yield Performed(
                request="Speak", recipe=digest("r", number), made=made, grants=(grant.digest,), recalled=take > 2
            )
        yield Published(
            file=digest("f", number),
            recipe=digest("r", number),
            milliseconds=60_000,
            purpose=Purpose.RESEARCH,
            channels=(Channel.INTERNAL,),
            people=(person,),
            grants=(grant.digest,),
        )
        yield Refused(code="consent.no-grant", request="SwapFace", people=(person,))
        plain = Withdrawal(person=person)
        yield Withdrawn(withdrawal=plain.model_copy(update={"signature": own.sign(plain.signed_bytes)}))


def _grant(person: str, key: Key, number: int) -> Grant:
    salted = Salted(salt=f"{number:032x}", digest=digest("words", number))
    plain = Grant(
        record_id=f"{number:032x}",
        created_at=NOON,
        person=person,
        grantee="a studio",
        scope=replace(TOY_TERMS, uses=(Use.ANIMATE_FACE, Use.PUBLISH))
        .scope((digest("asset", person),))
        .model_copy(update={"project": salted, "description": salted}),
        not_before=NOON,
        not_after=NOON + timedelta(days=365),
        evidence=Attested(operator=_OPERATOR),
        notice=Notice(text=digest("notice"), version=1),
        signature="0" * 128,
    )
    return plain.model_copy(update={"signature": key.sign(plain.signed_bytes)})
