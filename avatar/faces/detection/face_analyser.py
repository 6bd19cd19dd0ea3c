"""See who is in a picture: where its faces are, and by which numbers each is told from others."""

from dataclasses import dataclass
from typing import Protocol

from avatar.faces.detection.blazeface import DETECTOR
from avatar.faces.detection.face_embedding import FACE_EMBEDDER, Embedding, FaceEmbedder, align_crop, open_face_embedder
from avatar.faces.detection.face_mesh import MESH
from avatar.faces.detection.landmarker import SURE, Landmarker
from avatar.media.frames import Landmarks, Pixels
from avatar.models.weights import locate


class FaceAnalyser(Protocol):
    """Whoever can see faces, and tell them apart."""

    def faces(self, rgb: Pixels) -> list[Landmarks]:
        """Return the mesh of each face in *rgb*, the largest first."""

    def face_at(self, rgb: Pixels, landmarks: Landmarks) -> Landmarks | None:
        """Return the mesh of the face in *rgb* where *landmarks* say that one is, or ``None`` if none is seen there."""

    def embed(self, seen: list[tuple[Pixels, Landmarks]]) -> list[Embedding]:
        """Return the numbers of the face at each mesh of each picture."""


@dataclass(frozen=True)
class DefaultFaceAnalyser:
    """Sees by the networks that are shipped, on a CPU: the same on every machine."""

    landmarker: Landmarker
    network: FaceEmbedder

    def faces(self, rgb: Pixels) -> list[Landmarks]:
        return self.landmarker.faces(rgb)

    def face_at(self, rgb: Pixels, landmarks: Landmarks) -> Landmarks | None:
        points, score = self.landmarker.landmarks(rgb, landmarks)
        return points if score > SURE else None

    def embed(self, seen: list[tuple[Pixels, Landmarks]]) -> list[Embedding]:
        return self.network.of([align_crop(rgb, face) for rgb, face in seen])


def open_face_analyser() -> FaceAnalyser:
    """Return the sight of the shipped networks; they are read once in a process.

    Raises: WeightsError, with code ``weights.missing`` or ``weights.altered``.
    """
    landmarker = Landmarker.load(locate(DETECTOR), locate(MESH))
    return DefaultFaceAnalyser(landmarker, open_face_embedder(locate(FACE_EMBEDDER)))
