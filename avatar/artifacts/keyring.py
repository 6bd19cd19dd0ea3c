"""The keyring: one secret per person; without it, whatever shows that person cannot be decrypted."""

import hmac
import os
import re
from pathlib import Path
from typing import Protocol

from avatar.artifacts.objects import as_store_error
from avatar.errors import ConsentError, StoreError
from avatar.runtime.atomic import create_bytes, drafts_of, fsync_file, fsync_folder, make_folder

KEY_BYTES = 32  # bytes of a key
_PERSON_ID = re.compile(r"p-[0-9a-f]{16}")
_KEY_FILE_NAME = re.compile(r"p-[0-9a-f]{16}(?:\.([1-9][0-9]{0,8}))?\.key")


class Keyring(Protocol):
    """The keys that people's material is encrypted under. They never sign anything.

    A person's key comes in generations, counted from 1. The newest seals; older ones open what was sealed before, until
    all of that is sealed anew and they are retired.
    """

    def generations(self, person: str) -> tuple[int, ...]:
        """Return which generations of the key of *person* there are, growing.

        Raises:
            ConsentError: there is none (``person.erased``).
        """

    def key_of(self, person: str, generation: int) -> bytes:
        """Return that *generation* of the key (32 bytes) of *person*.

        Raises:
            ConsentError: there is none at all (``person.erased``).
            StoreError: it was retired (``store.retired``).
        """

    def naming_key_of(self, person: str) -> bytes:
        """Return the key (32 bytes) that only names what shows *person*: it opens nothing, and is never renewed.

        Raises:
            ConsentError: as ``generations``; perhaps later than there.
        """

    def make(self, person: str) -> None:
        """Give *person* a key, unless they have one. Only enrolment calls this, for people the ledger does not know."""

    def renew(self, person: str) -> None:
        """Give *person* the next generation of their key; of several who try at once, all get the same."""

    def retire(self, person: str) -> None:
        """Remove every generation of the key of *person* but the newest, for good."""

    def destroy(self, person: str) -> None:
        """Remove all keys of *person* for good."""


class FolderKeyring:
    """Keys as files (mode 0600) in *folder*: ``<person>.key``, later generations at ``<person>.<generation>.key``.

    A backup of this folder keeps erased people readable: back the store up as you like, but not this beside it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def generations(self, person: str) -> tuple[int, ...]:
        found = self._found(person)
        if not found:
            raise missing_key_error(person)
        return found

    def key_of(self, person: str, generation: int) -> bytes:
        path = self._path(person, generation)
        if not path.exists() and self._found(person):
            raise retired_key_error(person)
        return self._read(person, path)

    def naming_key_of(self, person: str) -> bytes:
        path = self._naming(person)
        return self._read(person, path) if path.exists() else derive_naming_key(self.key_of(person, 1))

    def make(self, person: str) -> None:
        found = self._found(person)
        self._write(person, self._path(person, found[-1] if found else 1), os.urandom(KEY_BYTES))

    def renew(self, person: str) -> None:
        newest = self.generations(person)[-1]
        # Before anything is sealed under the next generation: the first one, which it comes from, will be gone.
        self._write(person, self._naming(person), self.naming_key_of(person))
        self._write(person, self._path(person, newest + 1), os.urandom(KEY_BYTES))

    def retire(self, person: str) -> None:
        with as_store_error(f"destroying the old material key of {person}"):
            for generation in self._found(person)[:-1]:
                _remove(self._path(person, generation))
            fsync_folder(self._folder)  # only then is what was removed certain to stay so

    def destroy(self, person: str) -> None:
        with as_store_error(f"destroying the material key of {person}"):
            for generation in self._found(person):
                _remove(self._path(person, generation))
            _remove(self._naming(person))
            if self._folder.is_dir():
                fsync_folder(self._folder)

    def _found(self, person: str) -> tuple[int, ...]:
        numbers = (
            _KEY_FILE_NAME.fullmatch(path.name) for path in self._folder.glob(f"{validate_person_id(person)}*.key")
        )
        return tuple(sorted(int(number[1] or 1) for number in numbers if number))

    def _read(self, person: str, path: Path) -> bytes:
        with as_store_error(f"reading the material key of {person}"):
            try:
                key = path.read_bytes()
            except FileNotFoundError:
                raise missing_key_error(person) from None
        if len(key) != KEY_BYTES:
            raise StoreError(
                f"the material key of {person} is not {KEY_BYTES} bytes; restore it", code="person.bad-key"
            )
        return key

    def _write(self, person: str, path: Path, key: bytes) -> None:
        # On disk before anything is encrypted under it: a key lost in a crash would take the material along.
        with as_store_error(f"making the material key of {person}"):
            if path.exists():
                fsync_file(path)
                return
            make_folder(self._folder, durable=True, mode=0o700)
            # If another process is first, its key is the key.
            create_bytes(path, key, durable=True, mode=0o600)

    def _path(self, person: str, generation: int) -> Path:
        return self._folder / (
            f"{validate_person_id(person)}.{generation}.key" if generation > 1 else f"{validate_person_id(person)}.key"
        )

    def _naming(self, person: str) -> Path:
        return self._folder / f"{validate_person_id(person)}.naming"


def _remove(path: Path) -> None:
    for draft in drafts_of(path):  # what a power cut left holds the key too
        draft.unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def validate_person_id(person: str) -> str:
    """Return *person*, or raise: ids come out of stored files too, and must never lead out of the keyring."""
    if not _PERSON_ID.fullmatch(person):
        raise StoreError(f"{person!r} is not the id of a person", code="store.altered")
    return person


def derive_naming_key(first: bytes) -> bytes:
    """Return the naming key of whoever's *first* generation this is. It does not lead back."""
    return hmac.digest(first, b"avatar-naming-1", "sha256")


def missing_key_error(person: str) -> ConsentError:
    """Return the refusal for someone who has no key."""
    return ConsentError(
        f"what shows {person} cannot be read: their key is gone, because they were erased or because AVATAR_KEYS "
        "names the key folder of another store",
        code="person.erased",
    )


def retired_key_error(person: str) -> StoreError:
    """Return the error for what was sealed under a generation that is gone, of someone who has a newer one."""
    return StoreError(
        f"what shows {person} is sealed under a key of theirs that was retired: it is older than the last "
        "`avatar keys rotate`; take a newer copy of the store",
        code="store.retired",
    )
