import cv2
import numpy as np
import pytest

from avatar.faces.geometry.blendshapes import Floats, coefficients, neutral
from avatar.faces.geometry.lip_line import LOWER_INNER_LIP, UPPER_INNER_LIP, snap_lips
from avatar.faces.geometry.rig import Rig
from avatar.faces.geometry.topology import LIPS_INNER, LIPS_OUTER, eye_distance
from avatar.media.frames import Landmarks, Pixels

SIZE = 768
LINE = [61, *LIPS_INNER[:11], 291]
UP, DOWN = list(UPPER_INNER_LIP), list(LOWER_INNER_LIP)


def portrait(*, missed: float = 0.0, bow: float = 0.0, wider: float = 0.0) -> tuple[Pixels, Landmarks, Floats]:
    """A drawn mouth, the mesh that a network lays on it, and the true line (13, 2): all offsets in eye distances.

    The mesh lies *missed* above the line, which dips by *bow* in its middle and goes on *wider* beyond the mesh.
    """
    face = (neutral() * np.float32(0.24 * SIZE) + np.array([SIZE / 2, SIZE * 0.4, 0], np.float32)).astype(np.float32)
    face[UP] = face[DOWN] = (face[UP] + face[DOWN]) / 2
    unit, line = eye_distance(face), face[LINE, :2].copy()
    across = np.linspace(-1, 1, len(line))
    line[:, 1] += missed * unit + bow * unit * np.exp(-((across / 0.3) ** 2))
    line[[0, -1], 0] += np.array([-1, 1]) * wider * unit
    picture = np.full((SIZE, SIZE, 3), (205, 160, 140), np.uint8)
    lips = face[list(LIPS_OUTER), :2] + (0, missed * unit)
    cv2.fillPoly(picture, [lips.round().astype(np.int32)], (190, 110, 105))
    cv2.polylines(picture, [(line * 16).round().astype(np.int32)], False, (60, 25, 25), 3, cv2.LINE_AA, 4)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.0), np.uint8), face, line


@pytest.mark.parametrize(("missed", "bow"), [(0.0, 0.0), (0.02, 0.0), (-0.015, 0.0), (0.01, 0.015)])
def test_closed_lips_meet_on_the_dark_line_also_where_it_dips(missed: float, bow: float) -> None:
    picture, face, line = portrait(missed=missed, bow=bow)
    laid = snap_lips(picture, face)

    assert np.array_equal(laid[UP], laid[DOWN])
    assert np.abs(laid[UP, 1] - line[2:-2, 1]).max() < 0.006 * eye_distance(face)


def test_the_corners_of_a_mouth_are_where_its_line_ends() -> None:
    picture, face, line = portrait(wider=0.05)
    laid, unit = snap_lips(picture, face), eye_distance(face)

    assert laid[61, :2] == pytest.approx(line[0], abs=0.02 * unit)
    assert laid[291, :2] == pytest.approx(line[-1], abs=0.02 * unit)
    assert laid[78, 0] < face[78, 0] - 0.03 * unit


def test_a_mouth_that_ends_where_the_mesh_does_is_not_made_wider() -> None:
    picture, face, _ = portrait()

    assert snap_lips(picture, face)[[61, 291], 0] == pytest.approx(face[[61, 291], 0], abs=0.02 * eye_distance(face))


def test_an_open_mouth_is_left_as_it_is() -> None:
    picture, face, _ = portrait()
    face[DOWN, 1] += 0.2 * eye_distance(face)

    assert np.array_equal(snap_lips(picture, face), face)


def test_a_picture_without_any_line_or_a_mouth_without_width_is_no_accident() -> None:
    picture, face, _ = portrait()
    narrow = face.copy()
    narrow[[*LIPS_INNER, *LIPS_OUTER, 62, 76, 292, 306], 0] = SIZE / 2

    for shown, mesh in ((np.full_like(picture, 128), face), (picture, narrow)):
        assert np.isfinite(snap_lips(shown, mesh)).all()


def test_a_lower_lip_leaves_the_bow_of_the_upper_one_when_the_mouth_opens() -> None:
    rigs = [Rig.of(snap_lips(*portrait(bow=bow)[:2])) for bow in (0.0, 0.025)]

    def more_bent(row: list[int], jaw: float) -> float:
        """How much further the middle of a lip's edge hangs for the bowed line than for the plain one."""
        meshes = [rig.apply_blendshapes(coefficients(jawOpen=jaw)) for rig in rigs]
        plain, bowed = (float(mesh[row[4], 1] - mesh[[row[2], row[6]], 1].mean()) for mesh in meshes)
        return bowed - plain

    assert more_bent(DOWN, 0.0) > 0.008 * rigs[0].unit
    assert abs(more_bent(DOWN, 0.3)) < 0.5 * more_bent(DOWN, 0.0)
    assert more_bent(UP, 0.3) == pytest.approx(more_bent(UP, 0.0), abs=1e-3)
