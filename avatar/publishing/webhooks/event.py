"""The webhook payload of a ledger entry: random ids and digests, no personal data."""

from typing import Any

from avatar.canonical import canonical
from avatar.consent.entries import FACTS, Entry, WebhookFact
from avatar.consent.state import State

EVENTS: tuple[str, ...] = tuple(fact.model_fields["kind"].default for fact in FACTS if issubclass(fact, WebhookFact))


def message_id(origin: str, index: int) -> str:
    """Return the name of the message about entry *index* of the ledger *origin*, the same however often it is sent."""
    return f"{origin}/{index}"


def payload_of(entry: Entry, state: State) -> bytes:
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


def ping_payload(origin: str, at: str) -> bytes:
    """Return a message that says nothing but that messages arrive."""
    return canonical({"type": "ledger.test", "timestamp": at, "data": {"ledger": origin}})


def _told(entry: Entry, state: State) -> dict[str, Any]:
    if not isinstance(entry.fact, WebhookFact):
        return {}
    told = entry.fact.webhook_data
    return told.data | ({"files": _files(told.files_of, entry.index, state)} if told.files_of else {})


def _files(person: str, before: int, state: State) -> list[str]:
    shown = state.published.items()
    return sorted(file for file, found in shown if found.index < before and person in found.people)
