"""Frames without a face are counted as they pass."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from avatar.media.face_gap_recorder import FaceGapRecorder
from avatar.media.face_gaps import format_ranges, merge_ranges, offset_ranges, read_face_gaps, write_face_gaps
from tests.media.video_fixtures import moving

FACE = np.zeros((468, 3), np.float32)


def seen(shows: list[bool | None]) -> FaceGapRecorder:
    """What is noted of frames that show a face, do not, or were not looked at (None)."""
    frames, noted = moving(len(shows)), FaceGapRecorder()
    looked = iter(shows)

    def look(batch):
        for frame in batch:
            face = next(looked)
            frame.tracked, frame.landmarks = face is not None, FACE if face else None
        return batch

    for _ in noted.noting(frames.through(look)).batches:
        pass
    return noted


def test_only_frames_that_were_looked_at_in_vain_are_noted():
    assert merge_ranges(seen([False, False, True, None, False, *[True] * 20, False]).ranges) == [
        (0, 2),
        (4, 5),
        (25, 26),
    ]


@given(st.sets(st.integers(0, 60)), st.integers(0, 9))
def test_ranges_hold_the_same_frames_as_were_noted(numbers, start):
    ranges = offset_ranges(merge_ranges((n, n + 1) for n in numbers), start)

    assert {n for first, after in ranges for n in range(first, after)} == {n + start for n in numbers}
    assert all(one[1] < other[0] for one, other in pairwise(ranges))


def test_what_is_written_is_read_again(tmp_path):
    write_face_gaps(tmp_path / "told.json", [(0, 3), (3, 30)], Fraction(30000, 1001))

    assert read_face_gaps(tmp_path / "told.json") == [(0, 30)]
    assert format_ranges([(0, 30), (1800, 1830)], Fraction(30000, 1001)) == "0:00.0-0:01.0, 1:00.1-1:01.1"
