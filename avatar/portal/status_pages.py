"""Public status pages of published files."""

import re

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from avatar.errors import InputError
from avatar.portal import labels
from avatar.portal.site import portal_state_of, render_page
from avatar.publishing.status import FileState, Status

_DIGEST = re.compile(r"[0-9a-f]{64}")
_STATE_TEXTS = {
    FileState.VALID: (
        "Valid",
        "",
        "Consent for this video stands",
        "It was published from here, and everyone in it still agrees.",
    ),
    FileState.WITHDRAWN: (
        "Consent withdrawn",
        "stop",
        "Do not show this video any more",
        "It was published from here, and someone in it has since taken their consent back.",
    ),
    FileState.ERASED: (
        "Erased",
        "stop",
        "Do not show this video any more",
        "It was published from here, and someone in it has since asked to be erased.",
    ),
}


def status_form(request: Request) -> Response:
    """Let someone choose a file to look up."""
    return render_page(request, "status", file="", heading="Check a published video")


def status_page(request: Request, file: str) -> Response:
    """Show what may be known of the file with the sha256 *file*."""
    status = _status(request, file)
    if status is None:
        return render_page(
            request,
            "status",
            status=404,
            file=file,
            standing="Unknown",
            tone="wait",
            heading="This video is not known here",
            sentence="It was not published from here, or it was changed since. An edited or re-encoded copy is a "
            "different file: check the one that was delivered.",
            terms=[],
        )
    standing, tone, heading, sentence = _STATE_TEXTS[status.state]
    return render_page(
        request,
        "status",
        file=file,
        standing=standing,
        tone=tone,
        heading=heading,
        sentence=sentence,
        terms=[
            labels.DisplayLabel("Since", f"{labels.day(status.since)}, {status.since:%H:%M} UTC"),
            labels.DisplayLabel("Ledger", status.origin),
            labels.DisplayLabel("Published as entry", str(status.published)),
            labels.DisplayLabel("Decided by entry", str(status.decided)),
        ],
    )


def status_json(request: Request, file: str) -> Response:
    """Give the same to a program."""
    status = _status(request, file)
    if status is None:
        return JSONResponse({"file": file, "state": "unknown"}, 404)
    return JSONResponse(status.model_dump(mode="json"))


def _status(request: Request, file: str) -> Status | None:
    if not _DIGEST.fullmatch(file):
        raise InputError(
            f"{file[:80]!r} is not the sha256 of a file: that is 64 digits and letters a to f", code="status.bad-digest"
        )
    try:
        return portal_state_of(request).status(file)
    except InputError as error:
        if error.code != "status.unknown-file":
            raise
        return None
