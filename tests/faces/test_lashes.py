"""Lashes of a lid that comes down."""

import numpy as np
import pytest

from avatar.faces.features.lashes import Lashes
from avatar.media.frames import Box

WIDTH, HEIGHT = 120, 80
BOX = Box(0, 0, WIDTH, HEIGHT)
UNIT = 100  # pixels between the eyes
SKIN = (200, 160, 140)


def lid(depth: float) -> np.ndarray:
    """Return an upper lid (9, 2) that hangs *depth* pixels lower in its middle than at its ends; -: it is raised."""
    along = np.linspace(0, 1, 9)
    return np.stack([30 + 60 * along, 40 + 4 * depth * along * (1 - along)], axis=1).astype(np.float32)


def skin(above: int = 0) -> np.ndarray:
    """Return skin, with dark hairs that reach *above* pixels up from an open lid."""
    picture = np.full((HEIGHT, WIDTH, 3), SKIN, np.uint8)
    for x, y in lid(-12)[1:-1].round().astype(int):
        picture[y - above : y + 2, x - 1 : x + 1] = 20
    return picture


def lashes(above: int) -> Lashes:
    return Lashes.of(skin(above), lid(-12), UNIT, 1, outer=0)


def rows_of(mask: np.ndarray) -> tuple[int, int]:
    """Return the first and the last row in which there is anything to speak of."""
    rows = np.flatnonzero(mask.max(axis=1) > 0.1)
    return int(rows[0]), int(rows[-1])


@pytest.mark.parametrize("above", [4, 7, 10])
def test_lashes_are_as_long_as_the_open_eye_shows_them(above):
    assert lashes(above).length == pytest.approx(above, abs=1.5)


def test_an_eye_that_shows_none_gets_a_line_and_no_hairs():
    bare = Lashes.of(np.full((HEIGHT, WIDTH, 3), SKIN, np.uint8), lid(-12), UNIT, 1, outer=0)

    top, bottom = rows_of(bare.mask(lid(6), BOX, 1.0))

    assert bare.length == 0
    assert bottom - top <= 6 + 2 * bare.line + 2


def test_they_hang_from_a_closed_lid_and_stand_on_an_open_one():
    long = lashes(10)

    closed, opened = rows_of(long.mask(lid(0), BOX, 1.0)), rows_of(long.mask(lid(0), BOX, 0.0))

    assert closed[1] - 40 > 6
    assert 40 - closed[0] < 4
    assert opened[1] - 40 < 4
    assert 40 - opened[0] > 3


def test_they_lean_away_from_the_nose():
    right, left = (Lashes.of(skin(10), lid(-12), UNIT, 1, outer=outer) for outer in (0, -1))

    masks = [each.mask(lid(0), BOX, 1.0)[46:] for each in (right, left)]
    middles = [float((mask.sum(axis=0) * np.arange(WIDTH)).sum() / mask.sum()) for mask in masks]

    assert middles[0] < 60 < middles[1]


def test_painted_they_are_dark_hairs_on_skin_that_stays():
    long, view = lashes(10), np.full((HEIGHT, WIDTH, 3), SKIN, np.float32)

    long.paint(view, lid(0), BOX, 1.0)

    beneath = view[44:50, 30:90]
    assert beneath.min() < 90
    assert np.median(beneath[..., 0]) == SKIN[0]
    assert (view[:34] == SKIN).all()
