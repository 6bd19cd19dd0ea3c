"""Stream an uploaded recording into a private folder, within limits of size and time."""

import asyncio
from pathlib import Path
from urllib.parse import parse_qs

from fastapi import Request

from avatar.artifacts.objects import as_store_error
from avatar.errors import InputError

MAX_UPLOAD_BYTES = 96 << 20  # bytes: three minutes at 4 Mbit/s
_UPLOAD_TIMEOUT_S = 600  # for all of it: who sends a byte a minute keeps nobody waiting
_MAX_FORM_BYTES = 64 << 10


async def receive_upload(request: Request, to: Path, largest: int) -> Path:
    """Write the body of *request* to the new file *to* and return it.

    Raises:
        InputError: it is larger than *largest* bytes, empty, or takes longer than ten minutes.
    """
    size = 0
    try:
        async with asyncio.timeout(_UPLOAD_TIMEOUT_S):
            with as_store_error(f"receiving into {to.parent}"), to.open("xb") as file:
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


async def read_body(request: Request) -> str:
    """Return the text that was sent, if it is no longer than a form ever is."""
    body = b""
    async with asyncio.timeout(_UPLOAD_TIMEOUT_S):
        async for piece in request.stream():
            body += piece
            if len(body) > _MAX_FORM_BYTES:
                raise _too_large(_MAX_FORM_BYTES)
    return body.decode(errors="replace")


async def read_form_fields(request: Request) -> dict[str, list[str]]:
    """Return the fields of a form that was sent (``application/x-www-form-urlencoded``)."""
    try:
        return parse_qs(await read_body(request), keep_blank_values=True, max_num_fields=200)
    except ValueError as error:
        raise InputError("this form cannot be read; open the page again", code="page.bad-form") from error


def _too_large(most: int) -> InputError:
    return InputError(f"this is larger than {most / (1 << 20):g} MB; send a smaller file", code="upload.too-large")
