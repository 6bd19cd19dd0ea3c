"""Face landmarks in pictures: detection, then the 468-point face mesh."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from avatar.errors import InputError
from avatar.faces.detection import blazeface, face_mesh
from avatar.faces.detection.blazeface import Detection
from avatar.faces.detection.face_mesh import Roi
from avatar.faces.geometry.rig import yaw_degrees
from avatar.faces.geometry.topology import eye_distance
from avatar.media.frames import Frame, Landmarks, Pixels
from avatar.models.tflite import TfliteNetwork

MIN_MESH_SCORE = 0.5  # 0 to 1: below it, there is no face
_MIN_EYE_DISTANCE_PX = (
    32  # pixels between the eyes of a portrait: head and shoulders in 256 x 256; less shows only blur
)
_MAX_YAW_DEGREES = 30.0  # degrees of yaw: beyond, half of a face is not in the picture
_MESH_YAW_GAIN = 1.18  # the mesh of a head turned by 12, 25 and 32 degrees looks turned by 14.7, 28.7 and 38
_MIN_SECOND_FACE_SHARE = 0.25  # of the size of the largest: another face of this size makes a portrait ambiguous


@lru_cache(maxsize=4)
def _open_network(path: Path, device: str) -> TfliteNetwork:
    return TfliteNetwork(path, device)


@dataclass(frozen=True)
class Landmarker:
    """The face detector and the face mesh network, on one device."""

    detector: TfliteNetwork
    mesh: TfliteNetwork

    @classmethod
    def load(cls, detector: Path, mesh: Path, device: str = "cpu") -> "Landmarker":
        """Read the two weight files (``DETECTOR`` and ``MESH``) for *device*."""
        return cls(_open_network(detector, device), _open_network(mesh, device))

    def detect(self, rgb: Pixels) -> list[Detection]:
        """Return the detections in *rgb*, the highest score first."""
        return blazeface.detect(self.detector, rgb)

    def landmarks(self, picture: Pixels | Frame, where: Roi | Landmarks) -> tuple[Landmarks, float]:
        """Return the landmarks (468, 3; pixels) and the score (0 to 1) of the face at *where* in *picture*.

        *where* is a region of interest, or the landmarks of the previous frame.
        """
        roi = where if isinstance(where, Roi) else face_mesh.roi_of_landmarks(where)
        if isinstance(picture, Frame) and self.mesh.device == "cpu":
            picture = picture.rgb
        return face_mesh.predict_landmarks(self.mesh, picture, roi)

    def faces(self, rgb: Pixels) -> list[Landmarks]:
        """Return the landmarks of each face in *rgb* that both networks agree on, the largest first."""
        laid = []
        for detection in self.detect(rgb):
            points, _ = self.landmarks(rgb, face_mesh.roi_of_detection(detection))
            points, score = self.landmarks(rgb, points)  # a second look, from the mesh itself, settles it
            if score > MIN_MESH_SCORE:
                laid.append(points)
        return sorted(laid, key=eye_distance, reverse=True)

    def _faces_in_quarters(self, rgb: Pixels) -> list[Landmarks]:
        """Return the largest face in quarters of *rgb*: the detector misses small faces of large pictures."""
        height, width = (side // 2 for side in rgb.shape[:2])
        corners = [(top, left) for top in (0, height // 2, height) for left in (0, width // 2, width)]
        found = []
        for top, left in corners:
            for face in self.faces(rgb[top : top + height, left : left + width]):
                found.append(face + np.array([left, top, 0], np.float32))
        return sorted(found, key=eye_distance, reverse=True)[:1]  # quarters overlap: one face may be there four times

    def single_face(self, rgb: Pixels) -> Landmarks:
        """Return the landmarks of the one face of a portrait.

        Raises:
            InputError: no face, more than one, a small one or one turned away; code ``portrait.no-face``,
                ``portrait.two-faces``, ``portrait.face-too-small`` or ``portrait.turned-away``.
        """
        height, width = rgb.shape[:2]
        found = self.faces(rgb) or self._faces_in_quarters(rgb)
        if not found:
            raise InputError(
                f"the portrait ({width} x {height} pixels) shows no face; "
                "bring a picture of one person who looks at the camera, with nothing before the face",
                code="portrait.no-face",
            )
        sizes = [eye_distance(face) for face in found]
        beside = [size for size in sizes if size > _MIN_SECOND_FACE_SHARE * sizes[0]]
        if len(beside) > 1:
            raise InputError(
                f"the portrait shows {len(beside)} faces; crop it to the one person it is of",
                code="portrait.two-faces",
            )
        if sizes[0] < _MIN_EYE_DISTANCE_PX:
            raise InputError(
                f"the face of the portrait is too small: {sizes[0]:.0f} pixels between the eyes, "
                f"{_MIN_EYE_DISTANCE_PX} needed; crop nothing away and bring a larger picture",
                code="portrait.face-too-small",
            )
        turned = abs(yaw_degrees(found[0])) / _MESH_YAW_GAIN
        if turned > _MAX_YAW_DEGREES:
            raise InputError(
                f"the face of the portrait is turned about {turned:.0f} degrees to the side, which hides half of it; "
                f"bring a picture that looks at the camera, or no more than {_MAX_YAW_DEGREES:.0f} degrees past it",
                code="portrait.turned-away",
            )
        return found[0]
