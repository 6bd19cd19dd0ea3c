"""What the ledger says of a published file."""

from avatar.consent import Use
from avatar.consent.state import PersonState, State
from avatar.provenance.verdict import LedgerFacts


def facts_of(state: State, file: str) -> LedgerFacts | None:
    """Return where the file with the sha256 *file* stands in the ledger, and who took consent back since."""
    published = state.published.get(file)
    if published is None:
        return None
    gone = tuple(person for person in published.people if _withdrew(state.people[person], published.index))
    return LedgerFacts(state.origin, published.index, published.people, published.grants, withdrawn=gone)


def _withdrew(person: PersonState, since: int) -> bool:
    if person.withdrawn is None or person.withdrawn < since:
        return False
    return not any(Use.PUBLISH in standing.uses for standing in person.standing)
