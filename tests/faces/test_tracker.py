"""A face is followed through frames: as many out as in, none lost, none delayed."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.faces.detection.tracker import smooth_landmarks, track
from avatar.faces.geometry.topology import LIPS_INNER, eye_distance
from avatar.media.frames import Box, Format, Frame, Frames, planes_of

FORMAT = Format(512, 512, Fraction(25))


def tracked(pictures, landmarker, batch=2):
    frames = [p if isinstance(p, Frame) else Frame(planes_of(p)) for p in pictures]
    batches = iter([frames[i : i + batch] for i in range(0, len(frames), batch)])
    return [frame for out in track(Frames(FORMAT, len(frames), batches), landmarker).batches for frame in out]


def test_a_face_that_leaves_and_comes_back_is_found_again(landmarker, picture):
    empty = np.full((512, 512, 3), 120, np.uint8)

    frames = tracked([picture("ava"), picture("ava_aa"), empty, picture("ava")], landmarker)

    assert [frame.landmarks is not None for frame in frames] == [True, True, False, True]
    assert all(frame.tracked for frame in frames)


def test_lips_are_followed_without_delay(landmarker, picture):
    frames = tracked([picture("ava"), picture("ava_aa")], landmarker)

    alone = landmarker.single_face(picture("ava_aa"))
    lips = list(LIPS_INNER)
    away = np.abs(frames[1].landmarks[lips, :2] - alone[lips, :2]).max()
    assert away < 0.02 * eye_distance(alone)


def test_frames_already_tracked_are_left_alone(landmarker, picture):
    known = Frame(planes_of(picture("ava")), landmarks=None, tracked=True)

    (frame,) = tracked([known], landmarker)

    assert frame.landmarks is None


def test_looking_does_not_touch_the_picture(landmarker, picture):
    planes = planes_of(picture("ava"))

    (frame,) = tracked([Frame(planes.copy())], landmarker)

    assert np.array_equal(frame.settle(), planes)


def test_a_face_that_was_only_just_drawn_is_seen(landmarker, picture):
    """Whoever drew it has not said where it is, and its pixels are not in the planes yet."""
    drawn, alone = Frame(planes_of(np.full((512, 512, 3), 120, np.uint8))), landmarker.single_face(picture("ava_aa"))
    np.copyto(drawn.edit(Box(0, 0, 512, 512)), picture("ava_aa"))

    (frame,) = tracked([drawn], landmarker)

    assert frame.landmarks is not None
    assert np.abs(frame.landmarks[:, :2] - alone[:, :2]).max() < 0.05 * eye_distance(alone)


@given(st.floats(0, 40), st.floats(0, 2 * np.pi))
def test_a_moving_face_is_never_delayed_and_a_still_one_never_overshoots(size, angle):
    before = np.random.default_rng(0).uniform(0, 100, (468, 3)).astype(np.float32)
    before[[33, 133]], before[[362, 263]] = (0, 0, 0), (100, 0, 0)
    step = np.float32([np.cos(angle) * size, np.sin(angle) * size, 0])

    after = smooth_landmarks(before, before + step)

    if size > 2:
        assert np.allclose(after, before + step, atol=1e-3)
    assert (np.linalg.norm(after - before, axis=1) <= size + 1e-3).all()


def test_trembling_is_calmed():
    rng = np.random.default_rng(0)
    rest = rng.uniform(0, 100, (468, 3)).astype(np.float32)
    rest[[33, 133]], rest[[362, 263]] = (0, 0, 0), (100, 0, 0)
    before, steps = rest, []
    for _ in range(30):
        after = smooth_landmarks(before, rest + rng.normal(0, 0.2, rest.shape).astype(np.float32))
        steps.append(np.abs(after - before)[[10, 50, 200]].mean())
        before = after

    assert np.mean(steps) < 0.6 * 0.2 * np.sqrt(2) * np.sqrt(2 / np.pi)


@pytest.mark.parametrize("batch", [1, 3])
def test_batches_do_not_change_the_outcome(landmarker, picture, batch):
    pictures = [picture(name) for name in ("ava", "ava_ou", "ava_blink")]

    once = tracked(pictures, landmarker, batch=2)
    again = tracked(pictures, landmarker, batch=batch)

    assert all(np.array_equal(a.landmarks, b.landmarks) for a, b in zip(once, again, strict=True))
