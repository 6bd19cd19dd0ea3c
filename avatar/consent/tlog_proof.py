"""Inclusion proofs of ledger entries in one text file (C2SP tlog-proof), checked without the store."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from avatar.consent.checkpoint import Checkpoint, parse_decimal, read_checkpoint
from avatar.consent.entries import Entry, read_entry
from avatar.consent.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from avatar.consent.signed_note import Note, NoteKey, cosigned_at, decode_base64, malformed_error, read_note, signed_by
from avatar.errors import LedgerError

_HEADER_LINE = "c2sp.org/tlog-proof@v1"
_MAX_PATH_HASHES = 63  # hashes: no ledger is deeper


@dataclass(frozen=True)
class Proof:
    """That *entry* (its stored bytes) is entry *index* of the ledger that *checkpoint* speaks of, by way of *path*."""

    entry: bytes
    index: int
    path: tuple[bytes, ...]
    checkpoint: Note

    def __str__(self) -> str:
        lines = [_HEADER_LINE, f"extra {base64.b64encode(self.entry).decode()}", f"index {self.index}"]
        lines += [base64.b64encode(digest).decode() for digest in self.path]
        return "\n".join([*lines, "", str(self.checkpoint)])


@dataclass(frozen=True)
class Proven:
    """What a proof that holds says: the *entry*, the *checkpoint* it is in, and when each witness saw that."""

    entry: Entry
    checkpoint: Checkpoint
    witnessed: dict[str, datetime]


def read_proof(data: bytes) -> Proof:
    """Return the proof that *data* spells; nothing in it is checked yet.

    Raises:
        LedgerError: it is no proof.
    """
    try:
        head, blank, rest = data.decode().partition("\n\n")
    except UnicodeDecodeError as error:
        raise malformed_error("a proof", "it is not UTF-8") from error
    lines = head.split("\n")
    if not blank or len(lines) < 3 or lines[0] != _HEADER_LINE or len(lines) > 3 + _MAX_PATH_HASHES:
        raise malformed_error(
            "a proof", f"it needs {_HEADER_LINE!r}, extra, index, hashes, a blank line and a checkpoint"
        )
    path = tuple(decode_base64(line) for line in lines[3:])
    if any(len(digest) != HASH_BYTES for digest in path):
        raise malformed_error("a proof", f"every hash has {HASH_BYTES} bytes")
    extra, index = decode_base64(_after("extra ", lines[1])), parse_decimal(_after("index ", lines[2]))
    return Proof(extra, index, path, read_note(rest.encode()))


def check_proof(proof: Proof, log: NoteKey, witnesses: Iterable[NoteKey] = ()) -> Proven:
    """Check *proof* against the keys that are believed: the ledger's checkpoint key, and *witnesses*, all of them.

    Raises:
        LedgerError: it does not hold; the sentence says where.
    """
    checkpoint = read_checkpoint(proof.checkpoint)
    if not signed_by(proof.checkpoint, log) or checkpoint.origin != log.name:
        raise LedgerError(f"the checkpoint in this proof is not signed by {log.name}", code="proof.unsigned")
    leaf = leaf_hash(proof.entry)
    if not verify_inclusion(leaf, proof.index, checkpoint.size, checkpoint.root, proof.path):
        raise LedgerError(f"entry {proof.index} of this proof is not in its checkpoint", code="proof.not-included")
    entry = read_entry(proof.entry)
    if entry.index != proof.index:
        raise LedgerError(f"entry {proof.index} of this proof calls itself {entry.index}", code="proof.not-included")
    witnessed = {}
    for witness in witnesses:
        at = cosigned_at(proof.checkpoint, witness)
        if at is None:
            raise LedgerError(f"the witness {witness.name} did not cosign this proof", code="proof.no-witness")
        witnessed[witness.name] = at
    return Proven(entry, checkpoint, witnessed)


def _after(word: str, line: str) -> str:
    if not line.startswith(word):
        raise malformed_error("a proof", f"a line must start with {word!r}")
    return line.removeprefix(word)
