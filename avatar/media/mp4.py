"""The top-level boxes of an MP4 file (ISO/IEC 14496-12): found by their headers, their contents unread."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import SEEK_END
from typing import BinaryIO, Final

CREDENTIAL_BOX: Final = "c2pa"  # the kind we give to the box of a C2PA manifest store
HEADER_BYTES: Final = 8  # of a box whose size takes 32 bits; 16 where it takes 64
MAX_BOXES: Final = 100_000  # half an hour in fragments of a frame each
_C2PA_USER_TYPE: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # C2PA 2.4, A.5
_USER_TYPE_BYTES: Final = 16


class NotMp4Error(ValueError):
    """The bytes do not add up to whole boxes."""


class TooManyBoxesError(NotMp4Error):
    """The file is in more than ``MAX_BOXES`` pieces."""


@dataclass(frozen=True)
class Mp4Box:
    """One box: its four-letter *kind*, where it begins, and its whole *size* and that of its *header*, in bytes.

    *open_ended* is that of a last box that only says it lasts to the end of the file.
    """

    kind: str
    start: int
    size: int
    header: int = HEADER_BYTES
    open_ended: bool = False


def read_boxes(file: BinaryIO) -> Iterator[Mp4Box]:
    """Yield the top-level boxes of *file*, in order. Between two of them, the caller may read elsewhere in it.

    Raises:
        NotMp4Error: a box is shorter than its header, or reaches beyond the file.
        TooManyBoxesError: there are more than ``MAX_BOXES``.
    """
    end, at, count = file.seek(0, SEEK_END), 0, 0
    while at < end:
        box = _box_at(file, at, end)
        if box.size < box.header or at + box.size > end:
            raise NotMp4Error(f"the box at byte {at} is not whole")
        if count == MAX_BOXES:
            raise TooManyBoxesError(f"there are more than {MAX_BOXES} boxes")
        yield box
        at, count = at + box.size, count + 1


def _box_at(file: BinaryIO, at: int, end: int) -> Mp4Box:
    file.seek(at)
    head = file.read(2 * HEADER_BYTES + _USER_TYPE_BYTES)
    size, kind, header = int.from_bytes(head[:4], "big"), head[4:8].decode("latin-1"), HEADER_BYTES
    if size == 1:
        size, header = int.from_bytes(head[8:16], "big"), 2 * HEADER_BYTES
    whole = size or end - at
    if kind == "uuid" and head[header : min(whole, header + _USER_TYPE_BYTES)] == _C2PA_USER_TYPE:
        kind = CREDENTIAL_BOX
    return Mp4Box(kind, at, whole, header, open_ended=size == 0)
