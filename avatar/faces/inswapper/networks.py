"""Both networks of the swap: who a face is, and a face made into that person's."""

import logging
from functools import lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from avatar.errors import InputError
from avatar.faces.inswapper.alignment import ARCFACE_SIZE_PX, SWAPPER_SIZE_PX, arcface_alignment
from avatar.media.frames import Landmarks, Pixels
from avatar.models.onnx import Floats, OnnxNetwork

_log = logging.getLogger(__name__)

EMBEDDING_SIZE: Final = 512  # that say who a face is
_ENCODER_MODEL = "ArcFace of InsightFace (w600k_r50.onnx: faces of 112 pixels to 512 numbers)"
_SWAPPER_MODEL = (
    "the swapper of InsightFace (inswapper_128.onnx: target, source, and a map of 512 x 512 as its last tensor)"
)


class ArcFaceEncoder:
    """Says who a face is (Deng et al., "ArcFace", CVPR 2019)."""

    def __init__(self, network: OnnxNetwork) -> None:
        network.validate_io({"*": (1, 3, ARCFACE_SIZE_PX, ARCFACE_SIZE_PX)}, (1, EMBEDDING_SIZE), _ENCODER_MODEL)
        self._network = network

    def embed(self, rgb: Pixels, landmarks: Landmarks) -> Floats:
        """Return the ArcFace embedding (512,), of length 1, of the face at *landmarks* in *rgb*.

        Raises:
            InputError: when the encoder gives no vector with a direction; code ``portrait.no-likeness``.
        """
        face = cv2.warpAffine(rgb, arcface_alignment(landmarks), (ARCFACE_SIZE_PX, ARCFACE_SIZE_PX))
        seen = (np.asarray(face, np.float32) - 127.5) / 127.5
        return l2_normalize(self._network.run(np.ascontiguousarray(seen.transpose(2, 0, 1)[None]))[0])


class InswapperNetwork:
    """Makes a face another's: expression, pose and light stay."""

    def __init__(self, network: OnnxNetwork) -> None:
        square = (1, 3, SWAPPER_SIZE_PX, SWAPPER_SIZE_PX)
        network.validate_io({"target": square, "source": (1, EMBEDDING_SIZE)}, square, _SWAPPER_MODEL)
        self._map = network.last_tensor()  # from the encoder's numbers to those that the swapper was trained on
        if self._map.shape != (EMBEDDING_SIZE, EMBEDDING_SIZE):
            raise network.other(f"has {self._map.shape} as its last tensor", _SWAPPER_MODEL)
        self._network = network

    def source_latent(self, likeness: Floats) -> Floats:
        """Return the source latent (1, 512) that ``swap`` takes for *likeness* (512,), an embedding of the encoder."""
        return l2_normalize(likeness @ self._map)[None]

    def swap(self, seen: Floats, source: Floats) -> Floats:
        """Return the face *seen* as that of *source* (1, 512): both faces (128, 128, 3), red, green, blue, 0 to 1."""
        made = self._network.run(np.ascontiguousarray(seen.transpose(2, 0, 1)[None]), source)
        return np.ascontiguousarray(made.reshape(3, SWAPPER_SIZE_PX, SWAPPER_SIZE_PX).transpose(1, 2, 0).clip(0, 1))


def l2_normalize(vector: Floats) -> Floats:
    """Return *vector* (n,), float32, scaled to length 1.

    Raises:
        InputError: when its length is nearly 0 or not finite; code ``portrait.no-likeness``.
    """
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length < 1e-6:
        raise InputError(
            "the encoder says nothing about the face of the portrait; bring another portrait, or the original encoder",
            code="portrait.no-likeness",
        )
    return np.asarray(vector / length, np.float32)


@lru_cache(maxsize=1)
def open_encoder(path: Path, sha256: str, device: str) -> ArcFaceEncoder:
    """Return the encoder in the file *path* with digest *sha256*, loaded once in a process.

    Raises:
        WeightsError: when the file cannot be read; code ``weights.unreadable``; when it keeps tensors in other files;
            code ``weights.outside``; when it is another network; code ``weights.other-network``.
    """
    _log.info("opening the encoder %s on %s", sha256[:12], device)
    return ArcFaceEncoder(OnnxNetwork(path, device))


@lru_cache(maxsize=1)
def open_swapper(path: Path, sha256: str, device: str) -> InswapperNetwork:
    """Return the swapper in the file *path* with digest *sha256*, loaded once in a process.

    Raises:
        WeightsError: when the file cannot be read; code ``weights.unreadable``; when it keeps tensors in other files;
            code ``weights.outside``; when it is another network; code ``weights.other-network``.
    """
    _log.info("opening the swapper %s on %s", sha256[:12], device)
    return InswapperNetwork(OnnxNetwork(path, device))
