"""The vault: encrypts material under the keys of all the people in it."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from avatar.artifacts.keyring import Keyring
from avatar.artifacts.objects import as_store_error
from avatar.artifacts.stream_aead import NONCE_PREFIX_BYTES, AuthenticationError, Reader, decrypt_stream, encrypt_stream
from avatar.canonical import canonical
from avatar.errors import StoreError
from avatar.runtime.atomic import atomic_write

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_MAGIC = b"avatar-sealed-2\n"
_SALT_BYTES = 32
_MAX_PEOPLE_BYTES = 1 << 16  # bytes that name them

MAX_HEADER_BYTES = (
    len(_MAGIC) + 4 + _MAX_PEOPLE_BYTES + _SALT_BYTES + 2 + (1 << 16)
)  # bytes: at most so many say who is in a sealed object

_ZERO_NONCE = bytes(12)  # a nonce for a key that encrypts one thing only

Generations = dict[str, int]  # person -> which generation of their key, sorted by person


@dataclass(frozen=True)
class Label:
    """What is sealed, and so under which key: a *kind* (blob, manifest, card), the *people* in it, its sha256."""

    kind: str
    people: tuple[str, ...]
    digest: str = ""  # empty where the reader cannot know it beforehand

    @property
    def bytes(self) -> bytes:
        return canonical({"kind": self.kind, "people": sorted(set(self.people)), "digest": self.digest})


_UNKNOWN = Label("object", ())


class Vault:
    """Seals bytes so that they open only while each of their people has a key.

    A sealed object begins with the ids of its people in the clear (they are random) and the generation of each one's
    key, then a salt, its own label (sealed), then chunks. Its key comes from all their keys, its label and its salt, by
    HKDF-SHA256: taking one person's key away closes it.
    """

    def __init__(self, keyring: Keyring) -> None:
        self.keyring = keyring

    def name_of(self, digest: str, people: Iterable[str]) -> str:
        """Return the name of the blob with the sha256 *digest* that shows *people*; it says neither."""
        label = Label("name", tuple(people), digest)
        keys = b"".join(self.keyring.naming_key_of(person) for person in sorted(set(people)))
        return _derived(keys, label, b"", 32).hex()

    def newest(self, people: Iterable[str]) -> Generations:
        """Return the generation of each one's key that something sealed now is sealed under.

        Raises:
            ConsentError: someone has no key any more (``person.erased``).
        """
        return {person: self.keyring.generations(person)[-1] for person in sorted(set(people))}

    def seal(self, plain: bytes, label: Label) -> bytes:
        """Return *plain*, sealed as *label*."""
        return b"".join(self._sealed(BytesIO(plain), label))

    def open(self, sealed: bytes, label: Label) -> bytes:
        """Return what was sealed as *label*.

        Raises:
            ConsentError: someone in it has no key any more (``person.erased``).
            StoreError: it is not what was sealed.
        """
        return b"".join(self._opened(BytesIO(sealed), label))

    def seal_file(self, plain: Path, label: Label, to: Path) -> Path:
        """Write the file *plain*, sealed as *label*, to the new file *to*, piece by piece, and return *to*."""
        with as_store_error(f"sealing into {to.parent}"), plain.open("rb") as source, to.open("xb") as target:
            for piece in self._sealed(source, label):
                target.write(piece)
        return to

    def reseal_file(self, sealed: Path, to: Path) -> Path:
        """Write what the file *sealed* holds, sealed anew under the newest keys, to the new file *to*, and return *to*.

        It stays what it was sealed as. No plaintext touches the disk, and few chunks of it are in memory. Raises as
        ``open``.
        """
        with as_store_error(f"sealing into {to.parent}"), sealed.open("rb") as source, to.open("xb") as target:
            label = self._label_in(_header(source, _UNKNOWN))
            source.seek(0)
            for piece in self._sealed(_Pieces(self._opened(source, label)), label):
                target.write(piece)
        return to

    def open_file(self, sealed: Path, label: Label, to: Path) -> Path:
        """Write what the file *sealed* holds to the file *to*, checked against the label's digest, and return *to*.

        It comes to stand there whole or not at all. Raises as ``open``.
        """
        digest = hashlib.sha256()
        with as_store_error(f"writing to {to.parent}"), atomic_write(to) as draft:
            with sealed.open("rb") as source, draft.open("xb") as target:
                for piece in self._opened(source, label):
                    digest.update(piece)
                    target.write(piece)
            if digest.hexdigest() != label.digest:
                raise _altered(label)
        return to

    def _sealed(self, plain: Reader, label: Label) -> Iterator[bytes]:
        generations = self.newest(label.people)
        names = canonical([_named(*each) for each in generations.items()])
        # Random, so that no key is ever used twice, not even when a file changes while it is read.
        salt = os.urandom(_SALT_BYTES)
        clear = _MAGIC + len(names).to_bytes(4, "big") + names + salt
        said = self._label_cipher(generations, salt).encrypt(_ZERO_NONCE, canonical([label.kind, label.digest]), clear)
        header = clear + len(said).to_bytes(2, "big") + said
        key, prefix = self._key(generations, label, salt)
        yield header
        yield from encrypt_stream(plain, key, prefix, header)

    def _opened(self, sealed: BinaryIO, label: Label) -> Iterator[bytes]:
        clear, names, salt, said = _header(sealed, label)
        header = clear + len(said).to_bytes(2, "big") + said
        generations = _read_names(names, label)
        if list(generations) != sorted(set(label.people)):
            raise _altered(label)
        key, prefix = self._key(generations, label, salt)
        with _explaining(label):
            yield from decrypt_stream(sealed, key, prefix, header)

    def _key(self, generations: Generations, label: Label, salt: bytes) -> tuple[bytes, bytes]:
        keys = b"".join(self.keyring.key_of(*each) for each in generations.items())
        derived = _derived(keys, label, salt, 32 + NONCE_PREFIX_BYTES)
        return derived[:32], derived[32:]

    def _label_in(self, header: "_Header") -> Label:
        from cryptography.exceptions import InvalidTag

        generations = _read_names(header.names, _UNKNOWN)
        try:
            cipher = self._label_cipher(generations, header.salt)
            kind, digest = json.loads(cipher.decrypt(_ZERO_NONCE, header.label, header.clear))
        except InvalidTag as error:
            raise _altered(Label("object", tuple(generations))) from error
        return Label(kind, tuple(generations), digest)

    def _label_cipher(self, generations: Generations, salt: bytes) -> "AESGCM":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        keys = b"".join(self.keyring.key_of(*each) for each in generations.items())
        return AESGCM(_derived(keys, Label("label", tuple(generations)), salt, 32))


class _Header(NamedTuple):
    """How a sealed object begins: *names* and *salt* are parts of what is *clear*; its *label* is sealed."""

    clear: bytes
    names: bytes
    salt: bytes
    label: bytes


def people_in(sealed: bytes, label: Label) -> tuple[str, ...]:
    """Return the people that *sealed* names in its clear part; opening it will hold them to it."""
    return tuple(generations_in(sealed, label))


def generations_in(sealed: bytes, label: Label) -> Generations:
    """Return the generation of each one's key that *sealed*, or how it begins, says it is sealed under."""
    return _read_names(_header(BytesIO(sealed), label).names, label)


def is_sealed(start: bytes) -> bool:
    """Return whether an object that begins with *start* is a sealed one."""
    return start.startswith(_MAGIC)


def _derived(keys: bytes, label: Label, salt: bytes, length: int) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), length, salt, _MAGIC + label.bytes).derive(keys)


def _named(person: str, generation: int) -> str:
    return f"{person}.{generation}" if generation > 1 else person


def _read_names(names: bytes, label: Label) -> Generations:
    """Return what *names* spells; only the one proper spelling is taken."""
    try:
        said = [(person, int(number or 1)) for person, _, number in (name.partition(".") for name in json.loads(names))]
    except (ValueError, AttributeError, TypeError):
        raise _altered(label) from None
    if canonical([_named(*each) for each in sorted(dict(said).items())]) != names:
        raise _altered(label)
    return dict(said)


class _Pieces:
    """A stream of the bytes that *pieces* yields."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def read(self, size: int, /) -> bytes:
        while len(self._left) < size:
            piece = next(self._pieces, b"")
            if not piece:
                break
            self._left += piece
        taken, self._left = self._left[:size], self._left[size:]
        return taken


def _header(sealed: Reader, label: Label) -> _Header:
    start = sealed.read(len(_MAGIC) + 4)
    length = int.from_bytes(start[len(_MAGIC) :], "big")
    if not start.startswith(_MAGIC) or length > _MAX_PEOPLE_BYTES:
        raise _altered(label)
    rest = sealed.read(length + _SALT_BYTES)
    said = sealed.read(int.from_bytes(sealed.read(2), "big"))
    return _Header(start + rest, rest[:length], rest[length:], said)


@contextmanager
def _explaining(label: Label) -> Iterator[None]:
    try:
        yield
    except AuthenticationError as error:
        raise _altered(label) from error


def _altered(label: Label) -> StoreError:
    return StoreError(
        f"the {label.kind} {label.digest[:12] or 'of ' + ', '.join(label.people)} was altered in the store; "
        "restore it from a backup",
        code="store.altered",
    )
