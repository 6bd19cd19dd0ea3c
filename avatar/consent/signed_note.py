"""Signed notes (C2SP signed-note): text that a person can read, with signatures that a machine can check."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from avatar.consent.keys import Key, verify
from avatar.errors import InputError, LedgerError

_MAX_NOTE_BYTES, _MAX_SIGNATURES = 1 << 20, 100
_KEY_NAME = re.compile(r"[^\s+\x00-\x1f]+")
_CONTROL_CHARACTER = re.compile(r"[\x00-\x09\x0b-\x1f]")


class NoteKeyKind(IntEnum):
    """What a key signs: notes, or (as a witness) that it saw a checkpoint at a time (C2SP tlog-cosignature)."""

    NOTE = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True)
class NoteKey:
    """A *name* and an Ed25519 key (32 bytes in hex) that are believed, for one kind of signature."""

    name: str
    public: str
    kind: NoteKeyKind = NoteKeyKind.NOTE

    @property
    def id(self) -> bytes:
        """Four bytes that find this key's signature among others. Too short to trust: only the key is."""
        said = self.name.encode() + b"\n" + bytes([self.kind]) + bytes.fromhex(self.public)
        return hashlib.sha256(said).digest()[:4]

    def __str__(self) -> str:
        material = bytes([self.kind]) + bytes.fromhex(self.public)
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(material).decode()}"


@dataclass(frozen=True)
class NoteSignature:
    """One signature line: whose it says it is, and the *data* of that kind of signature."""

    name: str
    key_id: bytes
    data: bytes

    def __str__(self) -> str:
        return f"— {self.name} {base64.b64encode(self.key_id + self.data).decode()}\n"


@dataclass(frozen=True)
class Note:
    """A *text*, ending in a newline, and who signed it."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(str(signature) for signature in self.signatures)}"

    def with_signatures(self, *more: NoteSignature) -> "Note":
        """Return the note with *more* signatures, none twice."""
        return Note(self.text, tuple(dict.fromkeys((*self.signatures, *more))))


def read_note_key(text: str) -> NoteKey:
    """Return the key that the verifier key *text* names: ``<name>+<id in hex>+<base64 of kind and key>``."""
    name, _, rest = text.strip().partition("+")
    key_id, _, material = rest.partition("+")
    try:
        raw = decode_base64(material)
        key = NoteKey(name, raw[1:].hex(), NoteKeyKind(raw[0]))
    except (LedgerError, ValueError, IndexError) as error:
        raise _no_key(text) from error
    if len(raw) != 33 or not _KEY_NAME.fullmatch(name) or key.id.hex() != key_id:
        raise _no_key(text)
    return key


def sign(text: str, name: str, key: Key) -> NoteSignature:
    """Return *key*'s signature of *text*, in the name *name*."""
    return NoteSignature(name, NoteKey(name, key.public).id, bytes.fromhex(key.sign(text.encode())))


def cosign(text: str, name: str, key: Key, at: datetime) -> NoteSignature:
    """Return a witness's signature that, *at* this time, *text* is the largest consistent checkpoint it has seen."""
    seconds = int(at.timestamp())
    signed = bytes.fromhex(key.sign(_seen(text, seconds)))
    key_id = NoteKey(name, key.public, NoteKeyKind.COSIGNATURE).id
    return NoteSignature(name, key_id, seconds.to_bytes(8, "big") + signed)


def signed_by(note: Note, key: NoteKey) -> bool:
    """Return whether *key* signed *note*. Signatures of other keys are passed over; a bad one of *key* is a no."""
    own = _of(note, key)
    return bool(own) and all(_valid(note.text, signature, key) for signature in own)


def cosigned_at(note: Note, key: NoteKey) -> datetime | None:
    """Return when the witness with *key* cosigned *note*, or None if it did not."""
    if key.kind != NoteKeyKind.COSIGNATURE or not signed_by(note, key):
        return None
    return datetime.fromtimestamp(int.from_bytes(_of(note, key)[0].data[:8], "big"), UTC)


def read_note(data: bytes) -> Note:
    """Return the note that *data* spells. Nothing in it is to be believed before its signatures are checked.

    Raises:
        LedgerError: it is no signed note.
    """
    try:
        said = data.decode()
    except UnicodeDecodeError as error:
        raise malformed_error("a signed note", "it is not UTF-8") from error
    text, blank, lines = said.rpartition("\n\n")
    if len(data) > _MAX_NOTE_BYTES or _CONTROL_CHARACTER.search(said) or not blank or not lines.endswith("\n"):
        raise malformed_error("a signed note", "it needs a text, a blank line, and signature lines")
    signatures = lines.removesuffix("\n").split("\n")
    if len(signatures) > _MAX_SIGNATURES:
        raise malformed_error("a signed note", f"it has more than {_MAX_SIGNATURES} signatures")
    return Note(f"{text}\n", tuple(read_signature(f"{line}\n") for line in signatures))


def read_signature(line: str) -> NoteSignature:
    """Return the signature that *line*, with its newline, spells."""
    dash, _, rest = line.removesuffix("\n").partition(" ")
    name, _, encoded = rest.partition(" ")
    raw = decode_base64(encoded)
    if dash != "—" or not line.endswith("\n") or not _KEY_NAME.fullmatch(name) or len(raw) < 5:
        raise malformed_error("a signature line", "it needs a dash, a name and base64")
    return NoteSignature(name, raw[:4], raw[4:])


def decode_base64(text: str) -> bytes:
    """Return the bytes that the base64 *text* spells; only the one proper spelling is taken."""
    try:
        raw = base64.b64decode(text.encode(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise malformed_error("base64", "it is not") from error
    if base64.b64encode(raw).decode() != text:
        raise malformed_error("base64", "it is another spelling")
    return raw


def malformed_error(what: str, why: str) -> LedgerError:
    """Return the error that something is not *what* it should be."""
    return LedgerError(f"this is not {what}: {why}", code="ledger.malformed")


def _of(note: Note, key: NoteKey) -> list[NoteSignature]:
    return [found for found in note.signatures if found.name == key.name and found.key_id == key.id]


def _valid(text: str, signature: NoteSignature, key: NoteKey) -> bool:
    if key.kind == NoteKeyKind.NOTE:
        return verify(key.public, signature.data.hex(), text.encode())
    seconds = int.from_bytes(signature.data[:8], "big")
    return seconds < 1 << 35 and verify(key.public, signature.data[8:].hex(), _seen(text, seconds))


def _seen(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _no_key(text: str) -> InputError:
    return InputError(
        f"{text!r} is not a verifier key; it looks like NAME+ID+BASE64 (avatar ledger checkpoint prints it)",
        code="ledger.bad-key",
    )
