"""One value, one spelling, one digest."""

import hashlib
from pathlib import Path
from typing import Any

import rfc8785

from avatar.errors import InputError

_PIECE = 1 << 20


def canonical(value: Any) -> bytes:
    """Return *value* as canonical JSON (RFC 8785).

    Raises:
        InputError: ``value.unwritable``, for half a surrogate pair, for a number that is none, or for one so large
            that not every reader would read the same.
    """
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        raise InputError(
            f"a value cannot be written down exactly: {error}; use whole characters and numbers below 2**53",
            code="value.unwritable",
        ) from error


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
