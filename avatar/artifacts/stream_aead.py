"""Streaming authenticated encryption (STREAM over AES-256-GCM): no byte is returned before it is authenticated.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): each chunk's nonce is a prefix, the chunk's number
and whether it is the last one. A chunk that was moved, repeated or dropped, and a stream that was cut, do not decrypt.
"""

import struct
from collections.abc import Iterator
from typing import Protocol

CHUNK_BYTES = 1 << 20  # bytes of plaintext in each chunk but the last
NONCE_PREFIX_BYTES = 7  # bytes of nonce before the number (4) and the flag (1)
_TAG_BYTES = 16


class Reader(Protocol):
    """Bytes that come as they are asked for."""

    def read(self, size: int, /) -> bytes:
        """Return *size* bytes, or fewer at the end."""


class AuthenticationError(Exception):
    """A chunk does not authenticate: altered, moved, cut, or under another key."""


def encrypt_stream(plain: Reader, key: bytes, prefix: bytes, header: bytes) -> Iterator[bytes]:
    """Yield what is left of *plain* as encrypted chunks, bound to *header*. Never use *key* and *prefix* twice."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher = AESGCM(key)
    for number, chunk, last in _numbered(plain, CHUNK_BYTES):
        yield cipher.encrypt(_nonce(prefix, number, last), chunk, header)


def decrypt_stream(sealed: Reader, key: bytes, prefix: bytes, header: bytes) -> Iterator[bytes]:
    """Yield the plaintext of what is left of *sealed*, each chunk once it is authenticated.

    Raises:
        BrokenError: at the first chunk that is not what was encrypted.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher = AESGCM(key)
    for number, chunk, last in _numbered(sealed, CHUNK_BYTES + _TAG_BYTES):
        try:
            yield cipher.decrypt(_nonce(prefix, number, last), chunk, header)
        except InvalidTag as error:
            raise AuthenticationError from error


def _numbered(stream: Reader, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """Yield (number, piece, is it the last) of *stream*: at least one piece, and an empty one only if it is alone."""
    piece, number = stream.read(size), 0
    while True:
        following = stream.read(size) if len(piece) == size else b""
        yield number, piece, not following
        if not following:
            return
        piece, number = following, number + 1


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + struct.pack(">I?", number, last)
