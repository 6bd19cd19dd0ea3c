from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from avatar.errors import WeightsError
from avatar.faces.detection.blazeface import DETECTOR
from avatar.faces.detection.face_mesh import MESH
from avatar.faces.detection.landmarker import Landmarker
from avatar.media.frames import Pixels
from avatar.models.weights import locate

PICTURES = Path(__file__).parent.parent / "data" / "faces"


@pytest.fixture(scope="session")
def picture() -> Callable[[str], Pixels]:
    return lambda name: np.ascontiguousarray(cv2.imread(str(PICTURES / f"{name}.jpg"))[:, :, ::-1])


@pytest.fixture(scope="session")
def landmarker() -> Landmarker:
    try:
        return Landmarker.load(locate(DETECTOR), locate(MESH))
    except WeightsError as error:
        pytest.skip(str(error))
