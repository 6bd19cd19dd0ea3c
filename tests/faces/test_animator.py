from fractions import Fraction

import numpy as np
import pytest

from avatar.faces.animate.animator import SOURCE_SCALE, Animator, Gesture
from avatar.faces.geometry.blendshapes import Floats, coefficients
from avatar.faces.geometry.rig import Pose, Rig
from avatar.faces.geometry.topology import eye_distance
from avatar.faces.lips.mouth_warper import MouthWarper
from avatar.media.frames import Format, Frame, planes_of, rgb_of
from tests.faces.speeches import drawn_face

SIZE = 256
FORMAT = Format(SIZE, SIZE, Fraction(25))
STILL = np.zeros(3, np.float32)


@pytest.fixture(scope="module")
def animator() -> Animator:
    picture, face = drawn_face(SIZE * SOURCE_SCALE)
    return Animator.of(picture, face, FORMAT)


def gesture(degrees: tuple[float, float, float] = (0, 0, 0), breath: float = 0.0, **weights: float) -> Gesture:
    return Gesture(coefficients(**weights), np.array(degrees, np.float32), np.zeros(2, np.float32), breath)


def gap(frame: Frame) -> float:
    assert frame.landmarks is not None
    return float(frame.landmarks[14, 1] - frame.landmarks[13, 1])


def test_rest_is_the_portrait_bit_for_bit(animator: Animator) -> None:
    frame = animator.frame(gesture())

    assert np.array_equal(frame.settle(), animator.base)
    assert frame.tracked


def test_a_frame_never_changes_the_portrait(animator: Animator) -> None:
    before = animator.base.copy()
    animator.frame(gesture(jawOpen=0.3, degrees=(2, 3, 1))).settle()

    assert np.array_equal(animator.base, before)


def test_an_open_jaw_shows_the_dark_of_the_mouth_and_moves_the_landmarks(animator: Animator) -> None:
    shut, wide = animator.frame(gesture()), animator.frame(gesture(jawOpen=0.35))
    assert wide.landmarks is not None
    x, y = ((wide.landmarks[13] + wide.landmarks[14]) / 2)[:2].round().astype(int)

    assert gap(wide) > gap(shut) + 0.1 * eye_distance(wide.landmarks)
    assert rgb_of(wide.settle())[y, x].mean() < 60


def test_pressed_lips_touch(animator: Animator) -> None:
    pressed = animator.frame(gesture(mouthPress=0.42, mouthRollUpper=0.22, mouthRollLower=0.22))

    assert 0 <= gap(pressed) < 0.01


def test_a_turned_head_moves_the_nose_and_keeps_shoulders_and_corners(animator: Animator) -> None:
    still, turned = animator.frame(gesture()), animator.frame(gesture(degrees=(0, 5, 0)))
    assert still.landmarks is not None
    assert turned.landmarks is not None
    change = np.abs(rgb_of(turned.settle()).astype(int) - rgb_of(still.settle()))

    assert turned.landmarks[1, 0] > still.landmarks[1, 0] + 2
    assert change[-8:].max() <= 3  # only the colour conversion of an edited region
    assert change[:, :8].max() <= 3


def test_nothing_tears_at_the_ends_of_the_motion(animator: Animator) -> None:
    picture = rgb_of(animator.frame(gesture(degrees=(4, -6, 5), jawOpen=0.1)).settle()).astype(float)
    base = rgb_of(animator.base).astype(float)
    outside = np.ones((SIZE, SIZE), bool)
    outside[90:210, 70:190] = False  # eyes and lips have edges of their own

    def step(image: np.ndarray) -> float:
        return float(np.abs(np.diff(image, axis=1))[outside[:, 1:]].max())

    assert step(picture) < step(base) + 12


def test_a_closing_lid_covers_the_white_of_the_eye(animator: Animator) -> None:
    x, y = animator.rig.rest[[33, 133]].mean(axis=0)[:2].round().astype(int)
    open_eye, shut_eye = (rgb_of(animator.frame(gesture(eyeBlink=w)).settle())[y, x] for w in (0.0, 1.0))

    assert shut_eye.mean() < open_eye.mean() - 40


def test_a_pose_can_be_read_back() -> None:
    _, face = drawn_face(SIZE)
    rig = Rig.of(face)
    pose = rig.head_pose(np.array([3, -4, 2], np.float32))
    seen = Pose.fit(rig.rest, pose.apply(rig.rest))

    assert seen.rotation == pytest.approx(pose.rotation, abs=1e-4)
    assert seen.apply_inverse(seen.apply(rig.rest)) == pytest.approx(rig.rest, abs=1e-2)


def refined(animator: Animator, shown: Floats, wanted: Floats) -> tuple[Frame, Frame]:
    """A stream of two frames, the first at rest: the second shows *shown* and is asked for *wanted*."""
    still = np.zeros(2, np.float32)
    refiner = MouthWarper(FORMAT)
    refiner.warp(animator.frame(gesture()), coefficients(), looked_at=False)
    turn = np.array([2, -3, 1], np.float32)
    frame = animator.frame(Gesture(shown, turn, still, 0.0))
    refiner.warp(frame, wanted, looked_at=False)
    return frame, animator.frame(Gesture(wanted, turn, still, 0.0))


def test_lips_that_are_right_already_are_left_alone(animator: Animator) -> None:
    shape = coefficients(jawOpen=0.3, mouthUpperUp=0.1)
    frame, ideal = refined(animator, shape, shape)

    assert np.abs(rgb_of(frame.settle()).astype(int) - rgb_of(ideal.settle())).max() <= 4


def test_a_resting_mouth_is_opened_where_the_head_is(animator: Animator) -> None:
    frame, ideal = refined(animator, coefficients(), coefficients(jawOpen=0.3))
    assert frame.landmarks is not None
    assert ideal.landmarks is not None

    assert frame.landmarks[[13, 14, 17]] == pytest.approx(ideal.landmarks[[13, 14, 17]], abs=0.5)
    x, y = ((frame.landmarks[13] + frame.landmarks[14]) / 2)[:2].round().astype(int)
    assert rgb_of(frame.settle())[y, x].mean() < 60


def test_silence_closes_an_open_mouth(animator: Animator) -> None:
    frame, _ = refined(animator, coefficients(jawOpen=0.3), coefficients())

    assert abs(gap(frame)) < 0.5


def test_a_frame_without_a_face_passes_untouched() -> None:
    planes = np.random.default_rng(1).integers(0, 255, (SIZE * 3 // 2, SIZE), np.uint8)
    frame = Frame(planes.copy(), None, tracked=True)
    MouthWarper(FORMAT).warp(frame, coefficients(jawOpen=0.3), looked_at=True)

    assert np.array_equal(frame.settle(), planes)


@pytest.mark.parametrize("place", [(0, 0), (150, 0), (0, 170), (-170, -120), (400, 400)])
@pytest.mark.parametrize("yaw", [0, 35, 60])
def test_a_face_turned_away_or_half_outside_is_no_accident(place: tuple[int, int], yaw: float) -> None:
    picture, face = drawn_face(SIZE)
    turned = Rig.of(face).head_pose(np.array([0, yaw, 0], np.float32)).apply(face) + np.array([*place, 0], np.float32)
    refiner = MouthWarper(FORMAT)

    for weight in (0.0, 0.3, 0.0):
        frame = Frame(planes_of(picture), turned.astype(np.float32), tracked=True)
        refiner.warp(frame, coefficients(jawOpen=weight), looked_at=True)

        assert frame.landmarks is not None
        assert np.isfinite(frame.landmarks).all()
        frame.settle()
