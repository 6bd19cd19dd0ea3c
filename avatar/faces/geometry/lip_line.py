"""Find the line between closed lips: landmark networks leave a gap of a few pixels there, a picture does not."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.geometry.blendshapes import Floats
from avatar.faces.geometry.topology import LIPS_INNER, eye_distance
from avatar.media.frames import Landmarks, Pixels

UPPER: Final = LIPS_INNER[1:10]
LOWER: Final = LIPS_INNER[:10:-1]  # below each of UPPER
CLOSED: Final = 0.075  # of the distance of the eyes: a wider gap is an open mouth, which has no such line

_RIGHT: Final = (61, 76, 62, 78)  # the points of each corner, the outermost first
_LEFT: Final = (291, 306, 292, 308)
_POINTS: Final = [*_RIGHT, *UPPER, *_LEFT[::-1]]
_COLUMNS: Final = 49  # places along the mouth where the line is looked for
_STEPS: Final = np.linspace(-1, 1, 33)
# In distances of the eyes.
_REACH: Final = 0.055  # how far from the landmarks the line is looked for
_BEYOND: Final = 0.075  # how far outside the landmarks a corner of the mouth may be
_BESIDE: Final = 0.03  # how far above and below the line the skin is with which it is compared
# How near (in reaches) to what is known already: to the landmarks, to a first parabola, to a second.
_NEAR: Final = (0.8, 0.4)
_OWN: Final = 0.4  # how far from its parabola the line may be: what a cupid's bow needs
_FADED: Final = 0.45  # of its contrast in the mouth: where less is left, a line has ended
_FAINT: Final = 4.0  # of 255: less contrast than this has no end that could be found

Line = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class _Lips:
    """A *grey* picture of lips, seen along them: *right* and *down* are of length one, *unit* is the eye distance."""

    grey: Pixels
    origin: Line
    right: Line
    down: Line
    unit: float

    @classmethod
    def of(cls, picture: Pixels, landmarks: Landmarks) -> "_Lips":
        across = (landmarks[291, :2] - landmarks[61, :2]).astype(np.float64)
        right = across / max(float(np.hypot(*across)), 1e-6)
        unit = eye_distance(landmarks)
        grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (0, 0), max(0.0045 * unit, 0.3))
        return cls(np.asarray(grey, np.uint8), landmarks[61, :2], right, np.array([-right[1], right[0]]), unit)

    def seen_from(self, points: Line) -> tuple[Line, Line]:
        """Return how far along the lips and how far down *points* (n, 2) of the picture are."""
        return (points - self.origin) @ self.right, (points - self.origin) @ self.down

    def places(self, along: Line, height: Line) -> Line:
        """Return where in the picture (..., 2) that is."""
        return np.asarray(self.origin + along[..., None] * self.right + height[..., None] * self.down)

    def light(self, along: Line, heights: Line) -> Line:
        """Return how light it is at *heights* (n, m), each row of them *along* (n) the lips."""
        at = self.places(np.broadcast_to(along[:, None], heights.shape), heights).astype(np.float32)
        return cv2.remap(self.grey, at[..., 0], at[..., 1], cv2.INTER_LINEAR).astype(np.float64)


def gap_of(landmarks: Floats) -> float:
    """Return how far the inner lips of *landmarks* (468, >=2) are apart, in distances of the eyes."""
    middle = landmarks[[82, 13, 312], :2] - landmarks[[87, 14, 317], :2]
    return float(np.linalg.norm(middle, axis=1).mean()) / eye_distance(landmarks)


def snap_lips(picture: Pixels, landmarks: Landmarks) -> Landmarks:
    """Return *landmarks* with both inner lips on the dark line between them, and the corners where that line ends.

    An open mouth is left as it is.
    """
    if gap_of(landmarks) > CLOSED:
        return landmarks
    lips, result = _Lips.of(picture, landmarks), landmarks.copy()
    result[list(UPPER)] = (landmarks[list(UPPER)] + landmarks[list(LOWER)]) / 2
    along, height = lips.seen_from(result[_POINTS, :2])
    along = np.maximum.accumulate(along)  # a face turned away may fold its corners
    columns = np.linspace(along[0], along[-1], _COLUMNS)
    line = _line(lips, columns, np.interp(columns, along, height))
    for outward in (1, -1):  # from the last column on, then from the first
        more, heights = _further(lips, columns[::outward], line[::outward])
        columns = np.concatenate([columns[::outward], more])[::outward]
        line = np.concatenate([line[::outward], heights])[::outward]
    along[:4] += columns[0] - along[0]
    along[-4:] += columns[-1] - along[-1]
    result[_POINTS, :2] = lips.places(along, np.interp(along, columns, line))
    result[list(LOWER)] = result[list(UPPER)]
    return result


def _line(lips: _Lips, columns: Line, prior: Line) -> Line:
    """Return how far down the dark line near *prior* (n) is at each of *columns* (n)."""
    reach = _REACH * lips.unit
    around = prior[:, None] + _STEPS * reach
    light = lips.light(columns, around)
    contrast = _contrast(lips, columns, around).clip(0) * np.exp(-np.square(_STEPS))
    # The darkest place of a column is the line if it is one: the shade of an upper lip is dark on one side only.
    enough = max(0.15 * float(contrast.max()), 1.0)
    dark = np.minimum(contrast, 2 * enough) * np.exp((light.min(axis=1, keepdims=True) - light) / enough)
    places = np.linspace(-1, 1, len(columns))
    best: Line = np.zeros(len(columns))
    for width in _NEAR:
        near = dark * np.exp(-np.square((_STEPS - best[:, None]) / width))
        sure = np.sqrt(near.max(axis=1)) + 1e-6
        best = np.polyval(np.polyfit(places, _STEPS[near.argmax(axis=1)], 2, w=sure), places)
    # A parabola first: a shadow, a hair or a highlight at one place must not bend it. Then what most columns agree on.
    found = _STEPS[np.where(np.abs(_STEPS - best[:, None]) < _OWN, dark, -1).argmax(axis=1)]
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(found, 4, mode="edge"), 9)
    smooth = np.convolve(np.pad(np.median(windows, axis=1), 3, mode="edge"), np.hanning(9)[1:-1] / 4, mode="valid")
    return np.asarray(prior + smooth * reach)


def _further(lips: _Lips, columns: Line, line: Line) -> tuple[Line, Line]:
    """Return where the *line* goes on beyond the last of *columns*: more columns (m), and how far down it is there."""
    step, slope = columns[-1] - columns[-2], (line[-1] - line[-7]) / 6
    usual = float(np.median(_contrast(lips, columns[-12:], line[-12:, None])))
    more, heights = [columns[-1]], [line[-1]]
    if usual < _FAINT:
        return np.array([]), np.array([])
    for _ in range(min(int(_BEYOND * lips.unit / max(abs(float(step)), 1e-3)), _COLUMNS)):
        along = np.array([more[-1] + step])
        near = heights[-1] + slope + np.linspace(-1, 1, 9) * 0.01 * lips.unit
        height = near[[lips.light(along, near[None])[0].argmin()]]
        if _contrast(lips, along, height[None])[0, 0] < _FADED * usual:
            break
        more, heights = [*more, float(along[0])], [*heights, float(height[0])]
    return np.array(more[1:]), np.array(heights[1:])


def _contrast(lips: _Lips, along: Line, heights: Line) -> Line:
    """Return how much darker than the skin above and below it each of *heights* (n, m) is, *along* (n) the lips."""
    beside = _BESIDE * lips.unit
    above, here, below = (lips.light(along, heights + each) for each in (-beside, 0.0, beside))
    return np.asarray(np.minimum(above, below) - here)
