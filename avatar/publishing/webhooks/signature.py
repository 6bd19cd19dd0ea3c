"""Webhook signatures (Standard Webhooks 1.0.0): HMAC-SHA256 with a shared secret."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping

_WHSEC_PREFIX = "whsec_"
_SECRET_BYTES = 32  # of a secret; the standard asks for 24 to 64


def new_secret(random: Callable[[int], bytes]) -> str:
    """Return a fresh secret, as receivers' libraries take it."""
    return f"{_WHSEC_PREFIX}{base64.b64encode(random(_SECRET_BYTES)).decode()}"


def headers_of(secret: str, id: str, seconds: int, body: bytes) -> Mapping[str, str]:
    """Return the headers that name and sign *body*: the message *id*, sent at *seconds* since 1970.

    The *id* stays the same when a message is sent again, so a receiver can tell that it knows it. It has no full stop:
    those join what is signed.
    """
    key = base64.b64decode(secret.removeprefix(_WHSEC_PREFIX))
    signed = b".".join((id.encode(), str(seconds).encode(), body))
    signature = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return {"webhook-id": id, "webhook-timestamp": str(seconds), "webhook-signature": f"v1,{signature}"}
