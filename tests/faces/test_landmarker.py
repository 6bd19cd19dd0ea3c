"""Faces are found and the mesh lies where it should, in pictures of any size."""

import cv2
import numpy as np
import pytest

from avatar.errors import InputError
from avatar.faces.detection.face_mesh import roi_of_landmarks
from avatar.faces.geometry.topology import LEFT_EYE, LIPS_INNER, MESH_POINTS, OVAL, RIGHT_EYE, eye_distance, topology


def lip_gap(landmarks):
    return np.linalg.norm(landmarks[13, :2] - landmarks[14, :2]) / np.linalg.norm(
        landmarks[33, :2] - landmarks[263, :2]
    )


def eye_opening(landmarks):
    lids = np.linalg.norm(landmarks[159, :2] - landmarks[145, :2])
    return lids / np.linalg.norm(landmarks[33, :2] - landmarks[133, :2])


@pytest.mark.parametrize("name", ["ava", "ben", "ava_aa", "ava_yaw_p12"])
def test_a_face_is_found_once_with_its_eyes_where_the_detector_and_the_mesh_agree(landmarker, picture, name):
    rgb = picture(name)

    (detection,) = landmarker.detect(rgb)
    landmarks = landmarker.single_face(rgb)

    assert landmarks.shape == (MESH_POINTS, 3)
    assert landmarks.dtype == np.float32
    eyes = np.stack([landmarks[list(eye), :2].mean(axis=0) for eye in (RIGHT_EYE, LEFT_EYE)])
    assert np.abs(eyes - detection.keypoints[:2]).max() < 0.15 * eye_distance(landmarks)


def test_an_open_mouth_and_closed_eyes_are_seen(landmarker, picture):
    rest, open_mouth, blink = (landmarker.single_face(picture(name)) for name in ("ava", "ava_aa", "ava_blink"))

    assert lip_gap(rest) < 0.03 < 0.08 < lip_gap(open_mouth)
    assert eye_opening(blink) < 0.2 < 0.3 < eye_opening(rest)


@pytest.mark.parametrize("scale", [0.6, 3.0])
def test_landmarks_scale_with_the_picture(landmarker, picture, scale):
    rgb = picture("ava")
    sized = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)

    away = np.abs(landmarker.single_face(sized)[:, :2] / scale - landmarker.single_face(rgb)[:, :2])

    assert np.median(away) < 0.01 * eye_distance(landmarker.single_face(rgb))


def test_landmarks_turn_with_the_picture(landmarker, picture):
    rgb = picture("ava")
    turn = cv2.getRotationMatrix2D((256, 256), 20, 1)
    turned = landmarker.single_face(cv2.warpAffine(rgb, turn, (512, 512)))

    expected = landmarker.single_face(rgb)[:, :2] @ turn[:, :2].T + turn[:, 2]

    assert np.median(np.abs(turned[:, :2] - expected)) < 1.5
    assert roi_of_landmarks(turned).angle == pytest.approx(-np.deg2rad(20), abs=0.04)


def test_a_small_face_in_a_wide_picture_is_found(landmarker, picture):
    wide = np.full((1080, 1920, 3), 90, np.uint8)
    wide[500:756, 1400:1656] = cv2.resize(picture("ava"), (256, 256), interpolation=cv2.INTER_AREA)

    (face,) = landmarker.faces(wide)

    assert 1400 < face[:, 0].min() < face[:, 0].max() < 1656


def refused(landmarker, rgb):
    with pytest.raises(InputError) as caught:
        landmarker.single_face(rgb)
    return caught.value.code, str(caught.value)


def test_a_portrait_without_a_face_is_refused(landmarker):
    code, sentence = refused(landmarker, np.full((300, 200, 3), 128, np.uint8))

    assert code == "portrait.no-face"
    assert "200 x 300" in sentence


def test_a_portrait_of_two_people_is_refused(landmarker, picture):
    code, sentence = refused(landmarker, np.concatenate([picture("ava"), picture("ben")], axis=1))

    assert code == "portrait.two-faces"
    assert "2 faces" in sentence


def test_a_tiny_face_is_refused(landmarker, picture):
    code, sentence = refused(landmarker, cv2.resize(picture("ava"), (192, 192), interpolation=cv2.INTER_AREA))

    assert code == "portrait.face-too-small"
    assert "pixels between the eyes, 32 needed" in sentence


def test_the_mesh_is_closed_but_for_the_oval():
    face = np.concatenate([topology().skin, topology().eyes, topology().mouth])
    edges = np.sort(np.concatenate([face[:, [0, 1]], face[:, [1, 2]], face[:, [2, 0]]]), axis=1)
    unique, counts = np.unique(edges, axis=0, return_counts=True)

    assert len(face) == 898
    assert counts.max() == 2
    assert set(unique[counts == 1].flatten()) == set(OVAL)
    assert set(topology().mouth.flatten()) == set(LIPS_INNER)
