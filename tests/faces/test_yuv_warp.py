"""A still picture bends plane by plane as it would in RGB, to the rounding, whatever its size."""

import cv2
import numpy as np
import pytest

from avatar.faces.drawing.warp_field import CoarseWarpField
from avatar.faces.drawing.yuv_warp import YuvWarp
from avatar.media.frames import Box, planes_of, split_planes

SIZES = [(128, 128), (130, 134), (98, 160)]


def picture(width: int, height: int) -> np.ndarray:
    noise = np.random.default_rng(5).integers(0, 256, (height // 16, width // 16, 3)).astype(np.uint8)
    return cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)


def swayed(width: int, height: int) -> CoarseWarpField:
    nodes = CoarseWarpField.zeros(Box(0, 0, width, height))
    rows, columns = np.indices(nodes.dx.shape)
    nodes.dx[:], nodes.dy[:] = 3 * np.sin(rows / 9), 2 * np.cos(columns / 7)
    return nodes


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_at_rest_a_still_is_the_picture_made_smaller(width, height):
    rgb = picture(2 * width, 2 * height)

    shown = YuvWarp.of(rgb, 2).unwarped()

    smaller = planes_of(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA))
    assert np.abs(shown.astype(int) - smaller).max() <= 1


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_bent_still_shows_what_bending_the_picture_does(width, height):
    rgb, nodes = picture(2 * width, 2 * height), swayed(width, height)
    planes = np.empty((height * 3 // 2, width), np.uint8)

    YuvWarp.of(rgb, 2).warp(planes, nodes)

    wanted = planes_of(nodes.upsample(Box(0, 0, width, height)).sample(rgb, 2))
    for made, plane, most in zip(
        split_planes(planes), split_planes(wanted), (3, 10, 10), strict=True
    ):  # colour is interpolated between fewer values
        away = np.abs(made.astype(int) - plane)
        assert away.max() <= most
        assert away.mean() < 1


@pytest.mark.parametrize("part", [Box(0, 0, 130, 134), Box(0, 0, 8, 6), Box(30, 46, 70, 90), Box(120, 126, 130, 134)])
def test_nodes_are_interpolated_over_a_part_as_over_the_whole(part):
    nodes = swayed(130, 134)

    whole, piece = nodes.upsample(nodes.box), nodes.upsample(part)

    window = slice(part.top, part.bottom), slice(part.left, part.right)
    assert np.allclose(piece.dx, whole.dx[window], atol=1e-5)
    assert np.allclose(piece.dy, whole.dy[window], atol=1e-5)
