"""A folder on a disk whose power may be cut: what POSIX guarantees of it at every moment of what was done in it.

Guaranteed are the content that a file had at its last ``fsync``, and the names that a folder had at its own. Whatever
came later may be on disk too, or not, each content and each name by itself.
"""

import os
import posix
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

Names = Mapping[int, Mapping[str, int]]  # of each folder, by inode: the inodes that it names
Contents = Mapping[int, bytes]  # of each file, by inode
Chance = Callable[[str], bool]  # whether what was last done at this path, relative to the root, was written out in time

_CALLS = ("link", "replace", "rename", "unlink", "remove", "mkdir", "rmdir")


def nothing(_: str) -> bool:
    """Nothing but what was asked for reached the disk."""
    return False


def everything(_: str) -> bool:
    """All of it reached the disk."""
    return True


def below(*starts: str) -> Chance:
    """What lies below *starts* reached the disk, with the names that lead there, and nothing else."""
    return lambda path: path.startswith(starts) or any(start.startswith(f"{path}/") for start in starts)


@dataclass(frozen=True)
class Moment:
    """A moment at which the power may be cut: what a process sees, and what of that is guaranteed."""

    root: int
    seen: tuple[Names, Contents]
    safe: tuple[Names, Contents]

    def left(self, chance: Chance) -> dict[str, bytes | None]:
        """Return what stands there afterwards, by relative path: the content of files, and None for folders."""
        return dict(self._left(self.root, "", chance))

    def _left(self, folder: int, at: str, chance: Chance) -> Iterator[tuple[str, bytes | None]]:
        seen, safe = (names.get(folder, {}) for names, _ in (self.seen, self.safe))
        for name in sorted({*seen, *safe}):
            path = f"{at}/{name}".lstrip("/")
            inode = (seen if chance(path) and folder in self.seen[0] else safe).get(name)
            if inode is None:
                continue
            if inode in self.seen[0] or inode in self.safe[0]:
                yield path, None
                yield from self._left(inode, path, chance)
            else:
                _, contents = self.seen if chance(path) and inode in self.seen[1] else self.safe
                yield path, contents.get(inode, b"")


@dataclass
class Disk:
    """What happens below *root*, which stands there and is on disk."""

    root: Path
    moments: list[Moment] = field(default_factory=list)
    _names: dict[int, dict[str, int]] = field(default_factory=dict)
    _contents: dict[int, bytes] = field(default_factory=dict)
    _held: dict[int, int] = field(default_factory=dict)

    def settle(self) -> None:
        """Put everything on disk, as it stands."""
        self._names, self._contents = (dict(found) for found in self._seen())

    def look(self) -> None:
        """Remember this moment."""
        safe = {inode: dict(names) for inode, names in self._names.items()}, dict(self._contents)
        self.moments.append(Moment(self.root.stat().st_ino, self._seen(), safe))

    def fsync(self, descriptor: int) -> None:
        """Put what *descriptor* is open for on disk, and remember that."""
        posix.fsync(descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").resolve()
        if path == self.root or self.root in path.parents:
            inode = self._hold(path)
            if path.is_dir():
                self._names[inode] = {each.name: self._hold(each) for each in path.iterdir()}
            else:
                self._contents[inode] = path.read_bytes()
            self.look()

    def release(self) -> None:
        for descriptor in self._held.values():
            os.close(descriptor)
        self._held.clear()

    def _seen(self) -> tuple[dict[int, dict[str, int]], dict[int, bytes]]:
        names, contents = {}, {}
        for folder in (self.root, *(path for path in self.root.rglob("*") if path.is_dir())):
            names[self._hold(folder)] = {each.name: self._hold(each) for each in folder.iterdir()}
            contents |= {self._hold(each): each.read_bytes() for each in folder.iterdir() if each.is_file()}
        return names, contents

    def _hold(self, path: Path) -> int:
        # While a descriptor is open, nobody else gets its inode's number.
        inode = path.lstat().st_ino
        if inode not in self._held:
            self._held[inode] = os.open(path, os.O_PATH | os.O_NOFOLLOW)
        return inode


@contextmanager
def recorded(root: Path) -> Iterator[Disk]:
    """Give the disk below *root* while the block changes it: its moments are those around every change of a name, and
    every ``fsync``, which is what the system's is and not what other tests make of it."""
    disk = Disk(root)
    disk.settle()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", disk.fsync)
        for name in _CALLS:
            patch.setattr(os, name, _told(getattr(posix, name), disk))
        disk.look()
        try:
            yield disk
            disk.look()
        finally:
            disk.release()


def rebuild(left: Mapping[str, bytes | None], to: Path) -> Path:
    """Make the folder *to* hold what is *left*, and return it."""
    to.mkdir()
    for path, content in left.items():
        if content is None:
            (to / path).mkdir()
        else:
            (to / path).write_bytes(content)
    return to


def _told(call: Callable[..., Any], disk: Disk) -> Callable[..., Any]:
    def told(*args: Any, **kwargs: Any) -> Any:
        done = call(*args, **kwargs)
        disk.look()
        return done

    return told
