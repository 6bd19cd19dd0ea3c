"""The C2PA credential in a file that is brought, lifted out as it is: nothing in it is read, fetched or believed."""

import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from avatar.media.mp4 import CREDENTIAL_BOX, NotMp4Error, read_boxes

CREDENTIAL = "credential.c2pa"  # what its file is called

MAX_CREDENTIAL_BYTES = 32 << 20  # bytes of a credential; a larger one is left behind

_JUMBF = b"jumb"  # what every credential is: a box of this type
_APP11 = 0xEB
_USER_TYPE, _FLAGS = 16, 4  # bytes at the start of its mp4 box
_PNG_HEAD, _JPEG_HEAD, _RIFF_HEAD = 8, 2, 12  # bytes before the first chunk, segment, chunk


def credential_in(path: Path) -> bytes | None:
    """Return the C2PA manifest store in the PNG, JPEG, WAV or mp4 file at *path*, or None if it holds no whole one."""
    with path.open("rb") as file:
        start = file.read(_RIFF_HEAD)
        for head, pieces in _KINDS:
            if head(start):
                return _whole(b"".join(pieces(file, path.stat().st_size)))
    return None


def _whole(found: bytes) -> bytes | None:
    if len(found) < 8 or found[4:8] != _JUMBF or len(found) > MAX_CREDENTIAL_BYTES:
        return None
    length = struct.unpack(">I", found[:4])[0]
    return found[:length] if 8 <= length <= len(found) else None


def _in_png(file: BinaryIO, size: int) -> Iterator[bytes]:
    at = _PNG_HEAD
    while at + 12 <= size:
        length, kind = struct.unpack(">I4s", _at(file, at, 8))
        if kind == b"caBX" and length <= MAX_CREDENTIAL_BYTES:
            yield _at(file, at + 8, length)
            return
        at += 12 + length


def _in_jpeg(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield the pieces of the box that APP11 segments carry (ISO/IEC 19566-5, D.2): each repeats the box's head."""
    at, first = _JPEG_HEAD, True
    while at + 4 <= size:
        mark, kind, length = struct.unpack(">BBH", _at(file, at, 4))
        if mark != 0xFF or kind in (0xD9, 0xDA):  # the picture itself begins
            return
        body = _at(file, at + 4, length - 2) if kind == _APP11 and length > 18 else b""
        if body[:2] == b"JP" and body[12:16] == _JUMBF:
            yield body[8:] if first else body[16:]
            first = False
        at += 2 + max(2, length)


def _in_wav(file: BinaryIO, size: int) -> Iterator[bytes]:
    at = _RIFF_HEAD
    while at + 8 <= size:
        kind, length = struct.unpack("<4sI", _at(file, at, 8))
        if kind == b"C2PA" and length <= MAX_CREDENTIAL_BYTES:
            yield _at(file, at + 8, length)
            return
        at += 8 + length + length % 2


def _in_mp4(file: BinaryIO, _size: int) -> Iterator[bytes]:
    with suppress(NotMp4Error):
        for box in read_boxes(file):
            if box.kind == CREDENTIAL_BOX and box.size <= MAX_CREDENTIAL_BYTES:
                # Behind the user type: version and flags, a purpose that ends with a zero byte, and for a manifest
                # where its hash tree lies.
                before = box.header + _USER_TYPE + _FLAGS
                said = _at(file, box.start + before, max(0, box.size - before))
                purpose, _, rest = said.partition(b"\0")
                if purpose == b"manifest":
                    yield rest[8:]
                    return


def _at(file: BinaryIO, place: int, length: int) -> bytes:
    file.seek(place)
    return file.read(length)


_KINDS: tuple[tuple[Callable[[bytes], bool], Callable[[BinaryIO, int], Iterator[bytes]]], ...] = (
    (lambda start: start.startswith(b"\x89PNG"), _in_png),
    (lambda start: start.startswith(b"\xff\xd8\xff"), _in_jpeg),
    (lambda start: start.startswith(b"RIFF"), _in_wav),
    (lambda start: start[4:8] == b"ftyp", _in_mp4),
)
