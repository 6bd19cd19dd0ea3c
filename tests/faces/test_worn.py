"""What people wear in their faces: glasses stay stiff, a beard goes with the jaw."""

from fractions import Fraction
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from avatar.faces.animate.animator import SOURCE_SCALE, Animator, Gesture
from avatar.faces.animate.portrait import frame_portrait
from avatar.faces.detection.landmarker import Landmarker
from avatar.faces.geometry.blendshapes import coefficients
from avatar.media.frames import Format, Frame, rgb_of

DATA = Path(__file__).parents[1] / "data" / "faces"
PERFORMERS = Path(__file__).parents[2] / "performers"
SIZE = 512


@cache
def prepared(path: Path, landmarker: Landmarker) -> Animator:
    source, face = frame_portrait(path, landmarker, SIZE)
    return Animator.of(source, face, Format(SIZE, SIZE, Fraction(25)))


def shown(animator: Animator, degrees: tuple[float, float, float] = (0, 0, 0), **weights: float) -> Frame:
    return animator.frame(Gesture(coefficients(**weights), np.array(degrees, np.float32), np.zeros(2, np.float32), 0.0))


def rims(animator: Animator) -> np.ndarray:
    assert animator.glasses is not None
    small = cv2.resize(
        animator.glasses.source[..., 3], None, fx=1 / SOURCE_SCALE, fy=1 / SOURCE_SCALE, interpolation=cv2.INTER_AREA
    )
    return np.asarray(small > 230)


def moved(animator: Animator, frame: Frame, point: int) -> tuple[float, float]:
    """Return how far to the right and down what was seen around *point* is now seen, in pixels."""
    x, y = animator.rig.rest[point, :2].round().astype(int)
    around = slice(y - 20, y + 20), slice(x - 32, x + 32)
    before, after = (
        cv2.cvtColor(rgb_of(planes), cv2.COLOR_RGB2GRAY).astype(np.float32)[around]
        for planes in (animator.base, frame.settle())
    )
    return cv2.phaseCorrelate(before, after, cv2.createHanningWindow((64, 40), cv2.CV_32F))[0]


@pytest.mark.parametrize("name", ["ava_glasses", "ben_glasses_p20"])
@pytest.mark.parametrize("move", [{"eyeBlink": 1.0}, {"browInnerUp": 0.5, "browOuterUp": 0.35, "cheekSquint": 0.08}])
def test_rims_stay_where_they_are_while_lids_and_brows_move(landmarker, name, move):
    animator = prepared(DATA / "portraits" / f"{name}.jpg", landmarker)
    there = rims(animator)

    still, moved = rgb_of(animator.base), rgb_of(shown(animator, **move).settle())

    assert there.sum() > 600
    away = np.abs(still.astype(int) - moved)[there].mean(axis=1)
    assert away.mean() < 5
    assert np.quantile(away, 0.99) < 40  # nowhere is a piece missing


def test_rims_turn_with_the_head(landmarker):
    animator = prepared(DATA / "portraits" / "ava_glasses.jpg", landmarker)
    frame = shown(animator, (0, 5, 0))

    right, _ = moved(animator, frame, 168)

    expected = float(frame.landmarks[168, 0] - animator.rig.rest[168, 0])
    assert expected > 4
    assert right == pytest.approx(expected, abs=1.5)


@pytest.mark.parametrize("name", ["ava", "ben", "mia"])
def test_who_wears_no_glasses_gets_none(landmarker, name):
    assert prepared(PERFORMERS / f"{name}.png", landmarker).glasses is None


@pytest.mark.parametrize(
    "name", ["ava_blink.jpg", "ava_yaw_p12.jpg", "portraits/ben_beard.jpg", "portraits/ava_yaw_m25.jpg"]
)
def test_neither_lashes_nor_brows_nor_beards_are_taken_for_glasses(landmarker, name):
    assert prepared(DATA / name, landmarker).glasses is None


def test_a_full_beard_goes_down_with_the_jaw(landmarker):
    animator = prepared(DATA / "portraits" / "ben_beard.jpg", landmarker)
    frame = shown(animator, jawOpen=0.3)

    _, down = moved(animator, frame, 199)

    expected = float(frame.landmarks[199, 1] - animator.rig.rest[199, 1])
    assert expected > 4
    assert down == pytest.approx(expected, abs=0.3 * expected)
