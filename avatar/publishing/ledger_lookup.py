"""Look a published file up in the ledger state."""

from avatar.consent import Use
from avatar.consent.state import PersonState, Publication, State
from avatar.provenance.verdict import LedgerFacts


def lookup_publication(state: State, file: str) -> LedgerFacts | None:
    """Return where the file with the sha256 *file* stands in the ledger, and who took consent back since."""
    published = state.published.get(file)
    if published is None:
        return None
    gone = tuple(person for person in published.people if not _agrees(state.people[person], published))
    return LedgerFacts(state.origin, published.index, published.people, published.grants, withdrawn=gone)


def _agrees(person: PersonState, published: Publication) -> bool:
    # An agreement that only ran out covers what was published while it lasted.
    return any(
        Use.PUBLISH in standing.uses
        and published.purpose in standing.scope.purposes
        and set(published.channels) <= set(standing.scope.channels)
        for standing in person.standing
    )
