"""The consent flow: personal link, notice, recording, checks, result."""

from dataclasses import replace

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse, Response

from avatar.capture.challenge import Challenge
from avatar.capture.outcome import ChallengeState
from avatar.consent.uses import Use
from avatar.errors import InputError
from avatar.portal import check_texts, labels
from avatar.portal.sessions import PersonalLink, RequestedTerms, Session
from avatar.portal.site import (
    Form,
    PortalState,
    RequiredSession,
    check_csrf,
    client_address,
    portal_state_of,
    render_message,
    render_page,
    with_session,
)
from avatar.portal.upload import MAX_UPLOAD_BYTES, receive_upload
from avatar.runtime.workdir import private_tempdir


def home(request: Request) -> Response:
    """Say what this place is."""
    return render_page(request, "home")


def link(request: Request, token: str) -> Response:
    """Show where a personal link leads. It is opened by a button: programs that look at links in mail press none."""
    found = _known(request, token)
    return render_page(
        request, "link", asked=found.asked is not None, until=f"{labels.day(found.until)}, {found.until:%H:%M} UTC"
    )


def open_link(request: Request, token: str) -> Response:
    """Open a personal link, once."""
    _known(request, token)
    session = portal_state_of(request).links.open(token)
    return entered(request, session, "/consent" if session.asked else "/you")


def entered(request: Request, session: Session, to: str) -> Response:
    """Return the answer that begins *session* at the page *to*."""
    return with_session(request, RedirectResponse(to, 303), session.token)


def notice(request: Request, session: RequiredSession) -> Response:
    """Show what is asked, in plain words."""
    site, asked = portal_state_of(request), _asked(session)
    return render_page(
        request,
        "notice",
        session=session,
        uses=[labels.use(use) for use in sorted(asked.terms.uses)],
        terms=labels.describe_terms(asked.terms, _companions(site, asked)),
        rights=labels.RIGHTS,
    )


def begin(request: Request, session: RequiredSession, form: Form) -> Response:
    """Ask for a statement about what was ticked."""
    asked = _asked(session)
    chosen = tuple(use for use in asked.terms.uses if use in form.get("use", []))
    if not chosen:
        raise InputError(
            "you ticked nothing that may be done with you; go back and tick what you agree to, or say no",
            code="page.nothing-ticked",
        )
    if form.get("adult") != ["18"]:
        raise InputError("only someone of 18 or more can agree, for themselves; tick that to go on", code="page.age")
    return _challenged(request, session, chosen)


def again(request: Request, session: RequiredSession, form: Form) -> Response:  # noqa: ARG001 - the form is checked on its way
    """Ask for the same statement again, with new words."""
    return _challenged(request, session, _challenge(request, session).terms.uses)


def decline(request: Request, session: RequiredSession, form: Form) -> Response:  # noqa: ARG001 - the form is checked on its way
    """Take a no for an answer."""
    portal_state_of(request).links.leave(session)
    said = render_message(
        request,
        "You said no",
        "Nothing was agreed, nothing was recorded, and nothing is made with you.",
        detail="This visit is over and the link is used up. If you change your mind, ask for a new one.",
    )
    return with_session(request, said, "")


def record(request: Request, session: RequiredSession) -> Response:
    """Show the statement to read aloud, and what records it."""
    challenge = _challenge(request, session)
    standing = portal_state_of(request).capture.standing(challenge)
    if standing in (ChallengeState.EXPIRED, ChallengeState.BROKEN_OFF):
        way = {"next": "/consent", "next_label": "Begin anew"}
        return render_message(request, "The words are over", "They held for half an hour, and one recording.", **way)
    if standing is not ChallengeState.OPEN:
        return RedirectResponse("/consent/checks", 303)
    return render_page(
        request,
        "record",
        session=session,
        challenge=challenge,
        statement=check_texts.highlight_passcode(challenge),
        expires=challenge.expires_at.isoformat(),
        expires_said=f"{challenge.expires_at:%H:%M} UTC",
        largest=MAX_UPLOAD_BYTES,
        notice=portal_state_of(request).capture.notice(challenge),
    )


async def recording(request: Request, session: RequiredSession) -> Response:
    """Take the recording in, check it, and record what it comes to."""
    check_csrf(session, request.headers.get("x-csrf-token", ""))
    challenge = await run_in_threadpool(_challenge, request, session)
    with private_tempdir() as room:
        file = await receive_upload(request, room / "statement", MAX_UPLOAD_BYTES)
        await run_in_threadpool(portal_state_of(request).capture.take, challenge.id, file)
    return JSONResponse({"next": "/consent/checks"})


def results(request: Request, session: RequiredSession) -> Response:
    """Show what each check found."""
    site, challenge = portal_state_of(request), _challenge(request, session)
    outcome = site.capture.outcome(challenge)
    if outcome is None:
        return RedirectResponse("/consent/record", 303)
    standing = site.capture.standing(challenge)
    return render_page(
        request,
        "checks",
        session=session,
        standing=standing,
        heading=check_texts.HEADINGS[standing],
        sentence=check_texts.SENTENCES[standing],
        rows=check_texts.explain_findings(outcome.findings),
    )


def leave(request: Request, session: RequiredSession, form: Form) -> Response:  # noqa: ARG001 - the form is checked on its way
    """End the session."""
    portal_state_of(request).links.leave(session)
    said = render_message(
        request, "Goodbye", "Your visit is over. Come back at any time.", next="/", next_label="First page"
    )
    return with_session(request, said, "")


def _known(request: Request, token: str) -> PersonalLink:
    site = portal_state_of(request)
    site.failures.check(client_address(request))
    try:
        return site.links.look(token)
    except InputError:
        site.failures.wrong(client_address(request))
        raise


def _asked(session: Session) -> RequestedTerms:
    if session.asked is None:
        raise InputError("nothing is asked of you here; see what you agreed to", code="page.nothing-asked")
    return session.asked


def _challenged(request: Request, session: Session, uses: tuple[Use, ...]) -> Response:
    site, asked = portal_state_of(request), _asked(session)
    person = site.people.find(session.person)
    challenge = site.capture.ask(person, replace(asked.terms, uses=uses), locale=asked.locale)
    site.links.begin(session, challenge.id)
    return RedirectResponse("/consent/record", 303)


def _challenge(request: Request, session: Session) -> Challenge:
    site = portal_state_of(request)
    begun = site.links.begun(session)
    if not begun:
        raise InputError("read what is asked first, and say what you agree to", code="page.not-begun")
    return site.capture.challenge_store.read(session.person, begun)


def _companions(site: PortalState, asked: RequestedTerms) -> tuple[str, ...]:
    return tuple(site.people.find(id).alias for id in asked.terms.companions)
