"""Whether two pictures show the same face, on the synthetic performers."""

import json
from pathlib import Path

import numpy as np
import pytest

from avatar.errors import WeightsError
from avatar.faces.detection.blazeface import DETECTOR
from avatar.faces.detection.face_embedding import (
    FACE_EMBEDDER,
    FaceEmbedder,
    align_crop,
    embedding_distance,
    open_face_embedder,
)
from avatar.faces.detection.face_mesh import MESH
from avatar.faces.detection.landmarker import Landmarker
from avatar.media.image_io import read_rgb
from avatar.models.weights import locate

FACES = Path(__file__).parents[1] / "data" / "faces"


@pytest.fixture(scope="module")
def network() -> FaceEmbedder:
    return open_face_embedder(locate(FACE_EMBEDDER))


@pytest.fixture(scope="module")
def faces(network: FaceEmbedder) -> dict[str, np.ndarray]:
    landmarker = Landmarker.load(locate(DETECTOR), locate(MESH))
    pictures = {path.stem: read_rgb(path) for path in sorted(FACES.glob("*.jpg"))}
    chips = [align_crop(rgb, landmarker.single_face(rgb)) for rgb in pictures.values()]
    return dict(zip(pictures, network.embed(chips), strict=True))


def test_it_gives_the_numbers_that_dlib_gives(network: FaceEmbedder) -> None:
    theirs = np.array(json.loads((FACES / "ava_chip_dlib.json").read_text()))

    assert network.embed([read_rgb(FACES / "ava_chip.png")])[0] == pytest.approx(theirs, abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("other", ["ava_aa", "ava_ou", "ava_blink", "ava_yaw_p12"])
def test_one_person_stays_near_in_speech_with_closed_eyes_and_turned(faces, other: str) -> None:
    assert embedding_distance(faces["ava"], faces[other]) < 0.45


@pytest.mark.slow
@pytest.mark.parametrize("picture", ["ava", "ava_aa", "ava_ou", "ava_blink", "ava_yaw_p12"])
def test_another_person_is_far(faces, picture: str) -> None:
    assert embedding_distance(faces["ben"], faces[picture]) > 0.55


def test_a_face_is_compared_upright_whatever_its_size_and_turn() -> None:
    landmarks = np.zeros((468, 3), np.float32)
    points = np.array([[85, 63], [72, 64], [50, 63], [58, 64], [66, 82]], np.float32)  # as in the square
    turn = np.array([[0, -3], [3, 0]], np.float32)  # a quarter turn, three times as large
    landmarks[[263, 362, 33, 133, 2], :2] = points @ turn.T + 400
    rgb = np.zeros((800, 800, 3), np.uint8)
    x, y = (np.array([66, 100]) @ turn.T + 400).astype(int)
    rgb[y - 6 : y + 6, x - 6 : x + 6] = 255  # a mark below the nose

    shown = align_crop(rgb, landmarks)[..., 0]

    rows, columns = np.nonzero(shown > 128)
    assert rows.mean() > 95  # it is below the nose again
    assert 60 < columns.mean() < 90


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.dat").write_bytes(b"con_4" + bytes(200))

    with pytest.raises(WeightsError) as caught:
        open_face_embedder(tmp_path / "other.dat")

    assert caught.value.code == "weights.unreadable"
