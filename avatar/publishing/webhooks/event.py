"""What a ledger entry is to the outside: random ids and digests, and not a word that says who someone is."""

from typing import Any

from avatar.canonical import canonical
from avatar.consent.entries import Entry, Erased, Granted, Narrowed, Published, Refused, Suspended, Withdrawn
from avatar.consent.state import State

EVENTS = ("granted", "narrowed", "suspended", "withdrawn", "erased", "published", "refused")


def message_id(origin: str, index: int) -> str:
    """Return the name of the message about entry *index* of the ledger *origin*, the same however often it is sent."""
    return f"{origin}/{index}"


def body_of(entry: Entry, state: State) -> bytes:
    """Return the message about *entry*: type, time and data, the same bytes however often it is made.

    Of a withdrawal, a narrowing and an erasure it names the published *files* that show the person, by sha256. *state*
    is that of the ledger there or later.
    """
    return canonical(
        {
            "type": f"ledger.{entry.fact.kind}",
            "timestamp": entry.model_dump(mode="json")["at"],
            "data": {"ledger": state.origin, "entry": entry.index, **_told(entry, state)},
        }
    )


def ping_body(origin: str, at: str) -> bytes:
    """Return a message that says nothing but that messages arrive."""
    return canonical({"type": "ledger.test", "timestamp": at, "data": {"ledger": origin}})


def _told(entry: Entry, state: State) -> dict[str, Any]:
    told: dict[str, Any] = {}
    match entry.fact:
        case Granted(grant=grant):
            until = grant.model_dump(mode="json")["not_after"]
            told = {"person": grant.person, "grant": grant.digest, "uses": list(grant.scope.uses), "until": until}
        case Narrowed(narrowing=narrowing):
            files = _files(narrowing.person, entry.index, state)
            told = {"person": narrowing.person, "grant": narrowing.grant, "files": files}
        case Suspended(suspension=suspension):
            told = {"person": suspension.person, "ends": suspension.ends}
        case Withdrawn(withdrawal=withdrawal):
            files = _files(withdrawal.person, entry.index, state)
            told = {"person": withdrawal.person, "uses": list(withdrawal.uses), "files": files}
        case Erased(person=person):
            told = {"person": person, "files": _files(person, entry.index, state)}
        case Published(file=file, purpose=purpose, people=people, grants=grants):
            told = {"file": file, "purpose": purpose, "people": list(people), "grants": list(grants)}
        case Refused(code=code, request=request, people=people):
            told = {"code": code, "request": request, "people": list(people)}
    return told


def _files(person: str, before: int, state: State) -> list[str]:
    shown = state.published.items()
    return sorted(file for file, found in shown if found.index < before and person in found.people)
