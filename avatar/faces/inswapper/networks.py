"""Both networks of the swap: who a face is, and a face made into that person's."""

import logging
from functools import lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from avatar.errors import InputError
from avatar.faces.inswapper.alignment import ENCODED, SWAPPED, to_encoder
from avatar.media.frames import Landmarks, Pixels
from avatar.models.onnx import Floats, OnnxNetwork

_log = logging.getLogger(__name__)

NUMBERS: Final = 512  # that say who a face is
_ENCODER = "ArcFace of InsightFace (w600k_r50.onnx: faces of 112 pixels to 512 numbers)"
_SWAPPER = "the swapper of InsightFace (inswapper_128.onnx: target, source, and a map of 512 x 512 as its last tensor)"


class Encoder:
    """Says who a face is (Deng et al., "ArcFace", CVPR 2019)."""

    def __init__(self, network: OnnxNetwork) -> None:
        network.validate_io({"*": (1, 3, ENCODED, ENCODED)}, (1, NUMBERS), _ENCODER)
        self._network = network

    def of(self, rgb: Pixels, landmarks: Landmarks) -> Floats:
        """Return 512 numbers, a vector of length 1, that say who the face at *landmarks* in *rgb* is.

        Raises: InputError, with code ``portrait.no-likeness``.
        """
        face = cv2.warpAffine(rgb, to_encoder(landmarks), (ENCODED, ENCODED))
        seen = (np.asarray(face, np.float32) - 127.5) / 127.5
        return unit(self._network.run(np.ascontiguousarray(seen.transpose(2, 0, 1)[None]))[0])


class Swapper:
    """Makes a face another's: expression, pose and light stay."""

    def __init__(self, network: OnnxNetwork) -> None:
        square = (1, 3, SWAPPED, SWAPPED)
        network.validate_io({"target": square, "source": (1, NUMBERS)}, square, _SWAPPER)
        self._map = network.last_tensor()  # from the encoder's numbers to those that the swapper was trained on
        if self._map.shape != (NUMBERS, NUMBERS):
            raise network.other(f"has {self._map.shape} as its last tensor", _SWAPPER)
        self._network = network

    def source(self, likeness: Floats) -> Floats:
        """Return whom to show, as ``made`` takes it (1, 512), for the *likeness* that the encoder gave."""
        return unit(likeness @ self._map)[None]

    def made(self, seen: Floats, source: Floats) -> Floats:
        """Return the face *seen* (128, 128, 3; red, green, blue, 0 to 1), shown as whoever *source* is."""
        made = self._network.run(np.ascontiguousarray(seen.transpose(2, 0, 1)[None]), source)
        return np.ascontiguousarray(made.reshape(3, SWAPPED, SWAPPED).transpose(1, 2, 0).clip(0, 1))


def unit(vector: Floats) -> Floats:
    """Return *vector* with length 1.

    Raises: InputError, with code ``portrait.no-likeness``.
    """
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length < 1e-6:
        raise InputError(
            "the encoder says nothing about the face of the portrait; bring another portrait, or the original encoder",
            code="portrait.no-likeness",
        )
    return np.asarray(vector / length, np.float32)


@lru_cache(maxsize=1)
def open_encoder(path: Path, sha256: str, device: str) -> Encoder:
    """Return the encoder in the file *path* with digest *sha256*, loaded once in a process.

    Raises: WeightsError, with code ``weights.unreadable``, ``weights.outside`` or ``weights.other-network``.
    """
    _log.info("opening the encoder %s on %s", sha256[:12], device)
    return Encoder(OnnxNetwork(path, device))


@lru_cache(maxsize=1)
def open_swapper(path: Path, sha256: str, device: str) -> Swapper:
    """Return the swapper in the file *path* with digest *sha256*, loaded once in a process.

    Raises: WeightsError, with code ``weights.unreadable``, ``weights.outside`` or ``weights.other-network``.
    """
    _log.info("opening the swapper %s on %s", sha256[:12], device)
    return Swapper(OnnxNetwork(path, device))
