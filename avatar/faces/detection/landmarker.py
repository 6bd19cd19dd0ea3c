"""See a face: find it, and lay the 468-point mesh on it."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from avatar.errors import InputError
from avatar.faces.detection import blazeface, face_mesh
from avatar.faces.detection.blazeface import Detection
from avatar.faces.detection.face_mesh import Roi
from avatar.faces.geometry.rig import yaw_of
from avatar.faces.geometry.topology import eye_distance
from avatar.media.frames import Frame, Landmarks, Pixels
from avatar.models.tflite import TfliteNetwork

SURE = 0.5  # the mesh score from which a face counts
_SMALLEST = 32  # pixels between the eyes of a portrait: head and shoulders in 256 x 256; less shows only blur
_TURNED = 30.0  # degrees of yaw: beyond, half of a face is not in the picture
_EXAGGERATED = 1.18  # the mesh of a head turned by 12, 25 and 32 degrees looks turned by 14.7, 28.7 and 38
_BESIDE = 0.25  # a second face this large, relative to the first, makes a portrait ambiguous


@lru_cache(maxsize=4)
def _opened(path: Path, device: str) -> TfliteNetwork:
    return TfliteNetwork(path, device)


@dataclass(frozen=True)
class Landmarker:
    """Both networks, ready to run on one device."""

    detector: TfliteNetwork
    mesh: TfliteNetwork

    @classmethod
    def load(cls, detector: Path, mesh: Path, device: str = "cpu") -> "Landmarker":
        """Read the two weight files (``DETECTOR`` and ``MESH``) for *device*."""
        return cls(_opened(detector, device), _opened(mesh, device))

    def detect(self, rgb: Pixels) -> list[Detection]:
        """Return the faces in *rgb*, the surest first."""
        return blazeface.detect(self.detector, rgb)

    def landmarks(self, picture: Pixels | Frame, where: Roi | Landmarks) -> tuple[Landmarks, float]:
        """Return the mesh (468, 3) in pixels, and its score, of the face at *where* in *picture*.

        *where* is a region, or the landmarks of the frame before.
        """
        roi = where if isinstance(where, Roi) else face_mesh.roi_of_landmarks(where)
        if isinstance(picture, Frame) and self.mesh.device == "cpu":
            picture = picture.rgb
        return face_mesh.lay(self.mesh, picture, roi)

    def faces(self, rgb: Pixels) -> list[Landmarks]:
        """Return the mesh of each face in *rgb* that both networks agree on, the largest first."""
        laid = []
        for detection in self.detect(rgb):
            points, _ = self.landmarks(rgb, face_mesh.roi_of_detection(detection))
            points, score = self.landmarks(rgb, points)  # a second look, from the mesh itself, settles it
            if score > SURE:
                laid.append(points)
        return sorted(laid, key=eye_distance, reverse=True)

    def _in_quarters(self, rgb: Pixels) -> list[Landmarks]:
        """Look closer: a face that is small in a large picture escapes the detector, and deserves its own answer."""
        height, width = (side // 2 for side in rgb.shape[:2])
        corners = [(top, left) for top in (0, height // 2, height) for left in (0, width // 2, width)]
        found = []
        for top, left in corners:
            for face in self.faces(rgb[top : top + height, left : left + width]):
                found.append(face + np.array([left, top, 0], np.float32))
        return sorted(found, key=eye_distance, reverse=True)[:1]  # quarters overlap: one face may be there four times

    def face_in(self, rgb: Pixels) -> Landmarks:
        """Return the mesh of the one face of a portrait.

        Raises: InputError, with code ``portrait.no-face``, ``portrait.two-faces``, ``portrait.face-too-small`` or
            ``portrait.turned-away``.
        """
        height, width = rgb.shape[:2]
        found = self.faces(rgb) or self._in_quarters(rgb)
        if not found:
            raise InputError(
                f"the portrait ({width} x {height} pixels) shows no face; "
                "bring a picture of one person who looks at the camera, with nothing before the face",
                code="portrait.no-face",
            )
        sizes = [eye_distance(face) for face in found]
        beside = [size for size in sizes if size > _BESIDE * sizes[0]]
        if len(beside) > 1:
            raise InputError(
                f"the portrait shows {len(beside)} faces; crop it to the one person it is of",
                code="portrait.two-faces",
            )
        if sizes[0] < _SMALLEST:
            raise InputError(
                f"the face of the portrait is too small: {sizes[0]:.0f} pixels between the eyes, {_SMALLEST} needed; "
                "crop nothing away and bring a larger picture",
                code="portrait.face-too-small",
            )
        turned = abs(yaw_of(found[0])) / _EXAGGERATED
        if turned > _TURNED:
            raise InputError(
                f"the face of the portrait is turned about {turned:.0f} degrees to the side, which hides half of it; "
                f"bring a picture that looks at the camera, or no more than {_TURNED:.0f} degrees past it",
                code="portrait.turned-away",
            )
        return found[0]
