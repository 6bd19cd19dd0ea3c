"""Atomic writes: a file or a folder appears whole or not at all and, where asked, outlasts a power cut.

*durable* is what POSIX promises after two calls of ``fsync``: one puts the content on disk before the file has its
name, the other puts the folder, and so the name, on disk before the function returns. What is not asked to be durable
can be made again.
"""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from uuid import uuid4

_NAME = 40  # characters of a file's name that its draft is called by: file systems take 255 bytes
_NO_FOLDER_SYNC = (errno.EINVAL, errno.EBADF, errno.ENOTSUP)  # file systems that keep names in order by themselves


@contextmanager
def atomic_write(
    to: Path, *, durable: bool = False, mode: int | None = None, drafts: Path | None = None
) -> Iterator[Path]:
    """Give a path to write at; the file there replaces *to* if the block ends well, and vanishes if it does not.

    With *mode*, the file stands there already, empty, for whom the mode admits. *drafts* is a folder of the same file
    system for what is not finished; by default it is that of *to*.
    """
    with _draft(to, drafts, mode) as draft:
        yield draft
        move(draft, to, durable=durable)


@contextmanager
def atomic_create(
    to: Path, *, durable: bool = False, mode: int | None = None, drafts: Path | None = None
) -> Iterator[Path]:
    """Give a path to write at; the file there becomes *to* if the block ends well and nothing stands at *to*.

    Of several who create the same file, one succeeds. Arguments are those of ``atomic_write``.

    Raises:
        FileExistsError: something stands at *to*. With *durable*, its name is on disk by then.
    """
    with _draft(to, drafts, mode) as draft:
        yield draft
        if durable:
            _fsync(draft)
        try:
            # A link, unlike a rename, fails if the name exists.
            os.link(draft, to)
        finally:
            draft.unlink()
            if durable:
                fsync_folder(to.parent)


def write_bytes(to: Path, content: bytes, *, durable: bool = False, mode: int | None = None) -> None:
    """Replace the file *to* by one that holds *content*."""
    with atomic_write(to, durable=durable, mode=mode) as draft:
        draft.write_bytes(content)


def write_text(to: Path, text: str, *, durable: bool = False) -> None:
    """Replace the file *to* by one that holds *text* in UTF-8."""
    write_bytes(to, text.encode(), durable=durable)


def create_bytes(to: Path, content: bytes, *, durable: bool = False, mode: int | None = None) -> bool:
    """Create the file *to* with *content*; return False if something stands there."""
    try:
        with atomic_create(to, durable=durable, mode=mode) as draft:
            draft.write_bytes(content)
    except FileExistsError:
        return False
    return True


def move(file: Path, to: Path, *, durable: bool = False) -> None:
    """Give *file* the name *to*, on the same file system, in place of what stands there."""
    if durable:
        _fsync(file)
    file.replace(to)
    if durable:
        fsync_folder(to.parent)


@contextmanager
def atomic_folder(to: Path, *, durable: bool = False, mode: int = 0o777) -> Iterator[Path]:
    """Give an empty folder to fill; it becomes *to* if the block ends well, and vanishes if it does not.

    Folders above *to* are made. Only the owner can look into it before it is finished.

    Raises:
        OSError: a folder that holds something, or a file, stands at *to*.
    """
    make_folder(to.parent, durable=durable)
    with tempfile.TemporaryDirectory(prefix=f".{to.name}-", dir=to.parent) as beside:
        folder = Path(beside) / to.name
        folder.mkdir(mode=mode)
        yield folder
        if durable:
            _fsync_tree(folder)
        folder.rename(to)
    if durable:
        fsync_folder(to.parent)


def make_folder(folder: Path, *, durable: bool = False, mode: int = 0o777) -> None:
    """Make *folder*, with *mode*, and those above it, where they are missing."""
    if not durable:
        folder.mkdir(parents=True, exist_ok=True, mode=mode)
        return
    stood = folder.is_dir()
    if not stood:
        make_folder(folder.parent, durable=True)
        folder.mkdir(exist_ok=True, mode=mode)
    try:
        # Also where it stood: another process may have made it a moment ago. Those above it are on disk then, because
        # they are made from the top down.
        fsync_folder(folder.parent)
    except PermissionError:
        if not stood:
            raise


def fsync_file(path: Path) -> None:
    """Put the file *path* and its name on disk: it may have been written by someone who did not, or not yet."""
    _fsync(path)
    fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Put the names in *folder* on disk, both those that were made and those that were removed."""
    try:
        _fsync(folder)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise


def drafts_of(to: Path) -> Iterator[Path]:
    """Yield the drafts beside *to* that processes left which were killed before they finished it."""
    return to.parent.glob(f".{escape(to.name[:_NAME])}.*.part")


@contextmanager
def _draft(to: Path, folder: Path | None, mode: int | None) -> Iterator[Path]:
    draft = (folder or to.parent) / f".{to.name[:_NAME]}.{uuid4().hex}.part"
    try:
        if mode is not None:
            os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fsync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        _fsync(path)
    fsync_folder(folder)
