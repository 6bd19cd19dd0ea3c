"""Grants to be signed, recorded and tampered with."""

from datetime import datetime, timedelta
from typing import Any

from avatar.consent import Use
from avatar.consent.entries import Published
from avatar.consent.evidence import Attested, Notice
from avatar.consent.record import Grant
from avatar.consent.scope import Salted, Scope
from avatar.consent.vocabulary import Channel, Purpose
from avatar.testing.world import World

WORDS = Salted.of("toys")  # salted once: grants are compared


def scope(assets: tuple[str, ...], **changes: Any) -> Scope:
    """Return the scope of the toy brief on *assets*, with *changes*."""
    fields = {
        "uses": tuple(sorted(Use)),
        "assets": tuple(sorted(assets)),
        "purposes": (Purpose.RESEARCH,),
        "description": WORDS,
        "project": WORDS,
        "languages": ("en",),
        "channels": (Channel.INTERNAL,),
        "territories": ("001",),
        "max_outputs": 100,
        "max_seconds": 1000,
        **changes,
    }
    return Scope.model_validate(fields)


def unsigned(person: str, assets: tuple[str, ...], at: datetime, **changes: Any) -> Grant:
    """Return a grant of *person* for a day; *changes* of fields of its scope go into its scope."""
    inside = {name: changes.pop(name) for name in list(changes) if name in Scope.model_fields}
    fields = {
        "record_id": "1" * 32,
        "created_at": at,
        "person": person,
        "grantee": "a studio",
        "scope": scope(assets, **inside),
        "not_before": at,
        "not_after": at + timedelta(days=1),
        "evidence": Attested(operator="o-0000000000000000"),
        "notice": Notice(text="0" * 64, version=1),
        "signature": "0" * 128,
        **changes,
    }
    return Grant.model_validate(fields)


def edited(grant: Grant, **changes: Any) -> Grant:
    """Return *grant* with *changes*, and the old signature; *changes* of its scope's fields go into its scope."""
    inside = {name: changes.pop(name) for name in list(changes) if name in Scope.model_fields}
    return grant.model_copy(update={"scope": grant.scope.model_copy(update=inside), **changes})


def everything(world: World, person: str) -> tuple[str, ...]:
    """Return every sample that *person* brought."""
    return tuple(world.ledger.read().people[person].samples)


def published(file: str, people: tuple[str, ...], **changes: Any) -> Published:
    """Return the fact that the file with the sha256 *file* was published for the toy brief."""
    fields = {
        "file": file,
        "recipe": "b" * 64,
        "milliseconds": 1000,
        "purpose": Purpose.RESEARCH,
        "channels": (Channel.INTERNAL,),
        "people": people,
        "grants": ("c" * 64,),
        **changes,
    }
    return Published.model_validate(fields)
