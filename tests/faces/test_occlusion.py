"""What comes before a face stays before it when the face is swapped; a face that moves hides nothing."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from avatar.faces.features.eyes import correct_lower_lids
from avatar.faces.swap.mesh_face_swapper import MeshFaceSwapper
from avatar.faces.swap.source_face import SourceFace
from avatar.media.frames import Landmarks, Pixels

SIZE = 512
SKIN, MICROPHONE = (205, 150, 125), (40, 40, 42)


@pytest.fixture(scope="module")
def donor(landmarker, picture) -> SourceFace:
    return SourceFace.of(picture("ben"), landmarker.single_face(picture("ben")))


@pytest.fixture(scope="module")
def head(landmarker, picture) -> tuple[Pixels, Landmarks]:
    return picture("ava"), correct_lower_lids(landmarker.single_face(picture("ava")))


@pytest.fixture
def known(donor, head) -> MeshFaceSwapper:
    """A transplant that has seen its head for a second."""
    transplant = MeshFaceSwapper(donor)
    for frame, landmarks in _second(*head):
        transplant.swap(frame, landmarks)
    return transplant


def _second(picture: Pixels, landmarks: Landmarks) -> Iterator[tuple[Pixels, Landmarks]]:
    """Give 25 frames of someone who sways before a camera with noise."""
    random = np.random.default_rng(7)
    for number in range(25):
        x, y = round(6 * np.sin(number / 4)), round(3 * np.cos(number / 5))
        noisy = np.roll(picture, (y, x), axis=(0, 1)) + random.normal(0, 2, picture.shape)
        yield noisy.clip(0, 255).astype(np.uint8), landmarks + np.float32([x, y, 0])


def in_front(picture: Pixels, colour: tuple[int, int, int], at: tuple[int, int], to: tuple[int, int]) -> tuple:
    """Return *picture* with a round rod before it, shaded towards its edges, and where that surely is."""
    mask = np.zeros((SIZE, SIZE), np.uint8)
    cv2.line(mask, at, to, 255, 44, cv2.LINE_AA)
    depth = cv2.distanceTransform((mask > 127).astype(np.uint8), cv2.DIST_L2, 5) / 22
    light = 0.55 + 0.45 * np.sqrt((depth * (2 - depth)).clip(0, 1))[..., None]
    share = mask[..., None] / 255
    mixed = picture * (1 - share) + light * np.float32(colour) * share
    return mixed.round().clip(0, 255).astype(np.uint8), depth > 0.2


@pytest.mark.parametrize(
    ("colour", "at", "to", "most"),
    [
        (MICROPHONE, (256, 330), (256, 512), 0.1),
        (SKIN, (300, 270), (512, 300), 2.6),
        (SKIN, (230, 340), (60, 512), 0.75),
    ],
    ids=["a microphone before the mouth", "a finger over the cheek", "a finger over the chin"],
)
def test_the_dark_rim_of_what_is_before_the_face_keeps_hardly_a_trace_of_it(known, head, colour, at, to, most):
    """A cheek in the shade is as dark; what a finger touches is told by the finger."""
    frame, there = in_front(head[0], colour, at, to)
    mask = np.zeros((SIZE, SIZE), np.uint8)
    cv2.line(mask, at, to, 255, 44, cv2.LINE_AA)
    for _ in range(3):
        swapped = frame.copy()
        known.swap(swapped, head[1])

    changed = np.abs(swapped.astype(int) - frame)

    assert changed[(mask > 127) & ~there].mean() < most


@pytest.mark.parametrize(
    ("colour", "at", "to"),
    [(MICROPHONE, (256, 330), (256, 512)), (SKIN, (300, 270), (512, 300)), (SKIN, (230, 340), (60, 512))],
    ids=["a microphone before the mouth", "a finger over the cheek", "a finger over the chin"],
)
def test_what_is_before_the_face_stays_before_it(known, head, colour, at, to):
    frame, there = in_front(head[0], colour, at, to)
    for _ in range(3):
        swapped = frame.copy()
        known.swap(swapped, head[1])

    changed = np.abs(swapped.astype(int) - frame)

    assert changed[there].mean() < 0.6
    assert changed[~there].sum() > 30 * changed[there].sum(), "the rest of the face is still swapped"


def test_when_it_has_gone_the_face_is_swapped_as_before(known, donor, head):
    frame, _ = in_front(head[0], MICROPHONE, (256, 330), (256, 512))
    for _ in range(5):
        known.swap(frame.copy(), head[1])
    for _ in range(12):
        after, before = head[0].copy(), head[0].copy()
        known.swap(after, head[1])
    MeshFaceSwapper(donor).swap(before, head[1])

    assert np.abs(after.astype(int) - before).max() <= 2


@pytest.mark.parametrize("name", ["ava_aa", "ava_ou", "ava_blink", "ava_yaw_p12"])
def test_a_face_that_moves_or_turns_hides_nothing(known, donor, landmarker, picture, name):
    """As ray-traced, all at once: harder than the same in half a second."""
    pose = picture(name)
    landmarks = correct_lower_lids(landmarker.single_face(pose))
    swapped, alone = pose.copy(), pose.copy()
    known.swap(swapped, landmarks)
    MeshFaceSwapper(donor).swap(alone, landmarks)

    kept = np.abs(swapped.astype(int) - pose).sum() / np.abs(alone.astype(int) - pose).sum()

    assert kept > 0.9


def test_another_scene_hides_nothing(known, donor, landmarker, picture):
    other = picture("ben")
    landmarks = correct_lower_lids(landmarker.single_face(other))
    dim = (other * 0.5).astype(np.uint8)
    swapped, alone = dim.copy(), dim.copy()
    known.swap(swapped, landmarks)
    MeshFaceSwapper(donor).swap(alone, landmarks)

    assert np.abs(swapped.astype(int) - alone).mean() < 1
