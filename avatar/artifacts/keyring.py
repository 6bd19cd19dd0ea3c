"""One secret for each person. Whoever destroys it makes everything that shows this person unreadable."""

import os
import re
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from avatar.artifacts.objects import explained
from avatar.errors import ConsentError, StoreError

SIZE = 32  # bytes of a key
_PERSON = re.compile(r"p-[0-9a-f]{16}")


class Keyring(Protocol):
    """The keys that people's material is encrypted under. They never sign anything."""

    def key_of(self, person: str) -> bytes:
        """Return the key (32 bytes) of *person*.

        Raises:
            ConsentError: there is none (``person.erased``).
        """

    def make(self, person: str) -> None:
        """Give *person* a key, unless they have one. Only enrolment calls this, for people the ledger does not know."""

    def destroy(self, person: str) -> None:
        """Remove the key of *person* for good."""


class FolderKeyring:
    """Keys as files (mode 0600) in *folder*, one a person.

    A backup of this folder keeps erased people readable: back the store up as you like, but not this beside it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def key_of(self, person: str) -> bytes:
        with explained(f"reading the material key of {person}"):
            try:
                key = self._path(person).read_bytes()
            except FileNotFoundError:
                raise gone(person) from None
        if len(key) != SIZE:
            raise StoreError(f"the material key of {person} is not {SIZE} bytes; restore it", code="person.bad-key")
        return key

    def make(self, person: str) -> None:
        path = self._path(person)
        if path.exists():
            return
        with explained(f"making the material key of {person}"):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = self._folder / f".{uuid4().hex}"
            try:
                with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(os.urandom(SIZE))
                    file.flush()
                    # Before anything is encrypted under it: a key lost in a crash would take the material along.
                    os.fsync(file.fileno())
                os.link(draft, path)
            except FileExistsError:
                pass  # another process was first: its key is the key
            finally:
                draft.unlink(missing_ok=True)
            self._settle()

    def destroy(self, person: str) -> None:
        with explained(f"destroying the material key of {person}"):
            self._path(person).unlink(missing_ok=True)
            if self._folder.is_dir():
                self._settle()

    def _path(self, person: str) -> Path:
        return self._folder / f"{known(person)}.key"

    def _settle(self) -> None:
        # A name that was made or removed is only certain to stay so once its folder is on disk.
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def known(person: str) -> str:
    """Return *person*, or raise: ids come out of stored files too, and must never lead out of the keyring."""
    if not _PERSON.fullmatch(person):
        raise StoreError(f"{person!r} is not the id of a person", code="store.altered")
    return person


def gone(person: str) -> ConsentError:
    """Return the refusal for someone who has no key."""
    return ConsentError(
        f"what shows {person} cannot be read: their key is gone, because they were erased or because AVATAR_KEYS "
        "names the key folder of another store",
        code="person.erased",
    )
