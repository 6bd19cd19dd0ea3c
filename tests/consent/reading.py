"""Looking into a ledger from outside."""

from avatar.artifacts.objects import Objects
from avatar.consent.entries import Entry


def entries(objects: Objects) -> list[Entry]:
    """Return every entry of the ledger in *objects*, in order."""
    return [Entry.model_validate_json(objects.read(key) or b"") for key in objects.list("ledger/entries")]


def facts(objects: Objects) -> list[str]:
    """Return the kind of fact of every entry, in order."""
    return [entry.fact.kind for entry in entries(objects)]
