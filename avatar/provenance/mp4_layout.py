"""The top-level boxes of an mp4 file, and the one order in which ours stand."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_CREDENTIAL = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # the extended type of a C2PA box (C2PA 2.4, A.5)
_HEADER = 8


class NotMp4Error(ValueError):
    """The bytes do not add up to whole boxes."""


@dataclass(frozen=True)
class Mp4Box:
    """One box: its four-letter *kind* (``c2pa`` for a credential) and its whole *size* in bytes."""

    kind: str
    size: int


def boxes(path: Path) -> tuple[Mp4Box, ...]:
    """Return the top-level boxes of the mp4 at *path*.

    Raises:
        NotBoxesError: the file ends inside a box, or a box leaves its size open.
    """
    return tuple(_boxes(path))


def canonical_order(found: tuple[Mp4Box, ...]) -> bool:
    """Answer whether *found* is what we write and nothing more: ftyp, credential, moov, an empty free box, mdat.

    C2PA leaves free and skip boxes outside its hash: without this, anything could be carried in them unnoticed.
    """
    kinds = [box.kind for box in found if box != Mp4Box("free", _HEADER)]
    empty = len(found) - len(kinds)  # a muxer leaves one, to widen the header of mdat should it outgrow 4 GiB
    return empty <= 1 and kinds in (["ftyp", "moov", "mdat"], ["ftyp", "c2pa", "moov", "mdat"])


def _boxes(path: Path) -> Iterator[Mp4Box]:
    end = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        while at < end:
            file.seek(at)
            header = file.read(_HEADER + 16)
            size = _size(header)
            if size < _HEADER or at + size > end:
                raise NotMp4Error(f"the box at byte {at} is not whole")
            yield Mp4Box(_kind(header), size)
            at += size


def _size(header: bytes) -> int:
    size = int.from_bytes(header[:4], "big")
    return int.from_bytes(header[8:16], "big") if size == 1 else size


def _kind(header: bytes) -> str:
    kind = header[4:8].decode("latin-1")
    return "c2pa" if kind == "uuid" and header[8:24] == _CREDENTIAL else kind
