"""A picture bends with its mesh: exactly, without gaps, and later triangles over earlier ones."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from avatar.faces.drawing.warp_field import overwrite_warp_field, warp_field
from avatar.media.frames import Box

CORNERS = np.array([[10, 10], [50, 10], [50, 40], [10, 40]], np.float32)
SQUARE = np.array([[0, 1, 2], [0, 2, 3]])
WHOLE = Box(0, 0, 64, 48)


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(-0.2, 0.2), st.booleans())
def test_a_mesh_that_moves_in_one_piece_moves_every_pixel_of_it_alike(across, down, wider, turned):
    after = CORNERS + np.float32([across, down]) + (CORNERS - CORNERS.mean(axis=0)) * np.float32(wider)
    triangles = SQUARE[:, ::-1] if turned else SQUARE

    bent = warp_field(CORNERS, after.astype(np.float32), triangles, WHOLE)

    y, x = np.mgrid[:48, :64]
    (left, top), (right, bottom) = after.min(axis=0), after.max(axis=0)
    inside = (x > left) & (x < right) & (y > top) & (y < bottom)
    outside = (x < left - 1) | (x > right + 1) | (y < top - 1) | (y > bottom + 1)
    middle = CORNERS.mean(axis=0)
    for axis, (offset, at) in enumerate(((bent.dx, x), (bent.dy, y))):
        start = (middle + (np.float32([across, down])))[axis]
        wanted = middle[axis] + (at - start) / (1 + wider) - at
        assert np.allclose(offset[inside], wanted[inside], atol=1e-2)
        assert not offset[outside].any()


@given(st.lists(st.tuples(st.floats(-500, 500), st.floats(-500, 500)), min_size=4, max_size=4))
def test_no_mesh_writes_outside_its_box(points):
    after = np.array(points, np.float32)

    bent = warp_field(CORNERS, after, SQUARE, WHOLE, fine=2)

    assert bent.dx.shape == bent.dy.shape == (96, 128)
    assert np.isfinite(bent.dx).all()


def test_where_triangles_overlap_the_later_one_is_seen():
    before = np.concatenate([CORNERS, CORNERS + np.float32([3, 0])])
    after = np.concatenate([CORNERS, CORNERS])

    first = warp_field(before, after, np.concatenate([SQUARE + 4, SQUARE]), WHOLE)
    second = warp_field(before, after, np.concatenate([SQUARE, SQUARE + 4]), WHOLE)

    assert first.dx[20, 30] == 0
    assert second.dx[20, 30] == 3


def test_what_is_drawn_over_a_field_leaves_the_rest_of_it():
    base = warp_field(CORNERS, CORNERS + np.float32([2, 0]), SQUARE, WHOLE)
    small = (CORNERS + CORNERS.mean(axis=0)) / 2

    overwrite_warp_field(base, small, small + np.float32([0, 3]), SQUARE, Box(14, 10, 50, 42))

    assert base.dx[12, 12] == -2
    assert (base.dx[28, 30], base.dy[28, 30]) == (0, -3)


def test_a_sampled_field_shows_the_finer_source_where_it_says():
    source = np.zeros((96, 128, 4), np.uint8)
    source[..., 0] = np.arange(128)
    bent = warp_field(CORNERS, CORNERS + np.float32([2, 0]), SQUARE, WHOLE)

    shown = bent.sample(source, 2)[..., 0].astype(int)

    assert abs(shown[20, 30] - (2 * 30 + 0.5 - 2 * 2)) <= 0.5
    assert abs(shown[45, 60] - (2 * 60 + 0.5)) <= 0.5
