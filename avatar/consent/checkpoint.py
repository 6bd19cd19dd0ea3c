"""Checkpoints (C2SP tlog-checkpoint): the ledger's size and root, signed, each kept where nothing stood."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass

from avatar.artifacts.objects import Objects
from avatar.consent.keys import Key
from avatar.consent.merkle import HASH_BYTES
from avatar.consent.signed_note import (
    Note,
    NoteSignature,
    decode_base64,
    malformed_error,
    read_note,
    read_signature,
    sign,
)
from avatar.errors import LedgerError

_CHECKPOINTS, _COSIGNATURES = "ledger/checkpoints", "ledger/cosignatures"

KEY_FILE = "checkpoint.key"  # in the key folder: another key than the one that signs credentials


@dataclass(frozen=True)
class Checkpoint:
    """That the ledger called *origin* had *size* entries with the Merkle root *root* (32 bytes)."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def signed(self, *keys: Key) -> Note:
        """Return this checkpoint as a note that *keys* signed in the ledger's name."""
        return Note(self.text, tuple(sign(self.text, self.origin, key) for key in keys))


def read_checkpoint(note: Note) -> Checkpoint:
    """Return what the text of *note* says. Lines after the third are signed too, and say nothing to us."""
    lines = note.text.removesuffix("\n").split("\n")
    if len(lines) < 3 or not all(lines):
        raise malformed_error("a checkpoint", "it needs an origin, a size and a root")
    origin, size, root = lines[0], parse_decimal(lines[1]), decode_base64(lines[2])
    if len(root) != HASH_BYTES:
        raise malformed_error("a checkpoint", f"its root is not {HASH_BYTES} bytes")
    return Checkpoint(origin, size, root)


def parse_decimal(text: str) -> int:
    """Return the number that *text* spells in ASCII decimals with no leading zero."""
    if not (text.isascii() and text.isdecimal() and len(text) < 16) or str(int(text)) != text:
        raise malformed_error("a number", repr(text[:20]))
    return int(text)


def store_checkpoint(objects: Objects, note: Note) -> Note:
    """Store the checkpoint *note*; return the one that stands for its size, which must say the same.

    Raises:
        LedgerError: another root was signed for the same size.
    """
    size = read_checkpoint(note).size
    if objects.create(_name(size), str(note).encode()):
        return note
    standing = fetch_checkpoint(objects, size)
    if standing.text != note.text:
        raise LedgerError(
            f"a checkpoint of {size} entries with another root was signed before; restore the store from a backup",
            code="ledger.split-view",
        )
    return standing


def store_cosignature(objects: Objects, size: int, cosignature: NoteSignature) -> None:
    """Store a witness's *cosignature* of the checkpoint of *size* entries. The first that a witness gave stands."""
    objects.create(f"{_COSIGNATURES}/{size:012d}/{cosignature.key_id.hex()}", str(cosignature).encode())


def fetch_checkpoint(objects: Objects, size: int) -> Note:
    """Return the stored checkpoint of *size* entries with all its cosignatures."""
    data = objects.read(_name(size))
    if data is None:
        raise LedgerError(f"there is no checkpoint of {size} entries", code="ledger.no-checkpoint")
    note = read_note(data)
    if read_checkpoint(note).size != size:
        raise LedgerError(f"checkpoint {size} speaks of another size", code="ledger.forged")
    lines = (objects.read(name) for name in objects.list(f"{_COSIGNATURES}/{size:012d}"))
    return note.with_signatures(*(_line(line) for line in lines if line is not None))


def checkpoint_sizes(objects: Objects) -> Iterator[int]:
    """Yield the sizes that checkpoints were signed for, growing."""
    for name in objects.list(_CHECKPOINTS):
        digits = name.removeprefix(f"{_CHECKPOINTS}/")
        if not (digits.isascii() and digits.isdecimal()) or name != _name(int(digits)):
            raise LedgerError(f"{name} is not the name of a checkpoint", code="ledger.forged")
        yield int(digits)


def newest_checkpoint(objects: Objects) -> Note | None:
    """Return the stored checkpoint of the most entries, with its cosignatures, or None."""
    found = list(checkpoint_sizes(objects))
    return fetch_checkpoint(objects, found[-1]) if found else None


def best_above(objects: Objects, index: int) -> Note | None:
    """Return the newest checkpoint that holds entry *index*: one with a cosignature, if there is one."""
    found = [size for size in checkpoint_sizes(objects) if size > index]
    seen = {name.split("/")[-2] for name in objects.list(_COSIGNATURES)}
    chosen = max((size for size in found if f"{size:012d}" in seen), default=max(found, default=None))
    return None if chosen is None else fetch_checkpoint(objects, chosen)


def _name(size: int) -> str:
    return f"{_CHECKPOINTS}/{size:012d}"


def _line(data: bytes) -> NoteSignature:
    try:
        return read_signature(data.decode())
    except UnicodeDecodeError as error:
        raise malformed_error("a cosignature", "it is not UTF-8") from error
