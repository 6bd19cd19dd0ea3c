"""What the ledger's entries add up to: a fold, with no IO."""

from dataclasses import dataclass, field

from avatar.consent.claims import Use
from avatar.consent.entries import (
    Brought,
    Enrolled,
    Entry,
    Erased,
    Expired,
    Granted,
    Opened,
    Performed,
    Published,
    Withdrawn,
)
from avatar.consent.keys import verify
from avatar.consent.record import Grant
from avatar.errors import LedgerError


@dataclass(frozen=True)
class Standing:
    """A grant, the uses of it that have not been taken back, and the entry that recorded it."""

    grant: Grant
    uses: frozenset[Use]
    index: int


@dataclass
class PersonState:
    """What the ledger knows of one person."""

    key: str
    card: str
    capacity: str
    assets: dict[str, str] = field(default_factory=dict)  # sha256 of a sample -> manifest digest
    standing: list[Standing] = field(default_factory=list)
    withdrawn: int | None = None  # index of the newest withdrawal
    erased: bool = False


@dataclass(frozen=True)
class Publication:
    """A published file: its place in the ledger and who is in it."""

    index: int
    people: tuple[str, ...]
    grants: tuple[str, ...]


@dataclass
class State:
    """The fold of all entries so far. Only ``fold`` changes it."""

    origin: str = ""
    key: str = ""
    index: int = -1
    digest: str = ""
    people: dict[str, PersonState] = field(default_factory=dict)
    grants: set[str] = field(default_factory=set)  # digests of every grant ever recorded
    made: set[str] = field(default_factory=set)  # digests of every artifact that a studio made
    published: dict[str, Publication] = field(default_factory=dict)  # by sha256 of the file


def fold(state: State, entry: Entry) -> None:
    """Add *entry* to *state*.

    Raises:
        LedgerError: the entry is not the next one, or is not signed as it must be.
    """
    fact = entry.fact
    if state.index < 0:
        if not isinstance(fact, Opened):
            raise LedgerError("the ledger does not begin with its opening entry", code="ledger.forged")
        state.origin, state.key = fact.origin, fact.key
    _check_place(state, entry)
    if isinstance(fact, Enrolled):
        _enrol(state, fact)
    elif isinstance(fact, Brought):
        _person(state, fact.person, entry).assets[fact.asset] = fact.manifest
    elif isinstance(fact, Granted):
        _grant(state, fact, entry)
    elif isinstance(fact, Withdrawn):
        _withdraw(state, fact, entry)
    elif isinstance(fact, Erased):
        _erase(state, fact, entry)
    elif isinstance(fact, Expired):
        _expire(state, fact)
    elif isinstance(fact, Performed):
        state.made.add(fact.made)
    elif isinstance(fact, Published):
        state.published[fact.file] = Publication(entry.index, fact.people, fact.grants)
    state.index, state.digest = entry.index, entry.digest


def _check_place(state: State, entry: Entry) -> None:
    if entry.index != state.index + 1 or entry.previous != state.digest:
        raise LedgerError(f"ledger entry {entry.index} does not follow the one before it", code="ledger.broken-chain")
    if not verify(state.key, entry.signature, entry.signed_bytes):
        raise LedgerError(f"ledger entry {entry.index} is not signed by the ledger's key", code="ledger.forged")


def _person(state: State, person: str, entry: Entry) -> PersonState:
    if person not in state.people:
        raise LedgerError(f"ledger entry {entry.index} speaks of {person}, who never enrolled", code="ledger.forged")
    return state.people[person]


def _enrol(state: State, fact: Enrolled) -> None:
    if fact.person in state.people:
        raise LedgerError(f"{fact.person} enrolled twice: a person's key is never replaced", code="ledger.forged")
    state.people[fact.person] = PersonState(fact.key, fact.card, fact.capacity)


def _grant(state: State, fact: Granted, entry: Entry) -> None:
    grant = fact.grant
    person = _person(state, grant.person, entry)
    # Checked here too, not only when it came in: whoever can write entries still cannot make a person agree.
    if not verify(person.key, grant.signature, grant.signed_bytes):
        raise LedgerError(f"the grant in entry {entry.index} is not signed by its person", code="ledger.forged")
    # A grant that was withdrawn stays withdrawn: recording the same signature again is not a new agreement.
    if grant.digest in state.grants:
        raise LedgerError(f"the grant in entry {entry.index} was recorded before", code="ledger.forged")
    state.grants.add(grant.digest)
    person.standing.append(Standing(grant, frozenset(grant.uses), entry.index))


def _withdraw(state: State, fact: Withdrawn, entry: Entry) -> None:
    person = _person(state, fact.withdrawal.person, entry)
    signature = fact.withdrawal.signature
    if signature is not None and not verify(person.key, signature, fact.withdrawal.signed_bytes):
        raise LedgerError(f"the withdrawal in entry {entry.index} is not signed by its person", code="ledger.forged")
    taken = frozenset(fact.withdrawal.uses)
    left = [Standing(s.grant, s.uses - taken if taken else frozenset(), s.index) for s in person.standing]
    person.standing = [standing for standing in left if standing.uses]
    person.withdrawn = entry.index


def _erase(state: State, fact: Erased, entry: Entry) -> None:
    person = _person(state, fact.person, entry)
    person.standing, person.withdrawn, person.erased = [], entry.index, True


def _expire(state: State, fact: Expired) -> None:
    gone = set(fact.artifacts)
    state.made -= gone
    for person in state.people.values():
        person.assets = {asset: manifest for asset, manifest in person.assets.items() if manifest not in gone}
