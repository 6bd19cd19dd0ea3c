"""Private folders for work in progress: closed to others, and gone afterwards, even when the process was killed."""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

_WORKDIR_NAME = re.compile(r"avatar-room-[0-9a-f]{32}")  # nobody else's folder is called like this


@contextmanager
def private_tempdir(within: Path | None = None) -> Iterator[Path]:
    """Give a private folder (mode 0700) below *within* (default: the system's temporary folder), removed at the end."""
    draft = Path(tempfile.mkdtemp(prefix=".room-", dir=within))
    lock = os.open(draft, os.O_RDONLY)
    try:
        # The kernel holds the lock for as long as this process lives, however it ends. It is taken before the folder
        # has the name that ``sweep`` looks for.
        fcntl.flock(lock, fcntl.LOCK_EX)
        room = draft.rename(draft.with_name(f"avatar-room-{uuid4().hex}"))
        try:
            yield room
        finally:
            # Work that was left behind may still be writing here; what remains is swept later.
            shutil.rmtree(room, ignore_errors=True)
    finally:
        os.close(lock)


def reap_stale(within: Path | None = None) -> int:
    """Remove the rooms that killed processes left below *within*, and return how many there were."""
    folder = within or Path(tempfile.gettempdir())
    rooms = (path for path in folder.iterdir() if _WORKDIR_NAME.fullmatch(path.name))
    return sum(_remove_if_unlocked(room) for room in rooms if room.is_dir() and not room.is_symlink())


def _remove_if_unlocked(room: Path) -> bool:
    try:
        lock = os.open(room, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False  # gone by now, or not ours
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False  # its process lives
    else:
        shutil.rmtree(room, ignore_errors=True)
        return not room.exists()
    finally:
        os.close(lock)
