"""The consent flow: personal link, notice, recording, checks, result."""

from dataclasses import replace

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse, Response

from avatar.capture.challenge import Challenge
from avatar.capture.outcome import ChallengeState
from avatar.consent.claims import Use
from avatar.errors import InputError
from avatar.portal import check_texts, labels
from avatar.portal.sessions import PersonalLink, RequestedTerms, Session
from avatar.portal.site import Form, PortalState, Visited, checked, client_of, message, page, site_of, with_visit
from avatar.portal.upload import MAX_UPLOAD_BYTES, received
from avatar.runtime.workdir import private_tempdir


def home(request: Request) -> Response:
    """Say what this place is."""
    return page(request, "home")


def link(request: Request, token: str) -> Response:
    """Show where a personal link leads. It is opened by a button: programs that look at links in mail press none."""
    found = _known(request, token)
    return page(
        request, "link", asked=found.asked is not None, until=f"{labels.day(found.until)}, {found.until:%H:%M} UTC"
    )


def open_link(request: Request, token: str) -> Response:
    """Open a personal link, once."""
    _known(request, token)
    visit = site_of(request).links.open(token)
    return entered(request, visit, "/consent" if visit.asked else "/you")


def entered(request: Request, visit: Session, to: str) -> Response:
    """Return the answer that begins *visit* at the page *to*."""
    return with_visit(request, RedirectResponse(to, 303), visit.token)


def notice(request: Request, visit: Visited) -> Response:
    """Show what is asked, in plain words."""
    site, asked = site_of(request), _asked(visit)
    return page(
        request,
        "notice",
        visit=visit,
        uses=[labels.use(use) for use in sorted(asked.terms.uses)],
        terms=labels.terms_said(asked.terms, _companions(site, asked)),
        rights=labels.RIGHTS,
    )


def begin(request: Request, visit: Visited, form: Form) -> Response:
    """Ask for a statement about what was ticked."""
    asked = _asked(visit)
    chosen = tuple(use for use in asked.terms.uses if use in form.get("use", []))
    if not chosen:
        raise InputError(
            "you ticked nothing that may be done with you; go back and tick what you agree to, or say no",
            code="page.nothing-ticked",
        )
    if form.get("adult") != ["18"]:
        raise InputError("only someone of 18 or more can agree, for themselves; tick that to go on", code="page.age")
    return _challenged(request, visit, chosen)


def again(request: Request, visit: Visited, form: Form) -> Response:  # noqa: ARG001 - the form is checked on its way
    """Ask for the same statement again, with new words."""
    return _challenged(request, visit, _challenge(request, visit).terms.uses)


def decline(request: Request, visit: Visited, form: Form) -> Response:  # noqa: ARG001 - the form is checked on its way
    """Take a no for an answer."""
    site_of(request).links.leave(visit)
    said = message(
        request,
        "You said no",
        "Nothing was agreed, nothing was recorded, and nothing is made with you.",
        detail="This visit is over and the link is used up. If you change your mind, ask for a new one.",
    )
    return with_visit(request, said, "")


def record(request: Request, visit: Visited) -> Response:
    """Show the statement to read aloud, and what records it."""
    challenge = _challenge(request, visit)
    standing = site_of(request).capture.standing(challenge)
    if standing in (ChallengeState.EXPIRED, ChallengeState.BROKEN_OFF):
        way = {"next": "/consent", "next_label": "Begin anew"}
        return message(request, "The words are over", "They held for half an hour, and one recording.", **way)
    if standing is not ChallengeState.OPEN:
        return RedirectResponse("/consent/checks", 303)
    return page(
        request,
        "record",
        visit=visit,
        challenge=challenge,
        statement=check_texts.marked(challenge),
        expires=challenge.expires_at.isoformat(),
        expires_said=f"{challenge.expires_at:%H:%M} UTC",
        largest=MAX_UPLOAD_BYTES,
        notice=site_of(request).capture.notice(challenge),
    )


async def recording(request: Request, visit: Visited) -> Response:
    """Take the recording in, check it, and record what it comes to."""
    checked(visit, request.headers.get("x-csrf-token", ""))
    challenge = await run_in_threadpool(_challenge, request, visit)
    with private_tempdir() as room:
        file = await received(request, room / "statement", MAX_UPLOAD_BYTES)
        await run_in_threadpool(site_of(request).capture.take, challenge.id, file)
    return JSONResponse({"next": "/consent/checks"})


def results(request: Request, visit: Visited) -> Response:
    """Show what each check found."""
    site, challenge = site_of(request), _challenge(request, visit)
    outcome = site.capture.outcome(challenge)
    if outcome is None:
        return RedirectResponse("/consent/record", 303)
    standing = site.capture.standing(challenge)
    return page(
        request,
        "checks",
        visit=visit,
        standing=standing,
        heading=check_texts.HEADINGS[standing],
        sentence=check_texts.SENTENCES[standing],
        rows=check_texts.in_order(outcome.findings),
    )


def leave(request: Request, visit: Visited, form: Form) -> Response:  # noqa: ARG001 - the form is checked on its way
    """End the visit."""
    site_of(request).links.leave(visit)
    said = message(request, "Goodbye", "Your visit is over. Come back at any time.", next="/", next_label="First page")
    return with_visit(request, said, "")


def _known(request: Request, token: str) -> PersonalLink:
    site = site_of(request)
    site.guesses.check(client_of(request))
    try:
        return site.links.look(token)
    except InputError:
        site.guesses.wrong(client_of(request))
        raise


def _asked(visit: Session) -> RequestedTerms:
    if visit.asked is None:
        raise InputError("nothing is asked of you here; see what you agreed to", code="page.nothing-asked")
    return visit.asked


def _challenged(request: Request, visit: Session, uses: tuple[Use, ...]) -> Response:
    site, asked = site_of(request), _asked(visit)
    person = site.people.find(visit.person)
    challenge = site.capture.ask(person, replace(asked.terms, uses=uses), locale=asked.locale)
    site.links.begin(visit, challenge.id)
    return RedirectResponse("/consent/record", 303)


def _challenge(request: Request, visit: Session) -> Challenge:
    site = site_of(request)
    begun = site.links.begun(visit)
    if not begun:
        raise InputError("read what is asked first, and say what you agree to", code="page.not-begun")
    return site.capture.shelf.read(visit.person, begun)


def _companions(site: PortalState, asked: RequestedTerms) -> tuple[str, ...]:
    return tuple(site.people.find(id).alias for id in asked.terms.companions)
