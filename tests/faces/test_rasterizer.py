"""A mesh is drawn without gaps, exactly, and the nearer triangle wins."""

import cv2
import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from avatar.faces.drawing.rasterizer import rasterize, rasterize_cpu, rasterize_gpu
from avatar.faces.geometry.topology import topology

SQUARE = torch.tensor([[0, 1, 2], [0, 2, 3]])


def square(left, top, side):
    return torch.tensor([[left, top], [left + side, top], [left + side, top + side], [left, top + side]])


@given(st.floats(-20, 90), st.floats(-20, 90), st.floats(3, 60))
def test_a_square_of_two_triangles_covers_the_pixels_inside_it_without_a_gap(left, top, side):
    drawing = rasterize(square(left, top, side), SQUARE, 100, 80)

    y, x = np.mgrid[:80, :100]
    deep = (x > left + 0.01) & (x < left + side - 0.01) & (y > top + 0.01) & (y < top + side - 0.01)
    outside = (x < left - 0.01) | (x > left + side + 0.01) | (y < top - 0.01) | (y > top + side + 0.01)
    seen = drawing.covered.numpy()
    assert seen[deep].all()
    assert not seen[outside].any()


@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(-50, 50))
def test_what_is_linear_over_the_mesh_is_linear_over_its_pixels(across, down, start):
    points = square(10.3, 20.7, 50.0)

    drawing = rasterize(points, SQUARE, 100, 100)
    values = drawing.interpolate((points[:, :1] * across + points[:, 1:] * down + start).float())

    y, x = np.mgrid[:100, :100]
    seen = drawing.covered.numpy()
    assert np.allclose(values[..., 0].numpy()[seen], (x * across + y * down + start)[seen], atol=1e-2)


def test_the_nearer_triangle_is_seen_and_one_turned_away_is_not():
    points = torch.cat([square(10.0, 10.0, 30.0), square(10.0, 10.0, 30.0)])
    depth = torch.tensor([1.0] * 4 + [-1.0] * 4)
    both = torch.cat([SQUARE + 4, SQUARE])

    near = rasterize(points, both, 60, 60, depth).interpolate(depth[:, None])[20, 20, 0]
    away = rasterize(points, SQUARE.flip(1), 60, 60)

    assert near == -1
    assert not away.covered.any()


def test_the_drawn_face_has_no_hole(landmarker, picture):
    points = torch.from_numpy(landmarker.single_face(picture("ben")))
    face = torch.from_numpy(np.concatenate([topology().skin, topology().eyes, topology().mouth]))

    drawing = rasterize(points[:, :2], face, 512, 512, points[:, 2])

    assert drawing.covered.sum() > 10_000
    parts, _ = cv2.connectedComponents((~drawing.covered.numpy()).astype(np.uint8), connectivity=4)
    assert parts == 2  # the face itself, and one piece around it


def test_a_processor_and_a_graphics_card_draw_the_same(landmarker, picture):
    points = torch.from_numpy(landmarker.single_face(picture("ben")))
    face = torch.from_numpy(np.concatenate([topology().skin, topology().eyes, topology().mouth]))

    one, other = (way(points[:, :2], face, 512, 512) for way in (rasterize_cpu, rasterize_gpu))

    assert torch.equal(one.covered, other.covered)
    assert torch.equal(one.corners[one.covered], other.corners[one.covered])
    assert torch.allclose(one.barycentric, other.barycentric, atol=1e-4)


def test_pixels_get_what_their_corners_carry_by_their_shares(landmarker, picture):
    points = torch.from_numpy(landmarker.single_face(picture("ben")))
    drawing = rasterize(points[:, :2], torch.from_numpy(topology().skin), 512, 512)

    spread = drawing.interpolate(points)

    wanted = (points[drawing.corners] * drawing.barycentric[..., None]).sum(dim=2)
    assert torch.allclose(spread, wanted, atol=1e-3)
    assert not spread[~drawing.covered].any()
