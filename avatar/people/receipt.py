"""Receipts for performers: their consent record with the ledger's inclusion proof, as JSON and as a page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from avatar.consent.decide import MAX_ATTESTED_AGE
from avatar.consent.evidence import Attested
from avatar.consent.record import Grant
from avatar.consent.state import ActiveGrant
from avatar.people.agreements import GrantText
from avatar.people.directory import Person
from avatar.people.people import People

Prove = Callable[[int], str]  # ledger index -> a proof anyone can check


@dataclass(frozen=True)
class Receipt:
    """One grant, its *words*, how it stands, and the *proof* (C2SP tlog-proof) that the ledger has it."""

    person: Person
    grant: Grant
    words: GrantText | None
    status: str
    index: int
    proof: str

    def as_json(self) -> dict[str, Any]:
        """Return the receipt: everything in it can be checked without us (docs/ledger.md says how)."""
        return {
            "record": self.grant.model_dump(mode="json"),
            "record_digest": self.grant.digest,
            "words": self.words.model_dump(mode="json") if self.words else None,
            "status": self.status,
            "ledger_index": self.index,
            "ledger_proof": self.proof,
            "how_to_withdraw": _HOW_TO_CHECK,
        }

    def as_page(self) -> str:
        """Return the receipt as a page that a person can read and print."""
        scope = self.grant.scope
        rows = {
            "Who agreed": f"{self.person.alias} ({self.person.id})",
            "To whom": self.grant.grantee,
            "Status": self.status,
            "Uses": ", ".join(scope.uses),
            "For": ", ".join(scope.purposes),
            "Languages": ", ".join(scope.languages),
            "Channels": ", ".join(scope.channels),
            "Where": "the whole world" if "001" in scope.territories else ", ".join(scope.territories),
            "With": ", ".join(each for each in scope.companions if each != self.person.id) or "nobody else",
            "Never about": ", ".join(scope.script.denied_topics) or "no topic is ruled out",
            "At most": f"{scope.max_outputs} videos, {scope.max_seconds} seconds in all",
            "From": f"{self.grant.not_before:%d %B %Y, %H:%M %Z}",
            "Until": f"{self.grant.not_after:%d %B %Y, %H:%M %Z}",
            "Evidence": self.grant.evidence.kind,
            "Record": self.grant.digest,
            "Ledger entry": str(self.index),
        }
        table = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows.items())
        told = f"<h2>What you were told</h2><pre>{escape(self.words.notice)}</pre>" if self.words else ""
        return _PAGE_TEMPLATE.format(table=table, told=told, how=escape(_HOW_TO_CHECK), proof=escape(self.proof))


def receipts(people: People, person: Person, prove: Prove) -> tuple[Receipt, ...]:
    """Return a receipt for each grant of *person* that stands, in part or in whole, oldest first."""
    state = people.ledger.read().people[person.id]
    return tuple(
        Receipt(
            person,
            each.grant,
            people.words_of(each.grant),
            status_of(each, person.capacity, people.clock(), suspended=state.suspended),
            each.index,
            prove(each.index),
        )
        for each in state.standing
    )


def status_of(standing: ActiveGrant, capacity: str, now: datetime, *, suspended: bool) -> str:
    """Return in a word or two how *standing* is at *now*."""
    grant = standing.grant
    if suspended:
        return "paused"
    if now < grant.not_before:
        return "not begun"
    weak = isinstance(grant.evidence, Attested) and capacity != "synthetic"
    if now >= grant.not_after or (weak and now >= grant.not_before + MAX_ATTESTED_AGE):
        return "expired"
    if standing.uses != frozenset(grant.scope.uses) or standing.scope != grant.scope:
        return "narrowed"
    return "stands"


_HOW_TO_CHECK = (
    "At any time, without a reason, effective at once: on your personal page, by telling anyone at the organisation, "
    "or with: avatar withdraw YOUR-ALIAS"
)
_PAGE_TEMPLATE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Consent receipt</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #ddd; }}
th {{ width: 9rem; font-weight: 600; }} td {{ overflow-wrap: anywhere; }}
pre {{ white-space: pre-wrap; background: #f6f6f6; padding: 1rem; border-radius: .4rem; }}
details pre {{ font-size: .75rem; overflow-wrap: anywhere; }}
</style>
<h1>Consent receipt</h1>
<table>{table}</table>
{told}
<h2>How to take it back</h2>
<p>{how}</p>
<details><summary>Proof that this record is in the ledger</summary><pre>{proof}</pre></details>
</html>
"""
