"""One value, one spelling, one digest."""

import hashlib
from pathlib import Path
from typing import Any

import rfc8785

_PIECE = 1 << 20


def canonical(value: Any) -> bytes:
    """Return *value* as canonical JSON (RFC 8785)."""
    return rfc8785.dumps(value)


def digest_of(value: Any) -> str:
    """Return the sha256 of *value* in its canonical JSON form, in hex.

    >>> digest_of({"b": 1, "a": 2}) == digest_of({"a": 2, "b": 1})
    True
    """
    return hashlib.sha256(canonical(value)).hexdigest()


def digest_of_file(path: Path) -> str:
    """Return the sha256 of the file at *path* in hex, reading it piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
