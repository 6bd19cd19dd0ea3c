"""The object store interface, and its implementation in a folder."""

import errno
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from avatar.errors import StoreError
from avatar.runtime.atomic import atomic_create, atomic_write, fsync_folder, make_folder

_KEY = re.compile(r"[a-z0-9_-][a-z0-9._-]*(/[a-z0-9_-][a-z0-9._-]*)*")


class Objects(Protocol):
    """A flat space of immutable objects. Creating never overwrites, so the store itself decides who was first."""

    def create(self, key: str, source: bytes | Path) -> bool:
        """Store *source* (bytes, or a file that is streamed) at *key*; return False if something stands there."""

    def read(self, key: str) -> bytes | None:
        """Return the object at *key* whole, or None."""

    def download(self, key: str, to: Path) -> bool:
        """Stream the object at *key* into the new file *to*; return False if there is none."""

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys under the folder *prefix*, sorted."""

    def delete(self, key: str) -> None:
        """Remove the object at *key*, if any. Only queues, and what shows people, are ever removed."""

    def start(self, key: str, size: int) -> bytes | None:
        """Return the first *size* bytes of the object at *key* (all of it, if it is shorter), or None."""

    def dated(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Yield the keys under the folder *prefix*, sorted, with the time (UTC) each was written."""

    def exchange(self, key: str, source: bytes | Path) -> bool:
        """Put *source* in the place of the object at *key*, at once; return False if there is none.

        For other bytes that mean the same: material sealed anew under a new key. Nothing else is ever exchanged.
        """


def validate_key(key: str) -> str:
    """Return *key*, or raise: keys are made by this library, never by a user, and never leave the store."""
    if not _KEY.fullmatch(key):
        raise StoreError(f"store key {key!r} is malformed: keys are lower-case words joined by '/'", code="store.key")
    return key


class FolderObjects:
    """Objects as files below *root*: each is on disk, with its name, before the call that wrote it returns."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._drafts = root / ".drafts"
        self._folders: set[Path] = set()  # that we know to be on disk

    def __repr__(self) -> str:
        return f"folder {self._root}"

    def create(self, key: str, source: bytes | Path) -> bool:
        target = self._root / validate_key(key)
        with as_store_error(f"writing {key} to {self!r}"):
            return not self._stands(target) and self._write(target, source)

    def read(self, key: str) -> bytes | None:
        with as_store_error(f"reading {key} from {self!r}"):
            try:
                return (self._root / validate_key(key)).read_bytes()
            except FileNotFoundError:
                return None

    def download(self, key: str, to: Path) -> bool:
        with as_store_error(f"copying {key} from {self!r}"):
            try:
                shutil.copyfile(self._root / validate_key(key), to)
            except FileNotFoundError:
                return False
        return True

    def list(self, prefix: str) -> Iterator[str]:
        files = (path for path in (self._root / validate_key(prefix)).rglob("*") if path.is_file())
        yield from sorted(path.relative_to(self._root).as_posix() for path in files)

    def delete(self, key: str) -> None:
        with as_store_error(f"deleting {key} from {self!r}"):
            (self._root / validate_key(key)).unlink(missing_ok=True)

    def start(self, key: str, size: int) -> bytes | None:
        with as_store_error(f"reading {key} from {self!r}"):
            try:
                with (self._root / validate_key(key)).open("rb") as file:
                    return file.read(size)
            except FileNotFoundError:
                return None

    def dated(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        for key in self.list(prefix):
            with suppress(FileNotFoundError):  # gone since it was listed
                yield key, datetime.fromtimestamp((self._root / key).stat().st_mtime, UTC)

    def exchange(self, key: str, source: bytes | Path) -> bool:
        target = self._root / validate_key(key)
        with as_store_error(f"exchanging {key} in {self!r}"):
            if not target.exists():
                return False
            # On disk before anyone destroys the key that the old bytes were sealed under.
            with atomic_write(target, durable=True, drafts=self._drafts) as draft:
                _fill(draft, source)
        return True

    def _stands(self, target: Path) -> bool:
        if not target.exists():
            return False
        # Another process may have given it its name a moment ago: whoever relies on it needs it on disk.
        fsync_folder(target.parent)
        return True

    def _write(self, target: Path, source: bytes | Path) -> bool:
        make_folder(self._drafts)
        if target.parent not in self._folders or not target.parent.is_dir():
            make_folder(target.parent, durable=True)
            self._folders.add(target.parent)
        try:
            with atomic_create(target, durable=True, drafts=self._drafts) as draft:
                _fill(draft, source)
        except FileExistsError:
            return False
        return True


def _fill(draft: Path, source: bytes | Path) -> None:
    with draft.open("xb") as file:
        if isinstance(source, bytes):
            file.write(source)
        else:
            with source.open("rb") as given:
                shutil.copyfileobj(given, file, 1 << 20)


@contextmanager
def as_store_error(doing: str) -> Iterator[None]:
    """Turn what the file system says while *doing* something into a StoreError with the fix."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreError(f"{doing}: the disk is full; free some space and run again", code="store.full") from error
        raise StoreError(f"{doing}: {error.strerror}; check the folder and its permissions", code="store.io") from error
