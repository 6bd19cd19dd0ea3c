"""The face analyser: landmarks and embeddings of the faces in a picture, in one interface."""

from dataclasses import dataclass
from typing import Protocol

from avatar.faces.detection.blazeface import DETECTOR
from avatar.faces.detection.face_embedding import FACE_EMBEDDER, Embedding, FaceEmbedder, align_crop, open_face_embedder
from avatar.faces.detection.face_mesh import MESH
from avatar.faces.detection.landmarker import MIN_MESH_SCORE, Landmarker
from avatar.media.frames import Landmarks, Pixels
from avatar.models.weights import locate


class FaceAnalyser(Protocol):
    """Detects faces and embeds them."""

    def faces(self, rgb: Pixels) -> list[Landmarks]:
        """Return the landmarks of each face in *rgb*, the largest first."""

    def face_at(self, rgb: Pixels, landmarks: Landmarks) -> Landmarks | None:
        """Return the landmarks of the face of *rgb* at *landmarks*, refined, or ``None`` if no face is there."""

    def embed(self, seen: list[tuple[Pixels, Landmarks]]) -> list[Embedding]:
        """Return the embedding of the face at the landmarks of each pair."""


@dataclass(frozen=True)
class DefaultFaceAnalyser:
    """A face analyser of the shipped networks, on a CPU: the same results on every machine."""

    landmarker: Landmarker
    network: FaceEmbedder

    def faces(self, rgb: Pixels) -> list[Landmarks]:
        """Return the landmarks of each face in *rgb* that both networks agree on, the largest first."""
        return self.landmarker.faces(rgb)

    def face_at(self, rgb: Pixels, landmarks: Landmarks) -> Landmarks | None:
        """Return the landmarks of the face of *rgb* at *landmarks*, refined, or ``None`` if its score is too low."""
        points, score = self.landmarker.landmarks(rgb, landmarks)
        return points if score > MIN_MESH_SCORE else None

    def embed(self, seen: list[tuple[Pixels, Landmarks]]) -> list[Embedding]:
        """Return the embedding of the face at the landmarks of each pair, in their order."""
        return self.network.embed([align_crop(rgb, face) for rgb, face in seen])


def open_face_analyser() -> FaceAnalyser:
    """Return the face analyser of the shipped networks, which are loaded once in a process.

    Raises:
        WeightsError: a weights file is missing or altered; code ``weights.missing`` or ``weights.altered``.
    """
    landmarker = Landmarker.load(locate(DETECTOR), locate(MESH))
    return DefaultFaceAnalyser(landmarker, open_face_embedder(locate(FACE_EMBEDDER)))
