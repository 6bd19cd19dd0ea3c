"""The boxes of an mp4 file add up to the file, or it is none."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.media import mp4
from avatar.media.mp4 import CREDENTIAL_BOX, Mp4Box, NotMp4Error, TooManyBoxesError, read_boxes

C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


def box(kind: bytes, content: bytes = b"", *, wide: bool = False) -> bytes:
    if wide:
        return (1).to_bytes(4, "big") + kind + (16 + len(content)).to_bytes(8, "big") + content
    return (8 + len(content)).to_bytes(4, "big") + kind + content


def found(data: bytes) -> list[Mp4Box]:
    return list(read_boxes(io.BytesIO(data)))


def test_boxes_come_in_order_with_their_places():
    data = box(b"ftyp", b"isom") + box(b"mdat", bytes(40), wide=True) + box(b"moov")

    assert found(data) == [Mp4Box("ftyp", 0, 12), Mp4Box("mdat", 12, 56, 16), Mp4Box("moov", 68, 8)]


@pytest.mark.parametrize("wide", [False, True])
def test_a_credential_has_a_kind_of_its_own(wide):
    assert [each.kind for each in found(box(b"uuid", C2PA + b"more", wide=wide))] == [CREDENTIAL_BOX]
    assert [each.kind for each in found(box(b"uuid", C2PA[::-1], wide=wide))] == ["uuid"]


def test_a_box_is_not_taken_for_what_lies_behind_it():
    assert found(box(b"uuid") + box(C2PA[4:8], bytes(0xD8)))[0].kind == "uuid"
    with pytest.raises(NotMp4Error):
        found(box(b"uuid") + C2PA)


def test_a_last_box_may_last_to_the_end():
    data = box(b"moov") + bytes(4) + b"mdat" + bytes(9)

    assert found(data) == [Mp4Box("moov", 0, 8), Mp4Box("mdat", 8, 17, open_ended=True)]


@pytest.mark.parametrize(
    "data",
    [
        b"\0",
        b"\0\0\0\x08moo",
        b"\0\0\0\x07moov",
        box(b"moov", b"1234")[:-1],
        (2).to_bytes(4, "big") + b"moov" + bytes(8),
        (1).to_bytes(4, "big") + b"moov",
        (1).to_bytes(4, "big") + b"moov" + (15).to_bytes(8, "big"),
        (1).to_bytes(4, "big") + b"moov" + (17).to_bytes(8, "big"),
        (1).to_bytes(4, "big") + b"moov" + b"\xff" * 8,
    ],
)
def test_a_box_that_is_not_whole_is_refused(data):
    with pytest.raises(NotMp4Error):
        found(data)


def test_a_file_in_very_many_pieces_is_refused(monkeypatch):
    monkeypatch.setattr(mp4, "MAX_BOXES", 3)

    assert len(found(box(b"free") * 3)) == 3
    with pytest.raises(TooManyBoxesError):
        found(box(b"free") * 4)


@given(
    st.binary(max_size=64)
    | st.lists(st.tuples(st.integers(0, 20), st.binary(max_size=20))).map(
        lambda parts: b"".join(size.to_bytes(4, "big") + b"mdat" + rest for size, rest in parts)
    )
)
def test_whatever_the_bytes_boxes_add_up_to_the_file_or_are_refused(data):
    try:
        boxes = found(data)
    except NotMp4Error:
        return

    assert sum(each.size for each in boxes) == len(data)
    assert [each.start for each in boxes] == [sum(each.size for each in boxes[:at]) for at in range(len(boxes))]
    assert all(each.size >= each.header >= 8 for each in boxes)
