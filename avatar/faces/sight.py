"""See who is in a picture: where its faces are, and by which numbers each is told from others."""

from dataclasses import dataclass
from typing import Protocol

from avatar.faces.blazeface import DETECTOR
from avatar.faces.landmarker import SURE, Landmarker
from avatar.faces.likeness import FACE_LIKENESS, Face, FaceLikeness, chip, open_face_likeness
from avatar.faces.mesh import MESH
from avatar.media.frames import Landmarks, Pixels
from avatar.weights import locate


class Sight(Protocol):
    """Whoever can see faces, and tell them apart."""

    def faces(self, rgb: Pixels) -> list[Landmarks]:
        """Return the mesh of each face in *rgb*, the largest first."""

    def face_at(self, rgb: Pixels, landmarks: Landmarks) -> Landmarks | None:
        """Return the mesh of the face in *rgb* where *landmarks* say that one is, or ``None`` if none is seen there."""

    def tell(self, seen: list[tuple[Pixels, Landmarks]]) -> list[Face]:
        """Return the numbers of the face at each mesh of each picture."""


@dataclass(frozen=True)
class ShippedSight:
    """Sees by the networks that are shipped, on a CPU: the same on every machine."""

    landmarker: Landmarker
    network: FaceLikeness

    def faces(self, rgb: Pixels) -> list[Landmarks]:
        return self.landmarker.faces(rgb)

    def face_at(self, rgb: Pixels, landmarks: Landmarks) -> Landmarks | None:
        points, score = self.landmarker.landmarks(rgb, landmarks)
        return points if score > SURE else None

    def tell(self, seen: list[tuple[Pixels, Landmarks]]) -> list[Face]:
        return self.network.of([chip(rgb, face) for rgb, face in seen])


def open_sight() -> Sight:
    """Return the sight of the shipped networks; they are read once in a process.

    Raises: WeightsError, with code ``weights.missing`` or ``weights.altered``.
    """
    landmarker = Landmarker.load(locate(DETECTOR), locate(MESH))
    return ShippedSight(landmarker, open_face_likeness(locate(FACE_LIKENESS)))
