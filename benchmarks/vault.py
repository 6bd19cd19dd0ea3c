"""Processor seconds per gigabyte for sealing and opening, the hashing beside them, and the memory that both need."""

import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from avatar.artifacts.keyring import FolderKeyring
from avatar.artifacts.vault import Label, Vault
from avatar.canonical import digest_of_file
from benchmarks.rows import Row, options, show

_GIGABYTE = 1_000_000_000
_SMALL = 2_000  # bytes: a manifest
_TIMES = 2_000
_PEOPLE = ("p-0000000000000001", "p-0000000000000002")


def main() -> None:
    """Measure, and print the table."""
    wanted = options(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        keyring = FolderKeyring(room / "keys")
        for person in _PEOPLE:
            keyring.make(person)
        rows = [*_large(Vault(keyring), room), *_small(Vault(keyring))]
    show(rows, wanted.json)


def _large(vault: Vault, room: Path) -> list[Row]:
    plain, piece = room / "plain", os.urandom(1_000_000)
    vault.seal(piece, Label("blob", _PEOPLE))  # what is loaded at first use is not counted
    with plain.open("wb") as file:
        for _ in range(_GIGABYTE // len(piece)):
            file.write(piece)
    copies = []
    for _ in range(2):  # the first is the system's: it finds memory for its cache of the disk
        copies.append(_spent(lambda: shutil.copyfileobj(plain.open("rb"), (room / "copy").open("wb"), 1 << 20)))
        (room / "copy").unlink()
    before = _peak()
    hashing = _spent(lambda: digest_of_file(plain))
    label = Label("blob", _PEOPLE, digest_of_file(plain))
    sealing = _spent(lambda: vault.seal_file(plain, label, room / "sealed"))
    opening = _spent(lambda: vault.open_file(room / "sealed", label, room / "opened"))
    return [
        Row("copy, to compare", copies[-1], "CPU-s per GB"),
        Row("hash (sha256)", hashing, "CPU-s per GB"),
        Row("seal", sealing, "CPU-s per GB"),
        Row("open, hash included", opening, "CPU-s per GB"),
        Row("memory added by a file of 1 GB", _peak() - before, "MB"),
    ]


def _small(vault: Vault) -> list[Row]:
    plain, label = os.urandom(_SMALL), Label("manifest", _PEOPLE, "0" * 64)
    sealed = vault.seal(plain, label)

    def repeated(act: Callable[[], object]) -> float:
        return _spent(lambda: [act() for _ in range(_TIMES)]) / _TIMES * 1000

    return [
        Row("seal a manifest of 2 people", repeated(lambda: vault.seal(plain, label)), "CPU-ms"),
        Row("open a manifest of 2 people", repeated(lambda: vault.open(sealed, label)), "CPU-ms"),
    ]


def _spent(act: Callable[[], object]) -> float:
    before = time.process_time()
    act()
    return time.process_time() - before


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
