"""Validate ledger entries: before one is written, and again by everyone who reads it.

Both ask the same, so nothing gets in that would stop a reader, and whoever can write to the store still cannot make a
person agree, or an operator approve.
"""

from dataclasses import dataclass
from typing import assert_never

from avatar.consent.entries import (
    Appointed,
    Approved,
    Enrolled,
    Erased,
    Expired,
    Fact,
    Granted,
    LedgerCreated,
    Narrowed,
    Performed,
    PolicySet,
    Published,
    Reconfirmed,
    Refused,
    Rekeyed,
    Requested,
    SampleAdded,
    Suspended,
    Withdrawn,
)
from avatar.consent.evidence import Captured
from avatar.consent.keys import verify
from avatar.consent.record import Grant, Narrowing, Reconfirmation, Suspension, Withdrawal
from avatar.consent.roles import Appointment, Approval, ApprovalPolicy, Role
from avatar.consent.state import State

_Record = Grant | Withdrawal | Narrowing | Reconfirmation | Suspension


@dataclass(frozen=True)
class Objection:
    """Why a fact may not be recorded: whose it is, a reason code, and a sentence that says what to do."""

    person: str
    code: str
    sentence: str


def validate_entry(state: State, fact: Fact) -> Objection | None:  # noqa: PLR0911, PLR0912 - an answer for each kind
    """Return why *fact* may not follow *state*, or ``None`` if it may."""
    match fact:
        case Enrolled() if fact.person in state.people:
            return _consent(fact.person, "enrolled-twice", f"{fact.person} is enrolled: a person's key never changes")
        case Requested() if fact.challenge in state.asked:
            return _consent(fact.person, "asked-twice", f"{fact.person} was asked that before; draw a new challenge")
        case SampleAdded() | Requested() | Erased():
            return _stranger(state, fact.person)
        case Granted():
            grant = fact.grant
            signed = _by_person(state, grant) or _repeated(state, grant)
            return signed or _foreign_previous(state, grant) or _unasked(state, grant)
        case Withdrawn():
            return _by_person(state, fact.withdrawal)
        case Narrowed():
            narrowing = fact.narrowing
            return _by_person(state, narrowing) or _repeated(state, narrowing) or _wider(state, narrowing)
        case Reconfirmed():
            record = fact.reconfirmation
            return _by_person(state, record) or _repeated(state, record) or _ended(state, record)
        case Suspended():
            return _by_person(state, fact.suspension) or _repeated(state, fact.suspension)
        case Appointed():
            return _by_operator(state, fact.appointment, Role.APPOINT) or _ruled_before(state, fact.appointment)
        case PolicySet():
            return _by_operator(state, fact.rule, Role.APPOINT) or _ruled_before(state, fact.rule)
        case Rekeyed():
            return _no_succession(state, fact)
        case Approved():
            return _by_operator(state, fact.approval, Role.APPROVE)
        case Enrolled() | LedgerCreated() | Expired() | Refused() | Performed() | Published():
            return None  # nobody's signature but the ledger's is needed
        case _:
            assert_never(fact)


def _no_succession(state: State, fact: Rekeyed) -> Objection | None:
    said = fact.succession
    if said.origin == state.origin and said.holds and (said.signing != "entries" or said.before == state.key):
        return None
    return Objection("", "ledger.bad-succession", "this ledger's key did not give way to that one; both have to sign")


def _consent(person: str, why: str, sentence: str) -> Objection:
    return Objection(person, f"consent.{why}", sentence)


def _stranger(state: State, id: str) -> Objection | None:
    person = state.people.get(id)
    if person is None:
        return _consent(id, "unknown-person", f"{id} is not enrolled here (avatar enroll)")
    if person.erased:
        return _consent(id, "erased", f"{id} was erased; nothing of them is recorded any more")
    return None


def _by_person(state: State, record: _Record) -> Objection | None:
    stranger = _stranger(state, record.person)
    # Without a signature: a withdrawal, or a pause, that reached the organisation on another way.
    if stranger or record.signature is None:
        return stranger
    if not verify(state.people[record.person].key, record.signature, record.signed_bytes):
        kind = _kind_of(record)
        sentence = f"the {kind} of {record.person} is not signed with their key, or was edited after they signed it"
        return _consent(record.person, "bad-signature", f"{sentence}; ask them to sign again (avatar grant)")
    return None


def _repeated(state: State, record: Grant | Narrowing | Reconfirmation | Suspension) -> Objection | None:
    # What was ended stays ended: recording the same signature again is not a new agreement.
    if record.record_id not in state.records:
        return None
    kind = _kind_of(record)
    sentence = f"this {kind} of {record.person} was recorded before; ask for a new one (avatar grant)"
    return _consent(record.person, "replayed", sentence)


def _foreign_previous(state: State, grant: Grant) -> Objection | None:
    if grant.previous is None or state.grants.get(grant.previous) == grant.person:
        return None
    sentence = f"the grant of {grant.person} takes the place of one that they never gave; ask for a new one"
    return _consent(grant.person, "unknown-grant", f"{sentence} (avatar grant)")


def _unasked(state: State, grant: Grant) -> Objection | None:
    """Return what is wrong with the question that *grant* says it answers, if anyone was asked."""
    if not isinstance(grant.evidence, Captured):
        return None
    asked, withdrawn = state.asked.get(grant.evidence.challenge), state.people[grant.person].withdrawn
    what = f"the recorded statement of {grant.person}"
    if asked is None or asked.person != grant.person:
        return _consent(
            grant.person, "not-asked", f"{what} answers no question that is on record (avatar consent request)"
        )
    if asked.answered:
        return _consent(grant.person, "replayed", f"{what} was recorded before; ask again (avatar consent request)")
    if withdrawn is not None and withdrawn > asked.index:
        return _consent(grant.person, "withdrawn-since", f"{what} is older than their withdrawal; ask again")
    return None


def _wider(state: State, narrowing: Narrowing) -> Objection | None:
    ended = _ended(state, narrowing)
    if ended:
        return ended
    (standing,) = (s for s in state.people[narrowing.person].standing if s.grant.digest == narrowing.grant)
    if narrowing.scope.within(standing.scope):
        return None
    sentence = f"the narrowing of {narrowing.person} covers more than the grant does; more needs a grant (avatar grant)"
    return _consent(narrowing.person, "wider", sentence)


def _kind_of(record: object) -> str:
    """Return what a record is called in a sentence: ``Narrowing`` is a narrowing, ``ApprovalPolicy`` a rule."""
    return "rule" if isinstance(record, ApprovalPolicy) else type(record).__name__.lower()


def _ended(state: State, record: Narrowing | Reconfirmation) -> Objection | None:
    if any(standing.grant.digest == record.grant for standing in state.people[record.person].standing):
        return None
    sentence = f"the grant {record.grant[:12]} of {record.person} does not stand; ask for a new one (avatar grant)"
    return _consent(record.person, "no-such-grant", sentence)


def _by_operator(state: State, record: Appointment | Approval | ApprovalPolicy, role: Role) -> Objection | None:
    operator = state.operators.get(record.by)
    if operator is None or role not in operator.roles:
        sentence = f"{record.by} may not {role} here; ask an operator who may (avatar operators)"
        return Objection("", "role.missing", sentence)
    if not verify(operator.key, record.signature, record.signed_bytes):
        kind = _kind_of(record)
        return Objection("", "role.bad-signature", f"this {kind} is not signed with the key of {record.by}; sign again")
    return None


def _ruled_before(state: State, record: Appointment | ApprovalPolicy) -> Objection | None:
    if record.record_id not in state.records:
        return None
    return Objection("", "role.replayed", f"this {_kind_of(record)} was recorded before; make a new one")
