"""Match the skin of one face to the light on another, region by region.

One mean for a whole face leaves a step of tone wherever light falls unevenly, at the forehead first. Here each point of
the mesh gets its own gain: the ratio of both faces' skin colours around it.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.contours import depth_inside
from avatar.faces.topology import LEFT_BROW, LEFT_EYE, LIPS_OUTER, OVAL, RIGHT_BROW, RIGHT_EYE, eye_distance
from avatar.media.frames import Landmarks

_NOSTRILS = (98, 97, 2, 326, 327, 290, 250, 19, 20, 60)
_FEATURES = (RIGHT_EYE, LEFT_EYE, RIGHT_BROW, LEFT_BROW, LIPS_OUTER, _NOSTRILS)
# In eye distances.
_CLEAR = 0.09  # points nearer than this to a feature or to the oval's edge do not tell the colour of skin
_REGION = 0.45  # how far around a point its skin is asked
_CELL = 0.1  # colours are averaged over squares of this size before points are read
_BLACK, _SKIN = 0.15, 0.6  # shares of the skin's brightness between which things take part in its change
_DARK = (0.3, 0.6)  # shares of the skin's brightness: surely the inside of a mouth, perhaps still a lip
_LEAST, _MOST = 0.35, 2.8  # gains outside this range would show noise or clipping, not light
_ODD = 0.45  # skin this far (as a share) from the face's median brightness is hair, a hand or a highlight


@dataclass(frozen=True)
class Skin:
    """Which points show skin, and how each point asks its neighbours: *ask* (468, 468), zero where no skin is."""

    ask: Any

    @classmethod
    def of(cls, landmarks: Landmarks, device: str) -> "Skin":
        """Return where the skin is on a face that looks at the camera."""
        import torch

        unit = eye_distance(landmarks)
        points = landmarks[:, :2].astype(np.float64) / unit
        away = ((points[:, None] - points[None]) ** 2).sum(axis=2)
        ask = np.exp(-away / (2 * _REGION**2)) * _is_skin(landmarks[:, :2] / unit)
        return cls(torch.from_numpy(ask.astype(np.float32)).to(device))

    def tone(self, picture: Any, points: Any, unit: float) -> Any:
        """Return the colour of the skin around each of *points* (468, 2) in *picture* (3, h, w): (468, 3)."""
        colours, there = _colours(picture, points, unit)
        bright = colours.mean(dim=1)
        plain = (bright / bright[there].median().clamp(min=1e-3) - 1).abs() < _ODD if there.any() else there
        ask = self.ask * (there & plain)
        return (ask @ colours + 1e-3) / (ask.sum(dim=1, keepdim=True) + 1e-3)


def relit(picture: Any, wanted: Any, given: Any) -> Any:
    """Return *picture* (3, h, w) with its local tone *given* brought to *wanted*, clipped to 0..1.

    What is much darker than the skin (brows, lashes) stays as it is: black has no skin colour to change. What is
    brighter (highlights) keeps its distance: it has the colour of the light and must not grow with paler skin.
    """
    import torch

    given = given.clamp(min=1e-3)
    ratio = picture.mean(dim=0) / given.mean(dim=0)
    gain = 1 + ((wanted / given).clamp(_LEAST, _MOST) - 1) * ((ratio - _BLACK) / (_SKIN - _BLACK)).clamp(0, 1)
    above = picture - given
    return (given * gain + above * torch.where(above > 0, gain.clamp(max=1), gain)).clamp(0, 1)


def darkness(picture: Any, tone: Any) -> Any:
    """Return how surely each pixel of *picture* (3, h, w) is too dark to be lips on skin of *tone* (n, 3): 0 to 1."""
    ratio = picture.mean(dim=0) / tone.mean().clamp(min=1e-3)
    return ((_DARK[1] - ratio) / (_DARK[1] - _DARK[0])).clamp(0, 1)


def _is_skin(points: NDArray[np.floating]) -> NDArray[np.bool_]:
    inside = depth_inside(points, points[list(OVAL)]) > _CLEAR
    for feature in _FEATURES:
        hull = cv2.convexHull(points[list(feature)].astype(np.float32))
        inside &= depth_inside(points, np.asarray(hull, np.float32)) < -_CLEAR
    return inside


def _colours(picture: Any, points: Any, unit: float) -> tuple[Any, Any]:
    """Return the colour around each point, averaged over a cell, and whether the point is in the picture at all."""
    from torch.nn import functional

    height, width = picture.shape[1:]
    cells = [max(2, round(length / (_CELL * unit))) for length in (height, width)]
    small = functional.interpolate(picture[None], cells, mode="area")
    place = (points + 0.5) / points.new_tensor([width, height]) * 2 - 1
    there = (place.abs() <= 1).all(dim=1)
    read = functional.grid_sample(small, place[None, None], padding_mode="border", align_corners=False)
    return read[0, :, 0].T, there
