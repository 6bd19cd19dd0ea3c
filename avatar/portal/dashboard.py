"""The performer's dashboard: grants, uses, receipts, narrowing, withdrawal."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from avatar.consent.evidence import Captured
from avatar.consent.state import ActiveGrant, PersonState, Publication, State
from avatar.errors import InputError
from avatar.people.agreements import GrantText
from avatar.people.receipt import Receipt, receipts, status_of
from avatar.portal import labels
from avatar.portal.site import Form, PortalState, RequiredSession, portal_state_of, render_page
from avatar.publishing.ledger_lookup import lookup_publication

_USE_GROUPS: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("use", "May be done with you", lambda use: labels.use(use).name),
    ("purpose", "What for", labels.purpose),
    ("channel", "Where it is shown", labels.channel),
)
_GRANT_STATE_LABELS = {"paused": "Paused", "not begun": "Not begun yet", "expired": "Over"}
_DONE_MESSAGES = {
    "narrowed": "Done. Only what is ticked below is agreed to from now on.",
    "withdrawn": "Done. You withdrew everything. Running work stops, and nothing new is made with you.",
    "reconfirmed": "Thank you. It is on record that you still agree.",
    "kept": "Nothing was changed.",
}


def overview(request: Request, session: RequiredSession, done: str = "") -> Response:
    """Show what stands, and where the person was used."""
    site = portal_state_of(request)
    state, person = _state(site, session.person)
    return render_page(
        request,
        "you",
        session=session,
        said=_DONE_MESSAGES.get(done, ""),
        grants=[_grant_said(site, person, standing) for standing in reversed(person.standing)],
        shown=[
            _shown(site, state, file, published, session.person) for file, published in _where(state, session.person)
        ],
        suspended=person.suspended,
    )


def narrow(request: Request, session: RequiredSession, form: Form) -> Response:
    """Make a grant as small as what is still ticked."""
    site = portal_state_of(request)
    standing = _standing(site, session.person, form.get("grant", [""])[0])
    ticked = {name: set(form.get(name, [])) for name, *_ in _USE_GROUPS}
    uses = tuple(use for use in standing.scope.uses if use in standing.uses and use in ticked["use"])
    purposes = tuple(each for each in standing.scope.purposes if each in ticked["purpose"])
    channels = tuple(each for each in standing.scope.channels if each in ticked["channel"])
    if not (uses and purposes and channels):
        raise InputError(
            "nothing would be left of it; to take everything back, withdraw everything", code="page.nothing-left"
        )
    smaller = standing.scope.model_copy(update={"uses": uses, "purposes": purposes, "channels": channels})
    if (smaller, set(uses)) == (standing.scope, set(standing.uses)):
        return RedirectResponse("/you?done=kept", 303)
    site.people.narrow(site.people.find(session.person), standing.grant, smaller)
    site.spread()
    return RedirectResponse("/you?done=narrowed", 303)


def reconfirm(request: Request, session: RequiredSession, form: Form) -> Response:
    """Record that the person still agrees to a grant."""
    site = portal_state_of(request)
    standing = _standing(site, session.person, form.get("grant", [""])[0])
    site.people.reconfirm(site.people.find(session.person), standing.grant)
    return RedirectResponse("/you?done=reconfirmed", 303)


def ask_withdrawal(request: Request, session: RequiredSession) -> Response:
    """Ask whether everything is to be withdrawn."""
    state, _ = _state(portal_state_of(request), session.person)
    return render_page(request, "withdraw", session=session, shown=len(_where(state, session.person)))


def withdraw(request: Request, session: RequiredSession, form: Form) -> Response:  # noqa: ARG001 - the form is checked on its way
    """Withdraw everything, now."""
    site = portal_state_of(request)
    site.people.withdraw_all(session.person)
    site.spread()
    return RedirectResponse("/you?done=withdrawn", 303)


def own_receipts(request: Request, session: RequiredSession) -> Response:
    """Show what the person agreed to, to read and to print."""
    site = portal_state_of(request)
    return render_page(
        request,
        "receipt",
        session=session,
        receipts=[_receipt_said(site, each) for each in reversed(_receipts(site, session.person))],
        code=session.person,
        address=site.address.origin,
        key=_key_file(site, session.person).exists(),
    )


def own_receipt(request: Request, session: RequiredSession, digest: str) -> Response:
    """Give the receipt of one grant as JSON, to keep and to check."""
    for each in _receipts(portal_state_of(request), session.person):
        if each.grant.digest == digest:
            name = f"consent-receipt-{digest[:12]}.json"
            headers = {"content-disposition": f'attachment; filename="{name}"'}
            text = json.dumps(each.as_json(), indent=2, ensure_ascii=False) + "\n"
            return Response(text, media_type="application/json", headers=headers)
    raise InputError("there is no such receipt of yours; open your receipts again", code="page.missing")


def key(request: Request, session: RequiredSession, form: Form) -> Response:  # noqa: ARG001 - the form is checked on its way
    """Hand the person their own key."""
    file = _key_file(portal_state_of(request), session.person)
    if not file.exists():
        raise InputError("your key is not kept here; you have it already", code="page.no-key")
    headers = {"content-disposition": f'attachment; filename="consent-{session.person}.key"'}
    return Response(file.read_bytes(), media_type="text/plain", headers=headers)


def _receipts(site: PortalState, person: str) -> tuple[Receipt, ...]:
    return receipts(site.people, site.people.find(person), site.prove)


def _key_file(site: PortalState, person: str) -> Path:
    return site.people.keys / f"{person}.key"


def _state(site: PortalState, person: str) -> tuple[State, PersonState]:
    state = site.people.ledger.read()
    return state, state.people[person]


def _standing(site: PortalState, person: str, digest: str) -> ActiveGrant:
    for standing in _state(site, person)[1].standing:
        if standing.grant.digest == digest:
            return standing
    raise InputError("this agreement does not stand any more; open your page again", code="page.no-grant")


def _where(state: State, person: str) -> list[tuple[str, Publication]]:
    found = [(file, each) for file, each in state.published.items() if person in each.people]
    return sorted(found, key=lambda pair: pair[1].index, reverse=True)


def _shown(site: PortalState, state: State, file: str, published: Publication, person: str) -> dict[str, Any]:
    facts = lookup_publication(state, file)
    gone = facts is None or bool(facts.withdrawn)
    project = next((project for project in _projects(site, published, person)), "")
    return {
        "file": file,
        "at": published.at.isoformat(),
        "on": labels.day(published.at),
        "about": f"{project}: {labels.purpose(published.purpose)}" if project else labels.purpose(published.purpose),
        "channels": labels.join_words(map(labels.channel, published.channels)),
        "standing": "Consent withdrawn" if gone else "Consent stands",
        "tone": "stop" if gone else "",
    }


def _projects(site: PortalState, published: Publication, person: str) -> Iterator[str]:
    for digest in published.grants:
        kept = site.people.words_at(person, digest)
        if kept:
            yield kept.project


def _grant_said(site: PortalState, person: PersonState, standing: ActiveGrant) -> dict[str, Any]:
    grant, scope = standing.grant, standing.scope
    kept = site.people.words_of(grant)
    status = status_of(standing, person.capacity, site.people.clock(), suspended=person.suspended)
    values = {"use": sorted(standing.uses), "purpose": scope.purposes, "channel": scope.channels}
    groups = [
        {"field": field, "name": name, "choices": [{"value": str(each), "name": said(each)} for each in values[field]]}
        for field, name, said in _USE_GROUPS
    ]
    return {
        "digest": grant.digest,
        "title": kept.project if kept else "Your agreement",
        "standing": _GRANT_STATE_LABELS.get(status, f"Until {labels.day(grant.not_after)}"),
        "tone": "wait" if status in _GRANT_STATE_LABELS else "",
        "groups": groups,
        "reconfirm": grant.reconfirm_days is not None,
        "terms": [
            *_described(kept),
            *labels.describe_scope(scope, _companions(site, scope.companions)),
            *_asked_again(standing),
        ],
    }


def _asked_again(standing: ActiveGrant) -> list[labels.DisplayLabel]:
    days = standing.grant.reconfirm_days
    if days is None:
        return []
    until = standing.confirmed + timedelta(days=days)
    return [labels.DisplayLabel("Say so again", f"By {labels.day(until)}, or everything stops until you do")]


def _receipt_said(site: PortalState, receipt: Receipt) -> dict[str, Any]:
    grant, scope = receipt.grant, receipt.grant.scope
    evidence = grant.evidence
    how = (
        f"You recorded it on {labels.day(evidence.challenged_at)}; "
        f"{len(evidence.checks)} checks looked at the recording"
        if isinstance(evidence, Captured)
        else "A member of the organisation attested it"
    )
    return {
        "digest": grant.digest,
        "title": receipt.words.project if receipt.words else "Your agreement",
        "standing": {"stands": "Stands", "narrowed": "Narrowed since"}.get(receipt.status, receipt.status.capitalize()),
        "tone": "" if receipt.status in ("stands", "narrowed") else "wait",
        "notice": receipt.words.notice if receipt.words else "",
        "terms": [
            labels.DisplayLabel("To whom", grant.grantee),
            labels.DisplayLabel("May be done with you", labels.join_words(labels.use(use).name for use in scope.uses)),
            labels.DisplayLabel("What for", labels.join_words(map(labels.purpose, scope.purposes))),
            labels.DisplayLabel("Where it is shown", labels.join_words(map(labels.channel, scope.channels))),
            *_described(receipt.words),
            *labels.describe_scope(scope, _companions(site, scope.companions)),
            labels.DisplayLabel("From", f"{labels.day(grant.not_before)}, {grant.not_before:%H:%M} UTC"),
            labels.DisplayLabel("Until", f"{labels.day(grant.not_after)}, {grant.not_after:%H:%M} UTC"),
            labels.DisplayLabel("How you agreed", how),
            labels.DisplayLabel("Record", grant.digest),
            labels.DisplayLabel("Ledger entry", str(receipt.index)),
        ],
    }


def _described(kept: GrantText | None) -> list[labels.DisplayLabel]:
    return [labels.DisplayLabel("What it will be", kept.description)] if kept else []


def _companions(site: PortalState, ids: tuple[str, ...]) -> list[str]:
    return [person.alias for person in site.people.all() if person.id in ids]
