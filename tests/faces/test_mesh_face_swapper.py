"""A transplanted face keeps the head's motion and light, and touches nothing around it."""

from fractions import Fraction

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatar.faces.animate.animator import Animator, Gesture
from avatar.faces.animate.portrait import frame_portrait
from avatar.faces.drawing.blend_mask import mouth_masks
from avatar.faces.drawing.color_transfer import transfer_color
from avatar.faces.features.eyes import correct_lower_lids
from avatar.faces.geometry.blendshapes import coefficients
from avatar.faces.geometry.eyelids import EYE_POINTS, align_eye_contours, eye_aspect_ratio, eyelid_closure
from avatar.faces.geometry.lip_geometry import mean_lip_gap, part_lips, snap_inner_lips
from avatar.faces.geometry.topology import LEFT_EYE, LIPS_INNER, OVAL, RIGHT_EYE, eye_distance
from avatar.faces.swap.mesh_face_swapper import MeshFaceSwapper
from avatar.faces.swap.source_face import SourceFace
from avatar.media.frames import Format
from tests.examples import examples
from tests.faces.conftest import PICTURES


@pytest.fixture(scope="module")
def donor(landmarker, picture):
    return SourceFace.of(picture("ben"), landmarker.single_face(picture("ben")))


def swapped(donor, landmarker, rgb):
    landmarks, patch = correct_lower_lids(landmarker.single_face(rgb)), rgb.copy()
    MeshFaceSwapper(donor).swap(patch, landmarks)
    return patch, landmarks


def mask_of(landmarks, points, shape=(512, 512), grow=0):
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [landmarks[list(points), :2].round().astype(np.int32)], 1)
    return cv2.dilate(mask, np.ones((2 * grow + 1, 2 * grow + 1), np.uint8)).astype(bool) if grow else mask.astype(bool)


@pytest.mark.parametrize("name", ["ava", "ava_aa", "ava_blink", "ava_yaw_p12"])
def test_nothing_outside_the_mesh_changes(donor, landmarker, picture, name):
    rgb = picture(name)
    patch, landmarks = swapped(donor, landmarker, rgb)

    hull = cv2.convexHull(landmarks[:, :2].copy(), returnPoints=False)[:, 0]
    outside = ~mask_of(landmarks, hull, grow=1)

    assert np.array_equal(patch[outside], rgb[outside])
    assert np.abs(patch[~outside].astype(int) - rgb[~outside]).mean() > 5


def test_there_is_no_step_of_tone_at_the_edge(donor, landmarker, picture):
    rgb = picture("ava")
    patch, landmarks = swapped(donor, landmarker, rgb)

    oval = landmarks[list(OVAL), :2]
    middle = landmarks[:, :2].mean(axis=0)
    forehead = oval[[0, 1, 2, 34, 35]]
    inside = (forehead + 0.2 * (middle - forehead)).astype(int)
    away = [
        np.abs(patch[y - 3 : y + 4, x - 3 : x + 4].mean((0, 1)) - rgb[y - 3 : y + 4, x - 3 : x + 4].mean((0, 1)))
        for x, y in inside
    ]
    assert np.max(away) < 8


def test_a_beard_reaches_the_jaw(donor, landmarker, picture):
    patch, landmarks = swapped(donor, landmarker, picture("ava"))

    grey = cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY).astype(np.float32)
    hairs = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 3))
    depth = cv2.distanceTransform(mask_of(landmarks, OVAL).astype(np.uint8), cv2.DIST_L2, 5) / eye_distance(landmarks)
    chin = np.zeros(depth.shape, bool)
    left, right = (int(landmarks[corner, 0]) for corner in (61, 291))
    chin[int(landmarks[17, 1]) :, left:right] = True
    edge, inside = (hairs[chin & (low < depth) & (depth < high)].mean() for low, high in ((0.05, 0.12), (0.2, 0.35)))

    assert edge > 0.6 * inside


def test_an_open_mouth_stays_the_heads_own(donor, landmarker, picture):
    rgb = picture("ava_aa")
    patch, landmarks = swapped(donor, landmarker, rgb)

    middle = landmarks[[13, 14], :2].mean(axis=0).round().astype(int)
    inside = patch[middle[1] - 2 : middle[1] + 3, middle[0] - 8 : middle[0] + 9]
    assert np.abs(inside.astype(int) - rgb[middle[1] - 2 : middle[1] + 3, middle[0] - 8 : middle[0] + 9]).max() <= 2


def test_closed_eyes_stay_closed(donor, landmarker, picture):
    rest = eye_aspect_ratio(correct_lower_lids(landmarker.single_face(picture("ava"))))
    patch, landmarks = swapped(donor, landmarker, picture("ava_blink"))

    assert eyelid_closure(eye_aspect_ratio(landmarks), rest).min() == 1
    assert eyelid_closure(eye_aspect_ratio(correct_lower_lids(landmarker.single_face(patch))), rest).min() == 1


@pytest.fixture(scope="module")
def blinking(landmarker):
    """Return ava's animated face with a gaze straight ahead, her lids half closed and shut: pictures and meshes."""
    animator = Animator.of(*frame_portrait(PICTURES / "ava.jpg", landmarker, 512), Format(512, 512, Fraction(25)))
    gestures = [Gesture(coefficients(eyeBlink=each), np.zeros(3), np.zeros(2), 0.0) for each in (0.0, 0.5, 1.0)]
    frames = [frame for batch in animator.frames(gestures, lambda _: None).batches for frame in batch]
    return [(frame.rgb, frame.landmarks.astype(np.float32)) for frame in frames]


def greenest(rgb, landmarks):
    """Return how much more green than red the greenest tenth of what is seen between the lids is."""
    seen = rgb[mask_of(landmarks, RIGHT_EYE) | mask_of(landmarks, LEFT_EYE)].astype(float)
    return np.percentile(seen[:, 1] - seen[:, 0], 90)


def test_between_the_lids_of_an_animated_head_the_eye_is_the_donors_for_as_long_as_it_is_seen(donor, blinking):
    transplant, shown = MeshFaceSwapper(donor), []
    for rgb, landmarks in blinking:
        patch = rgb.copy()
        transplant.swap(patch, landmarks, filmed=False)
        shown.append((patch, rgb, landmarks))

    (_, _, _), (half, own, mesh), (shut, head, lids) = shown

    assert greenest(half, mesh) < 0 < greenest(own, mesh)  # ben's eyes are brown, ava's green
    around = mask_of(lids, (33, 133, 145, 159), grow=2)
    assert np.abs(shut[around].astype(int) - head[around]).mean() < 2


def test_the_swapped_face_moves_as_the_head_did(donor, landmarker, picture):
    for name in ("ava_aa", "ava_yaw_p12"):
        patch, landmarks = swapped(donor, landmarker, picture(name))

        again = landmarker.single_face(patch)

        away = np.linalg.norm(again[:, :2] - landmarks[:, :2], axis=1)
        assert np.median(away) < 0.05 * eye_distance(landmarks)


def test_the_match_of_tone_does_not_flicker_with_a_frame(donor, landmarker, picture):
    rgb = picture("ava")
    landmarks = landmarker.single_face(rgb)
    steady, alone = MeshFaceSwapper(donor), MeshFaceSwapper(donor)
    steady.swap(rgb.copy(), landmarks)
    brighter = (rgb * 1.04).clip(0, 255).astype(np.uint8)

    calm, free = brighter.copy(), brighter.copy()
    steady.swap(calm, landmarks)
    alone.swap(free, landmarks)

    brow = mask_of(landmarks, OVAL) & ~mask_of(landmarks, LIPS_INNER, grow=3)
    assert calm[brow].mean() < free[brow].mean()


@settings(max_examples=examples(25))
@given(st.integers(-450, 450), st.integers(-450, 450), st.floats(0.2, 3))
def test_a_face_partly_or_wholly_outside_the_patch_does_no_harm(donor, landmarker, picture, x, y, scale):
    rgb = cv2.resize(picture("ava"), (128, 128))
    landmarks = (landmarker.single_face(picture("ava")) * np.float32(0.25 * scale)) + np.float32([x, y, 0])

    patch = rgb.copy()
    MeshFaceSwapper(donor).swap(patch, landmarks)

    assert patch.shape == rgb.shape


def test_an_iris_is_not_squashed_by_half_closed_lids(landmarker, picture):
    landmarks = landmarker.single_face(picture("ava"))
    half = landmarks.copy()
    for upper, lower in ((159, 145), (386, 374), (158, 153), (385, 380), (160, 144), (387, 373)):
        half[upper] = (landmarks[upper] + landmarks[lower]) / 2

    looked_at = align_eye_contours(landmarks, half)

    assert np.allclose(align_eye_contours(landmarks, landmarks), landmarks[list(EYE_POINTS), :2], atol=0.6)
    top = EYE_POINTS.index(159)
    assert looked_at[top, 1] == pytest.approx(half[159, 1], abs=0.6)


def test_lips_are_parted_by_at_least_a_line_and_open_ones_are_left(landmarker, picture):
    closed, wide = (landmarker.single_face(picture(name)) for name in ("ben", "ava_aa"))

    assert mean_lip_gap(part_lips(closed)) >= 0.033
    middle = [13, 14]
    assert np.allclose(part_lips(wide)[middle], wide[middle])


def test_the_line_of_a_closed_mouth_lies_between_the_lips(landmarker, picture):
    rgb = picture("ben")
    lips = snap_inner_lips(landmarker.single_face(rgb), rgb)

    x = round(float(lips[13, 0]))
    column = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)[:, x]
    low, high = int(lips[0, 1]), int(lips[17, 1])
    dark = low + int(column[low:high].argmin())
    assert lips[13, 1] - 1.5 <= dark <= lips[14, 1] + 1.5


def test_touching_lips_show_no_mouth(landmarker, picture):
    opening, _ = mouth_masks(landmarker.single_face(picture("ben")), (512, 512))

    assert opening.max() == 0


@given(st.floats(0.2, 0.9), st.floats(0.2, 0.9))
def test_skin_takes_the_wanted_tone_while_black_stays_black(given_tone, wanted_tone):
    import torch

    picture = torch.tensor([given_tone, 0.02]).expand(3, 1, 2)
    tones = [torch.full((3, 1, 2), tone) for tone in (wanted_tone, given_tone)]

    skin, black = transfer_color(picture, *tones)[0, 0].tolist()

    assert skin == pytest.approx(max(0.35, min(wanted_tone / given_tone, 2.8)) * given_tone, abs=1e-3)
    assert black == pytest.approx(0.02, abs=0.01)
