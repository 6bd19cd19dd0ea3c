"""Recordings come in piece by piece, into a private room, and never more than agreed."""

import asyncio
from pathlib import Path
from urllib.parse import parse_qs

from fastapi import Request

from avatar.artifacts.objects import explained
from avatar.errors import InputError

LARGEST = 96 << 20  # bytes: three minutes at 4 Mbit/s
_SECONDS = 600  # for all of it: who sends a byte a minute keeps nobody waiting
_FORM = 64 << 10


async def received(request: Request, to: Path, largest: int) -> Path:
    """Write the body of *request* to the new file *to* and return it.

    Raises:
        InputError: it is larger than *largest* bytes, empty, or takes longer than ten minutes.
    """
    size = 0
    try:
        async with asyncio.timeout(_SECONDS):
            with explained(f"receiving into {to.parent}"), to.open("xb") as file:
                async for piece in request.stream():
                    size += len(piece)
                    if size > largest:
                        raise _too_large(largest)
                    file.write(piece)
    except TimeoutError as error:
        raise InputError(
            "the recording took longer than ten minutes to arrive; record a shorter one", code="upload.too-slow"
        ) from error
    if not size:
        raise InputError("the recording is empty; record it again", code="upload.empty")
    return to


async def body_of(request: Request) -> str:
    """Return the text that was sent, if it is no longer than a form ever is."""
    body = b""
    async with asyncio.timeout(_SECONDS):
        async for piece in request.stream():
            body += piece
            if len(body) > _FORM:
                raise _too_large(_FORM)
    return body.decode(errors="replace")


async def fields(request: Request) -> dict[str, list[str]]:
    """Return the fields of a form that was sent (``application/x-www-form-urlencoded``)."""
    try:
        return parse_qs(await body_of(request), keep_blank_values=True, max_num_fields=200)
    except ValueError as error:
        raise InputError("this form cannot be read; open the page again", code="page.bad-form") from error


def _too_large(most: int) -> InputError:
    return InputError(f"this is larger than {most / (1 << 20):g} MB; send a smaller file", code="upload.too-large")
