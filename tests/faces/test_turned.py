"""Portraits that look past the camera: the far cheek, eye and corner of the mouth move as they do on a real head.

The truth is ray-traced: the same head, turned, with known coefficients.
"""

from fractions import Fraction
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from avatar.errors import InputError
from avatar.faces.animate.animator import Animator, Gesture
from avatar.faces.animate.portrait import frame_portrait
from avatar.faces.detection.landmarker import Landmarker
from avatar.faces.features.eyes import correct_lower_lids
from avatar.faces.geometry.blendshapes import coefficients
from avatar.faces.geometry.self_occlusion import flatten_self_occlusion
from avatar.faces.geometry.topology import LEFT_EYE, LIPS_INNER, LIPS_OUTER, OVAL, RIGHT_EYE, eye_distance, topology
from avatar.media.frames import Format, Pixels, rgb_of
from avatar.media.image_io import read_rgb

PORTRAITS = Path(__file__).parents[1] / "data" / "faces" / "portraits"
PERFORMERS = Path(__file__).parents[2] / "performers"
SIZE = 512
LIPS = list(LIPS_INNER + LIPS_OUTER)
SAID = {"aa": {"jawOpen": 0.25}, "ou": {"mouthPucker": 0.6, "mouthFunnel": 0.35, "jawOpen": 0.06}}


@cache
def prepared(name: str, landmarker: Landmarker) -> Animator:
    source, face = frame_portrait(PORTRAITS / f"{name}.jpg", landmarker, SIZE)
    return Animator.of(source, face, Format(SIZE, SIZE, Fraction(25)))


def gesture(degrees: tuple[float, float, float] = (0, 0, 0), **weights: float) -> Gesture:
    return Gesture(coefficients(**weights), np.array(degrees, np.float32), np.zeros(2, np.float32), 0.0)


def shown(animator: Animator, **weights: float) -> Pixels:
    return rgb_of(animator.frame(gesture(**weights)).settle())


def folded(landmarks: np.ndarray) -> float:
    """The area that is turned away, as a share of the square of the distance of the eyes."""
    a, b, c = (landmarks[topology().skin[:, corner], :2].astype(float) for corner in range(3))
    area = ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2
    return float(-np.minimum(area, 0).sum()) / eye_distance(landmarks) ** 2


@pytest.mark.parametrize("name", ["ava_yaw_p25", "ava_yaw_m25"])
def test_what_a_turned_head_hides_is_brought_to_its_outline(landmarker, name):
    face = correct_lower_lids(landmarker.single_face(read_rgb(PORTRAITS / f"{name}.jpg")))

    flat = flatten_self_occlusion(face)

    assert folded(face) > 0.2
    assert folded(flat) < 0.02
    features = [*LEFT_EYE, *RIGHT_EYE, *LIPS]
    assert np.array_equal(flat[features], face[features])


@pytest.mark.parametrize("name", ["ava", "ben", "mia"])
def test_a_face_seen_from_the_front_is_left_as_it_is(landmarker, name):
    face = landmarker.single_face(read_rgb(PERFORMERS / f"{name}.png"))

    assert flatten_self_occlusion(face) is face


@pytest.mark.parametrize(("name", "sound"), [("ava_yaw_p25", "aa"), ("ava_yaw_p25", "ou"), ("ava_yaw_m25", "aa")])
def test_a_turned_mouth_speaks_as_the_ray_traced_one_does(landmarker, name, sound):
    animator = prepared(name, landmarker)
    true = read_rgb(PORTRAITS / f"{name}_{sound}.jpg")
    still, made = rgb_of(animator.base), shown(animator, **SAID[sound])

    lips, meant, rest = (landmarker.single_face(each) for each in (made, true, still))
    away = np.linalg.norm(lips[LIPS, :2] - meant[LIPS, :2], axis=1).mean() / np.linalg.norm(rest[263] - rest[33])
    assert away < 0.02
    low, high = (meant[LIPS, :2].min(axis=0) - 8).astype(int), (meant[LIPS, :2].max(axis=0) + 8).astype(int)
    mouth = slice(low[1], high[1]), slice(low[0], high[0])

    def error(picture: Pixels) -> float:
        return float(np.square(picture[mouth].astype(float) - true[mouth]).mean())

    assert error(made) < 0.7 * error(still)  # 1.5 dB and more better than standing still


@pytest.mark.parametrize(("name", "eye"), [("ava_yaw_p25", LEFT_EYE), ("ava_yaw_m25", RIGHT_EYE)])
def test_the_lids_of_the_far_eye_close_over_all_of_it(landmarker, name, eye):
    animator = prepared(name, landmarker)
    outline = animator.rig.rest[list(eye), :2]
    inside = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillPoly(inside, [outline.round().astype(np.int32)], 1)

    red, _, blue = shown(animator, eyeBlink=1.0)[inside > 0].astype(int).T
    bright = red > 90  # what is darker is the line of the lashes

    assert (red - blue)[bright].min() > 25  # skin, and nothing of the white of the eye


@pytest.mark.parametrize("name", ["ava_yaw_p25", "ava_yaw_m25", "ava_glasses"])
@pytest.mark.parametrize("turn", [-6.0, 6.0])
def test_the_outline_of_a_turning_cheek_has_no_specks(landmarker, name, turn):
    animator = prepared(name, landmarker)

    frame = animator.frame(gesture((0, turn, 0), jawOpen=0.15))
    picture, outline = rgb_of(frame.settle()), np.zeros((SIZE, SIZE), np.uint8)
    jaw = frame.landmarks[list(OVAL[8:28]), :2].round().astype(np.int32)  # from ear to ear, below

    cv2.polylines(outline, [jaw], False, 1, thickness=9)
    lonely = cv2.absdiff(picture, cv2.medianBlur(picture, 3)).max(axis=2)[outline > 0]

    assert (lonely > 20).sum() <= 8  # of some 3,000: 26 showed as a ladder along the jaw, 8 cannot be seen


def test_a_head_turned_too_far_is_refused_with_the_angle_and_what_to_bring(landmarker):
    with pytest.raises(InputError) as caught:
        landmarker.single_face(read_rgb(PORTRAITS / "ava_yaw_p32.jpg"))

    assert caught.value.code == "portrait.turned-away"
    assert "about 32 degrees" in str(caught.value)
    assert "looks at the camera" in str(caught.value)


@pytest.mark.parametrize("side", [256, 2160])
def test_a_portrait_is_taken_from_256_to_2160_pixels(landmarker, tmp_path, side):
    picture = cv2.resize(read_rgb(PERFORMERS / "ava.png"), (side, side), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(tmp_path / "portrait.png"), picture[:, :, ::-1])

    source, face = frame_portrait(tmp_path / "portrait.png", landmarker, SIZE)

    assert source.shape == (2 * SIZE, 2 * SIZE, 3)
    assert eye_distance(face) == pytest.approx(149, abs=3)
