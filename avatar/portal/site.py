"""Portal state, and the way from an HTTP request to a session or a refusal page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from secrets import compare_digest
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from avatar.capture.capture import Capture
from avatar.errors import AvatarError, ConsentError, InputError, LedgerError, StoreError
from avatar.people.people import People
from avatar.portal.middleware import SiteAddress
from avatar.portal.sessions import Session, Sessions
from avatar.portal.throttle import FailureLimiter, LoginChallenges
from avatar.portal.upload import read_form_fields
from avatar.publishing.status import Status

PORTAL_FOLDER = Path(__file__).parent

_COOKIE_MAX_AGE_S = 2 * 3600


@dataclass(frozen=True)
class PortalState:
    """The people of a store, the links that lead them here, and where the pages are reached."""

    people: People
    capture: Capture
    links: Sessions
    address: SiteAddress
    status: Callable[[str], Status]  # sha256 of a file -> what anyone may know of it
    prove: Callable[[int], str]  # ledger index -> a proof that anyone can check
    spread: Callable[[], None] = lambda: None  # tells everyone who must know that consent changed
    failures: FailureLimiter = field(default_factory=FailureLimiter)
    challenges: LoginChallenges = field(default_factory=LoginChallenges)

    @property
    def cookie(self) -> str:
        """The name of the cookie of a session. Browsers let only us set one of the second kind, and only over TLS."""
        return "__Host-visit" if self.address.secure else "visit"


def portal_state_of(request: Request) -> PortalState:
    """Return the site that *request* came to."""
    site: PortalState = request.app.state.site
    return site


def client_address(request: Request) -> str:
    """Return who asks, as far as the network tells."""
    return request.client.host if request.client else ""


def session_of(request: Request) -> Session:
    """Return the session that *request* is part of.

    Raises:
        InputError: ``visit.over``, ``page.too-often``.
    """
    site, token = portal_state_of(request), request.cookies.get(portal_state_of(request).cookie, "")
    if not token:
        raise InputError(
            "this page is for performers: open your personal link, or come back with your code and key",
            code="visit.none",
        )
    site.failures.check(client_address(request))
    try:
        return site.links.visit(token)
    except InputError:
        site.failures.wrong(client_address(request))
        raise


RequiredSession = Annotated[Session, Depends(session_of)]


def check_csrf(session: Session, given: str) -> None:
    """Refuse what was not sent by a page of *session*.

    Raises:
        InputError: ``page.cross-site``.
    """
    if not compare_digest(session.csrf.encode(), given.encode(errors="replace")):
        raise InputError("this page is out of date; open it again and try once more", code="page.cross-site")


async def read_form(request: Request, session: RequiredSession) -> dict[str, list[str]]:
    """Return the form that a page of *session* sent."""
    form = await read_form_fields(request)
    check_csrf(session, form.get("csrf", [""])[0])
    return form


Form = Annotated[dict[str, list[str]], Depends(read_form)]


def with_session(request: Request, answer: Response, token: str) -> Response:
    """Give *answer* the cookie of the session with *token*, or, without one, take it away."""
    site = portal_state_of(request)
    answer.set_cookie(
        site.cookie,
        token,
        max_age=_COOKIE_MAX_AGE_S if token else 0,
        path="/",
        secure=site.address.secure,
        httponly=True,
        samesite="strict",
    )
    return answer


def render_page(
    request: Request, name: str, *, status: int = 200, session: Session | None = None, **words: Any
) -> HTMLResponse:
    """Return the page *name* with its *words*."""
    common = {
        "organisation": portal_state_of(request).people.organisation,
        "session": session,
        "csrf": session and session.csrf,
    }
    html = _load_templates().get_template(f"{name}.html").render(here=name, **common, **words)
    return HTMLResponse(html, status)


def render_message(request: Request, heading: str, sentence: str, **more: Any) -> HTMLResponse:
    """Return a page that says one thing."""
    return render_page(request, "message", heading=heading, sentence=sentence, **{**_EMPTY_MESSAGE, **more})


_EMPTY_MESSAGE: Mapping[str, Any] = {"detail": "", "next": "", "next_label": "", "code": ""}
_HEADINGS = {
    "link": "This link does not open",
    "visit": "Your visit is over",
    "upload": "The recording did not arrive",
    "page": "That is not possible here",
    "status": "Not known here",
    "capture": "That recording cannot be used",
}
_HTTP_STATUS = {
    "link.unknown": 404,
    "link.used": 410,
    "link.expired": 410,
    "visit.none": 401,
    "visit.over": 401,
    "page.missing": 404,
    "page.cross-site": 403,
    "page.other-host": 421,
    "page.too-often": 429,
    "status.unknown-file": 404,
    "upload.too-large": 413,
    "upload.too-slow": 408,
}


def render_refusal(request: Request, error: Exception) -> Response:
    """Return what a person is told when *error* ended their request: a page, or JSON to a script."""
    if not isinstance(error, AvatarError):
        error = AvatarError(
            "something went wrong here, and it is not your fault; nothing was changed. Try again in a moment",
            code="page.failed",
        )
    sentence, status = _sentence(error), _status(error)
    asked = (request.headers.get("accept", ""), request.headers.get("content-type", ""))
    if any("application/json" in each for each in asked) or "x-csrf-token" in request.headers:
        return JSONResponse({"sentence": sentence, "code": error.code}, status)
    heading = _HEADINGS.get(error.code.partition(".")[0], "That did not work")
    way = {"next": "/", "next_label": "To the first page"}
    return render_message(request, heading, sentence, status=status, code=error.code, **way)


# What is said elsewhere to operators, for the person before the camera.
_PLAIN_SENTENCES = {
    "capture.used": "these words were answered before; go back to what is asked and begin anew",
    "capture.expired": "the words held for half an hour and are over; go back to what is asked and begin anew",
    "capture.withdrawn": "you withdrew since these words were drawn; go back to what is asked and begin anew",
    "key.missing": "this needs your key, which is not kept here any more; only a withdrawal works without it",
}


def _sentence(error: AvatarError) -> str:
    sentence = _PLAIN_SENTENCES.get(error.code, str(error))
    return f"{sentence[:1].upper()}{sentence[1:].rstrip('.')}."


def _status(error: AvatarError) -> int:
    if error.code in _HTTP_STATUS:
        return _HTTP_STATUS[error.code]
    if isinstance(error, LedgerError | StoreError):
        return 503
    return 403 if isinstance(error, ConsentError) else 400 if isinstance(error, InputError) else 500


@lru_cache(maxsize=1)
def _load_templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(PORTAL_FOLDER / "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
