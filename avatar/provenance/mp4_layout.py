"""The one layout in which we write an MP4 file: which boxes it has, and in which order."""

from collections.abc import Sequence
from pathlib import Path

from avatar.media.mp4 import CREDENTIAL_BOX, HEADER_BYTES, Mp4Box, NotMp4Error, read_boxes


def read_layout(path: Path) -> tuple[Mp4Box, ...]:
    """Return the top-level boxes of the mp4 at *path*.

    Raises:
        NotMp4Error: the file ends inside a box, a box leaves its size open, or there are too many.
    """
    with path.open("rb") as file:
        found = tuple(read_boxes(file))
    if found and found[-1].open_ended:
        raise NotMp4Error("the last box leaves its size open")
    return found


def is_canonical(found: Sequence[Mp4Box]) -> bool:
    """Return whether *found* is what we write and nothing more: ftyp, credential, moov, an empty free box, mdat.

    C2PA leaves free and skip boxes outside its hash: without this, anything could be carried in them unnoticed.
    """
    kinds = [box.kind for box in found if not _is_empty(box)]
    empty = len(found) - len(kinds)  # a muxer leaves one, to widen the header of mdat should it outgrow 4 GiB
    narrow = all(box.header == HEADER_BYTES for box in found if box.kind == CREDENTIAL_BOX)
    return empty <= 1 and narrow and kinds in (["ftyp", "moov", "mdat"], ["ftyp", CREDENTIAL_BOX, "moov", "mdat"])


def _is_empty(box: Mp4Box) -> bool:
    return box.kind == "free" and box.size == box.header == HEADER_BYTES
