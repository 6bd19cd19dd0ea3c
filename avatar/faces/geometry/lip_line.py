"""Snap the landmarks of closed lips to the dark line between them, which landmark networks miss by some pixels."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.geometry.blendshapes import Floats
from avatar.faces.geometry.topology import LIPS_INNER, eye_distance
from avatar.media.frames import Landmarks, Pixels

UPPER_INNER_LIP: Final = LIPS_INNER[1:10]
LOWER_INNER_LIP: Final = LIPS_INNER[:10:-1]  # below each of UPPER
MAX_CLOSED_GAP: Final = 0.075  # eye distances: a wider gap is an open mouth, which has no such line

_RIGHT_CORNER: Final = (61, 76, 62, 78)  # the points of each corner, the outermost first
_LEFT_CORNER: Final = (291, 306, 292, 308)
_LINE_POINTS: Final = [*_RIGHT_CORNER, *UPPER_INNER_LIP, *_LEFT_CORNER[::-1]]
_COLUMN_COUNT: Final = 49  # samples along the mouth where the line is looked for
_SEARCH_STEPS: Final = np.linspace(-1, 1, 33)
# In eye distances.
_SEARCH_DISTANCE: Final = 0.055  # from the landmarks, above and below
_MAX_CORNER_EXTENSION: Final = 0.075  # of a corner of the mouth beyond the landmarks
_SKIN_DISTANCE: Final = 0.03  # from the line to the skin above and below it, with which it is compared
# In search distances: the widths of the windows around the landmarks, and around a first parabola fitted in them.
_PARABOLA_WIDTHS: Final = (0.8, 0.4)
_MAX_PARABOLA_RESIDUAL: Final = 0.4  # search distances between line and parabola: what a cupid's bow needs
_MIN_CONTRAST_SHARE: Final = 0.45  # of its contrast in the mouth: with less, the line has ended
_MIN_CONTRAST_LEVELS: Final = 4.0  # of 255: a line with less contrast has no end that could be found

Coordinates = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class _LipFrame:
    """Coordinates along the lips of the picture *grey*: unit vectors *right* and *down*, *unit* the eye distance."""

    grey: Pixels
    origin: Coordinates
    right: Coordinates
    down: Coordinates
    unit: float

    @classmethod
    def of(cls, picture: Pixels, landmarks: Landmarks) -> "_LipFrame":
        across = (landmarks[291, :2] - landmarks[61, :2]).astype(np.float64)
        right = across / max(float(np.hypot(*across)), 1e-6)
        unit = eye_distance(landmarks)
        grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (0, 0), max(0.0045 * unit, 0.3))
        return cls(np.asarray(grey, np.uint8), landmarks[61, :2], right, np.array([-right[1], right[0]]), unit)

    def to_lip_frame(self, points: Coordinates) -> tuple[Coordinates, Coordinates]:
        """Return the coordinates along (n,) and across (n,) the lips, in pixels, of picture *points* (n, 2)."""
        return (points - self.origin) @ self.right, (points - self.origin) @ self.down

    def to_picture(self, along: Coordinates, height: Coordinates) -> Coordinates:
        """Return the picture coordinates (..., 2; pixels) of lip coordinates."""
        return np.asarray(self.origin + along[..., None] * self.right + height[..., None] * self.down)

    def sample(self, along: Coordinates, heights: Coordinates) -> Coordinates:
        """Return the grey levels (n, m; 0 to 255) at *heights* (n, m), each row of them *along* (n,) the lips."""
        at = self.to_picture(np.broadcast_to(along[:, None], heights.shape), heights).astype(np.float32)
        return cv2.remap(self.grey, at[..., 0], at[..., 1], cv2.INTER_LINEAR).astype(np.float64)


def central_lip_gap(landmarks: Floats) -> float:
    """Return the mean gap of the three middle pairs of inner lip points of *landmarks* (468, >=2), in eye distances."""
    middle = landmarks[[82, 13, 312], :2] - landmarks[[87, 14, 317], :2]
    return float(np.linalg.norm(middle, axis=1).mean()) / eye_distance(landmarks)


def snap_lips(picture: Pixels, landmarks: Landmarks) -> Landmarks:
    """Return *landmarks* with both inner lips on the dark line between them, and the corners where that line ends.

    An open mouth is left as it is.
    """
    if central_lip_gap(landmarks) > MAX_CLOSED_GAP:
        return landmarks
    lips, result = _LipFrame.of(picture, landmarks), landmarks.copy()
    result[list(UPPER_INNER_LIP)] = (landmarks[list(UPPER_INNER_LIP)] + landmarks[list(LOWER_INNER_LIP)]) / 2
    along, height = lips.to_lip_frame(result[_LINE_POINTS, :2])
    along = np.maximum.accumulate(along)  # a face turned away may fold its corners
    columns = np.linspace(along[0], along[-1], _COLUMN_COUNT)
    line = _trace_line(lips, columns, np.interp(columns, along, height))
    for outward in (1, -1):  # from the last column on, then from the first
        more, heights = _extend_line(lips, columns[::outward], line[::outward])
        columns = np.concatenate([columns[::outward], more])[::outward]
        line = np.concatenate([line[::outward], heights])[::outward]
    along[:4] += columns[0] - along[0]
    along[-4:] += columns[-1] - along[-1]
    result[_LINE_POINTS, :2] = lips.to_picture(along, np.interp(along, columns, line))
    result[list(LOWER_INNER_LIP)] = result[list(UPPER_INNER_LIP)]
    return result


def _trace_line(lips: _LipFrame, columns: Coordinates, prior: Coordinates) -> Coordinates:
    """Return the height (n,) of the dark line at each of *columns* (n,), looked for around *prior* (n,)."""
    reach = _SEARCH_DISTANCE * lips.unit
    around = prior[:, None] + _SEARCH_STEPS * reach
    light = lips.sample(columns, around)
    contrast = _contrast(lips, columns, around).clip(0) * np.exp(-np.square(_SEARCH_STEPS))
    # The darkest place of a column is the line if it is one: the shade of an upper lip is dark on one side only.
    enough = max(0.15 * float(contrast.max()), 1.0)
    dark = np.minimum(contrast, 2 * enough) * np.exp((light.min(axis=1, keepdims=True) - light) / enough)
    places = np.linspace(-1, 1, len(columns))
    best: Coordinates = np.zeros(len(columns))
    for width in _PARABOLA_WIDTHS:
        near = dark * np.exp(-np.square((_SEARCH_STEPS - best[:, None]) / width))
        sure = np.sqrt(near.max(axis=1)) + 1e-6
        best = np.polyval(np.polyfit(places, _SEARCH_STEPS[near.argmax(axis=1)], 2, w=sure), places)
    # A parabola first: a shadow, a hair or a highlight at one place must not bend it. Then what most columns agree on.
    found = _SEARCH_STEPS[
        np.where(np.abs(_SEARCH_STEPS - best[:, None]) < _MAX_PARABOLA_RESIDUAL, dark, -1).argmax(axis=1)
    ]
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(found, 4, mode="edge"), 9)
    smooth = np.convolve(np.pad(np.median(windows, axis=1), 3, mode="edge"), np.hanning(9)[1:-1] / 4, mode="valid")
    return np.asarray(prior + smooth * reach)


def _extend_line(lips: _LipFrame, columns: Coordinates, line: Coordinates) -> tuple[Coordinates, Coordinates]:
    """Return columns (m,) and heights (m,) by which the *line* continues beyond the last of *columns*."""
    step, slope = columns[-1] - columns[-2], (line[-1] - line[-7]) / 6
    usual = float(np.median(_contrast(lips, columns[-12:], line[-12:, None])))
    more, heights = [columns[-1]], [line[-1]]
    if usual < _MIN_CONTRAST_LEVELS:
        return np.array([]), np.array([])
    for _ in range(min(int(_MAX_CORNER_EXTENSION * lips.unit / max(abs(float(step)), 1e-3)), _COLUMN_COUNT)):
        along = np.array([more[-1] + step])
        near = heights[-1] + slope + np.linspace(-1, 1, 9) * 0.01 * lips.unit
        height = near[[lips.sample(along, near[None])[0].argmin()]]
        if _contrast(lips, along, height[None])[0, 0] < _MIN_CONTRAST_SHARE * usual:
            break
        more, heights = [*more, float(along[0])], [*heights, float(height[0])]
    return np.array(more[1:]), np.array(heights[1:])


def _contrast(lips: _LipFrame, along: Coordinates, heights: Coordinates) -> Coordinates:
    """Return how much darker than the skin above and below it each of *heights* (n, m) is, *along* (n) the lips."""
    beside = _SKIN_DISTANCE * lips.unit
    above, here, below = (lips.sample(along, heights + each) for each in (-beside, 0.0, beside))
    return np.asarray(np.minimum(above, below) - here)
