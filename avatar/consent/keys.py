"""Ed25519 keys on disk: a person's own, and the ledger's."""

import os
from pathlib import Path

from avatar.errors import ConsentError
from avatar.runtime.atomic import create_bytes, fsync_file, make_folder


class Key:
    """A private key that signs; its public half is 32 bytes in hex."""

    def __init__(self, raw: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._private = Ed25519PrivateKey.from_private_bytes(raw)

    @property
    def public(self) -> str:
        return self._private.public_key().public_bytes_raw().hex()

    def sign(self, data: bytes) -> str:
        """Return the signature of *data* in hex."""
        return self._private.sign(data).hex()


def new_key() -> Key:
    """Return a fresh key."""
    return Key(os.urandom(32))


def key_at(path: Path, *, make: bool = False) -> Key:
    """Read the key in the file *path*; with *make*, create it first if there is none (mode 0600).

    With *make*, the key is on disk before this returns: what it signs would be worth nothing without it.
    """
    if make:
        _make(path)
    try:
        return Key(bytes.fromhex(path.read_text().strip()))
    except FileNotFoundError as error:
        raise ConsentError(f"there is no key at {path}", code="key.missing") from error
    except ValueError as error:
        raise ConsentError(f"{path} does not hold an Ed25519 key (64 hex digits)", code="key.unreadable") from error


def verify(public: str, signature: str, data: bytes) -> bool:
    """Return whether *signature* of *data* was made by the key whose public half is *public*."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _make(path: Path) -> None:
    if path.exists():
        # Another process may have given it its name a moment ago, and not have reached the disk yet.
        fsync_file(path)
        return
    make_folder(path.parent, durable=True, mode=0o700)
    # If another process is first, its key is the key.
    create_bytes(path, f"{os.urandom(32).hex()}\n".encode(), durable=True, mode=0o600)
