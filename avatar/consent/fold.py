"""Fold ledger entries into a state, one after the other, with no IO."""

from dataclasses import replace
from typing import assert_never

from avatar.consent.entries import (
    Appointed,
    Approved,
    Enrolled,
    Entry,
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
from avatar.consent.roles import Role, operator_id
from avatar.consent.state import (
    ActiveGrant,
    GrantUsage,
    OperatorState,
    PendingChallenge,
    PersonState,
    Publication,
    State,
)
from avatar.consent.validation import validate_entry
from avatar.errors import LedgerError


def fold(state: State, entry: Entry) -> None:
    """Add *entry* to *state*.

    Raises:
        LedgerError: the entry is not the next one, or is not signed as it must be.
    """
    fact = entry.fact
    if state.index < 0:
        if not isinstance(fact, LedgerCreated):
            raise LedgerError("the ledger does not begin with its opening entry", code="ledger.forged")
        state.origin, state.key = fact.origin, fact.key
        state.operators[operator_id(fact.founder)] = OperatorState(fact.founder, frozenset(Role))
    _check_place(state, entry)
    against = validate_entry(state, fact)
    if against:
        raise LedgerError(f"ledger entry {entry.index} should not be there: {against.sentence}", code="ledger.forged")
    _step(state, fact, entry)
    state.index, state.digest = entry.index, entry.digest


def _step(state: State, fact: Fact, entry: Entry) -> None:  # noqa: PLR0912 - a step for each kind
    match fact:
        case Appointed():
            _appoint(state, fact)
        case PolicySet():
            _set_policy(state, fact)
        case Approved():
            _approve(state, fact)
        case Rekeyed():
            _rekey(state, fact)
        case Enrolled():
            _enrol(state, fact)
        case SampleAdded():
            _add_sample(state, fact)
        case Requested():
            _request(state, fact, entry)
        case Granted():
            _grant(state, fact, entry)
        case Narrowed():
            _narrow(state, fact, entry)
        case Reconfirmed():
            _reconfirm(state, fact, entry)
        case Suspended():
            _suspend(state, fact)
        case Withdrawn():
            _withdraw(state, fact, entry)
        case Erased():
            _erase(state, fact, entry)
        case Expired():
            _expire(state, fact)
        case Performed():
            _perform(state, fact, entry)
        case Published():
            _publish(state, fact, entry)
        case LedgerCreated() | Refused():
            pass  # the ledger was opened above; nothing that was refused changes what holds
        case _:
            assert_never(fact)


def _check_place(state: State, entry: Entry) -> None:
    if entry.index != state.index + 1 or entry.previous != state.digest:
        raise LedgerError(f"ledger entry {entry.index} does not follow the one before it", code="ledger.broken-chain")
    if not verify(state.key, entry.signature, entry.signed_bytes):
        raise LedgerError(f"ledger entry {entry.index} is not signed by the ledger's key", code="ledger.forged")


def _appoint(state: State, fact: Appointed) -> None:
    appointment = fact.appointment
    state.records.add(appointment.record_id)
    state.operators[operator_id(appointment.key)] = OperatorState(appointment.key, frozenset(appointment.roles))


def _set_policy(state: State, fact: PolicySet) -> None:
    state.records.add(fact.rule.record_id)
    state.approval_needed = fact.rule.approval


def _approve(state: State, fact: Approved) -> None:
    approval = fact.approval
    state.approvals[approval.subject] = state.approvals.get(approval.subject, frozenset()) | {approval.by}


def _rekey(state: State, fact: Rekeyed) -> None:
    if fact.succession.signing == "entries":
        state.key = fact.succession.after


def _enrol(state: State, fact: Enrolled) -> None:
    state.people[fact.person] = PersonState(fact.key, fact.card, fact.capacity)


def _add_sample(state: State, fact: SampleAdded) -> None:
    state.people[fact.person].samples[fact.asset] = fact.manifest


def _request(state: State, fact: Requested, entry: Entry) -> None:
    state.asked[fact.challenge] = PendingChallenge(fact.person, entry.index)


def _grant(state: State, fact: Granted, entry: Entry) -> None:
    grant = fact.grant
    person = state.people[grant.person]
    state.records.add(grant.record_id)
    if isinstance(grant.evidence, Captured):
        state.asked[grant.evidence.challenge] = replace(state.asked[grant.evidence.challenge], answered=True)
    state.grants[grant.digest] = grant.person
    kept = [standing for standing in person.standing if standing.grant.digest != grant.previous]
    if len(kept) < len(person.standing):
        person.narrowed_at = entry.index
    person.standing = kept
    person.standing.append(ActiveGrant(grant, frozenset(grant.scope.uses), entry.index, grant.scope, entry.at))
    person.epoch += 1


def _narrow(state: State, fact: Narrowed, entry: Entry) -> None:
    narrowing = fact.narrowing
    person = state.people[narrowing.person]
    state.records.add(narrowing.record_id)

    def narrowed(standing: ActiveGrant) -> ActiveGrant:
        return replace(standing, scope=narrowing.scope, uses=standing.uses & frozenset(narrowing.scope.uses))

    person.narrowed_at = entry.index
    person.standing = [narrowed(s) if s.grant.digest == narrowing.grant else s for s in person.standing]
    person.epoch += 1


def _reconfirm(state: State, fact: Reconfirmed, entry: Entry) -> None:
    reconfirmation = fact.reconfirmation
    person = state.people[reconfirmation.person]
    state.records.add(reconfirmation.record_id)
    person.standing = [
        replace(s, confirmed=entry.at) if s.grant.digest == reconfirmation.grant else s for s in person.standing
    ]
    person.epoch += 1


def _suspend(state: State, fact: Suspended) -> None:
    person = state.people[fact.suspension.person]
    state.records.add(fact.suspension.record_id)
    person.suspended = not fact.suspension.ends
    person.epoch += 1


def _withdraw(state: State, fact: Withdrawn, entry: Entry) -> None:
    person = state.people[fact.withdrawal.person]
    taken = frozenset(fact.withdrawal.uses)
    left = [replace(s, uses=s.uses - taken if taken else frozenset()) for s in person.standing]
    person.standing = [standing for standing in left if standing.uses]
    person.withdrawn = person.narrowed_at = entry.index
    person.epoch += 1


def _erase(state: State, fact: Erased, entry: Entry) -> None:
    person = state.people[fact.person]
    person.standing, person.withdrawn, person.narrowed_at, person.erased = [], entry.index, entry.index, True
    person.epoch += 1


def _expire(state: State, fact: Expired) -> None:
    gone = set(fact.artifacts)
    state.made = {digest: by for digest, by in state.made.items() if digest not in gone}
    for person in state.people.values():
        person.samples = {sample: manifest for sample, manifest in person.samples.items() if manifest not in gone}


def _perform(state: State, fact: Performed, entry: Entry) -> None:
    state.made.setdefault(fact.made, entry.by)


def _publish(state: State, fact: Published, entry: Entry) -> None:
    state.published[fact.file] = Publication(
        entry.index,
        entry.at,
        fact.recipe,
        fact.milliseconds,
        fact.purpose,
        fact.channels,
        fact.people,
        fact.grants,
    )
    if fact.recipe not in state.released_recipes:
        state.released_recipes.add(fact.recipe)
        for grant in fact.grants:
            spent = state.spent.get(grant, GrantUsage())
            state.spent[grant] = GrantUsage(spent.outputs + 1, spent.milliseconds + fact.milliseconds)
