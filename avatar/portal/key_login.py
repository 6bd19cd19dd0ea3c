"""Log in by challenge and response with a person's key."""

import json
import re
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from avatar.consent.keys import verify
from avatar.errors import InputError
from avatar.portal.site import client_address, portal_state_of, render_page, with_session
from avatar.portal.upload import read_body

_PERSON_CODE = re.compile(r"p-[0-9a-f]{16}")


def login_page(request: Request) -> Response:
    """Show where to come in with a code and a key."""
    return render_page(request, "return")


async def issue_challenge(request: Request) -> Response:
    """Ask the random question. Everyone gets one: it does not tell whether a code is known here."""
    site = portal_state_of(request)
    site.failures.check(client_address(request))
    code = _text(await _sent(request), "code")
    return JSONResponse({"question": site.challenges.ask(code, site.address.origin)})


async def login(request: Request) -> Response:
    """Begin a session of whoever answered with the right key."""
    site = portal_state_of(request)
    site.failures.check(client_address(request))
    sent = await _sent(request)
    code = _text(sent, "code")
    right = await run_in_threadpool(_answered, request, code, _text(sent, "question"), _text(sent, "signature"))
    if not right:
        site.failures.wrong(client_address(request))
        raise InputError("code and key do not belong together; check both", code="visit.wrong-key")
    session = await run_in_threadpool(site.links.admit, code)
    return with_session(request, JSONResponse({"next": "/you"}), session.token)


def _answered(request: Request, code: str, asked: str, signature: str) -> bool:
    site = portal_state_of(request)
    person = site.people.ledger.read().people.get(code) if _PERSON_CODE.fullmatch(code) else None
    mine = site.challenges.take(asked, code)
    return mine and person is not None and not person.erased and verify(person.key, signature, asked.encode())


async def _sent(request: Request) -> dict[str, Any]:
    try:
        sent = json.loads(await read_body(request))
    except ValueError:
        sent = None
    if not isinstance(sent, dict):
        raise InputError("this cannot be read; open the page again", code="page.bad-form")
    return sent


def _text(sent: dict[str, Any], name: str) -> str:
    value = sent.get(name)
    if not isinstance(value, str) or len(value) > 500:
        raise InputError(f"{name}: is missing; fill it in", code="page.bad-form")
    return value
