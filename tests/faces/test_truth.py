"""An animated portrait against the ray-traced truth: the same head, with known coefficients, turned and speaking."""

from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from avatar.faces.animate.animator import Animator, Gesture
from avatar.faces.animate.portrait import frame_portrait
from avatar.faces.detection.landmarker import Landmarker
from avatar.faces.geometry.blendshapes import coefficients
from avatar.faces.geometry.topology import LIPS_INNER, LIPS_OUTER, eye_distance
from avatar.media.frames import Format, Pixels, rgb_of
from tests.faces.conftest import PICTURES

SIZE = 512
LIPS = list(LIPS_INNER + LIPS_OUTER)
TRUTH: dict[str, tuple[dict[str, float], float]] = {  # coefficients, and degrees of yaw
    "aa": ({"jawOpen": 0.25}, 0),
    "ou": ({"mouthPucker": 0.6, "mouthFunnel": 0.35, "jawOpen": 0.06}, 0),
    "ee": ({"mouthSmile": 0.35, "jawOpen": 0.1}, 0),
    "pp": ({"mouthPress": 0.6, "mouthRollLower": 0.25, "mouthRollUpper": 0.25}, 0),
    "blink": ({"eyeBlink": 1.0}, 0),
    "yaw_p12": ({}, 12),
    "yaw_m12": ({}, -12),
}


@cache
def animator(landmarker: Landmarker) -> Animator:
    return Animator.of(*frame_portrait(PICTURES / "ava.jpg", landmarker, SIZE), Format(SIZE, SIZE, Fraction(25)))


def likeness(one: Pixels, other: Pixels) -> float:
    """The peak signal-to-noise ratio of two pictures, in decibels."""
    return float(10 * np.log10(255**2 / np.square(one.astype(float) - other).mean()))


@pytest.mark.parametrize("pose", TRUTH)
def test_lips_are_where_the_truth_has_them_and_the_mouth_looks_more_like_it_than_standing_still(
    pose: str, picture, landmarker: Landmarker
) -> None:
    weights, yaw = TRUTH[pose]
    truth, ours = picture(f"ava_{pose}"), animator(landmarker)
    gesture = Gesture(coefficients(**weights), np.array((0, yaw, 0), np.float32), np.zeros(2, np.float32), 0.0)

    made, still = (rgb_of(planes) for planes in (ours.frame(gesture).settle(), ours.base))

    wanted, found = landmarker.single_face(truth), landmarker.single_face(made)
    apart = np.linalg.norm((found - wanted)[LIPS, :2], axis=1).mean()
    assert apart < 0.02 * eye_distance(wanted)
    low, high = wanted[LIPS, :2].min(axis=0).astype(int) - 12, wanted[LIPS, :2].max(axis=0).astype(int) + 12
    mouth = slice(low[1], high[1]), slice(low[0], high[0])
    if pose == "blink":  # no mouth moves
        assert likeness(made[mouth], still[mouth]) > 45
    else:
        assert likeness(made[mouth], truth[mouth]) > likeness(still[mouth], truth[mouth])
