"""The inside of a mouth, pixel by pixel: cavity, tongue, two rows of teeth, and the shade the lips throw."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.faces.features.teeth import HALF_WIDTH_MM, lower_row, upper_row
from avatar.faces.geometry.blendshapes import Floats
from avatar.media.frames import Pixels
from avatar.runtime.jit import jit_part, lazy_njit

SUPERSAMPLING: Final = 2  # the inside is painted this much larger, then averaged

# Linear parts of the light on the teeth; light that has been inside a mouth has lost its blue.
_CAVITY_RGB: Final = (0.05, 0.018, 0.016)  # ray-traced mouths of speech are all but black between teeth and tongue
_TONGUE_RGB: Final = (0.66, 0.33, 0.33)
_INNER_LIGHT_RGB: Final = (1.0, 0.76, 0.68)
_GUM_RGB: Final = (0.70, 0.38, 0.38)
_ENAMEL_RGB: Final = (1.08, 1.03, 0.95)
_TONGUE_OVER_TEETH: Final = 0.5  # of tongueOut: from here on the tongue lies over the lower teeth


@dataclass(frozen=True, eq=False)
class Teeth:
    """Both rows of teeth, the lower and the upper one: *drawn* (2, 3, h, w) are tone, cover and gum of each.

    Their edges are at *edges* (2,) pixels from the top, *scale* pixels are a millimetre.
    """

    drawn: Floats
    edges: NDArray[np.float64]
    scale: float

    @classmethod
    def of(cls, scale: float) -> "Teeth":
        """Draw them at *scale* pixels a millimetre."""
        rows = lower_row(scale), upper_row(scale)  # the upper teeth stand before the lower ones
        drawn = np.stack([[row.tone, row.cover, row.gum] for row in rows])
        return cls(drawn, np.array([row.edge for row in rows]), scale)


@dataclass(frozen=True, eq=False)
class MouthInterior:
    """What is seen in a mouth whose lips are *gap* millimetres apart.

    *places* (2, 2, 3) say how many millimetres to the right of the middle of the lower and of the upper *teeth*, and
    below their edge, a fine pixel (x, y, 1) is. *tongue* is how far the tongue is out, *rounding* how far the lips are
    pushed out (0 to 1), *light* (3,) what falls on something white.
    """

    teeth: Teeth
    places: NDArray[np.float64]
    gap: float
    tongue: float
    rounding: float
    light: Floats

    def paint(self, view: Pixels, share: Floats, shade: Floats) -> None:
        """Paint the inside of the mouth in place into *view* (h, w, 3).

        *share* and *shade* (2 * h, 2 * w), 0 to 1, say of each fine pixel how much of it is seen and how lit it is.
        """
        # Pushed-out lips stand before the teeth like a tube: what is behind them goes dark.
        lit = (1 - 0.85 * smoothstep(self.rounding, 0.3, 0.75)) * (0.4 + 0.6 * smoothstep(self.gap, 0.5, 6))
        tongue = np.array(
            [self.tongue, smoothstep(self.tongue, 0.0, 0.9), smoothstep(self.tongue, 0.5, 0.8), 0.42 * self.gap]
        )
        light, teeth = np.asarray(self.light, np.float64), self.teeth
        _paint(view, share, shade * np.float32(lit), light, self.places, teeth.drawn, teeth.edges, teeth.scale, tongue)


def smoothstep(value: float, low: float, high: float) -> float:
    """Return 0 for a *value* up to *low*, 1 from *high* on, and a smooth way between."""
    share = min(max((value - low) / (high - low), 0.0), 1.0)
    return share * share * (3 - 2 * share)


@jit_part
def _mean_share(share: Floats, row: int, column: int) -> float:
    """Return the mean of the supersampled *share* over one pixel, 0 to 1."""
    seen = 0.0
    for fine in range(SUPERSAMPLING * SUPERSAMPLING):
        seen += share[row * SUPERSAMPLING + fine // SUPERSAMPLING, column * SUPERSAMPLING + fine % SUPERSAMPLING] / (
            SUPERSAMPLING * SUPERSAMPLING
        )
    return seen


@jit_part
def _tongue_brightness(right: float, below: float, tongue: NDArray[np.float64]) -> float:
    """Return how bright the tongue is at a place (mm from the middle of the lower teeth): a dome with a groove."""
    deep = below + tongue[3] - (0.8 - 6.0 * tongue[1] + (right / 15.0) ** 2 * 5.0)
    body = min(max(deep / 2.6, 0.0), 1.0) * min(max((19 - abs(right)) / 4, 0.0), 1.0)
    groove = 1 - 0.18 * np.exp(-((right / 1.8) ** 2))
    brightness: float = body * groove * (0.5 + 0.3 * tongue[0] + 0.35 * min(max(deep / 5, 0.0), 1.0))
    return brightness


@jit_part
def _sample_teeth(teeth: Floats, which: int, across: float, down: float, tooth: NDArray[np.float64]) -> None:
    """Write to *tooth* (3,) the tone, cover and gum of row *which* of *teeth* (2, 3, h, w), bilinear; 0 outside."""
    left, top = int(np.floor(across)), int(np.floor(down))
    tooth[:] = 0.0
    for corner in range(4):
        at_y, at_x = top + corner // 2, left + corner % 2
        if 0 <= at_y < teeth.shape[2] and 0 <= at_x < teeth.shape[3]:
            weight = (1 - abs(down - at_y)) * (1 - abs(across - at_x))
            for each in range(3):
                tooth[each] += weight * teeth[which, each, at_y, at_x]


@lazy_njit
def _paint(  # noqa: PLR0913, PLR0917 - arrays, as compiled code takes them
    view: Pixels,
    share: Floats,
    shade: Floats,
    light: NDArray[np.float64],
    places: NDArray[np.float64],  # (2, 2, 3): of the lower and of the upper teeth
    teeth: Floats,  # (2, 3, h, w): tone, cover and gum of each row
    edges: NDArray[np.float64],
    scale: float,
    tongue: NDArray[np.float64],  # how far out, the same eased in two ways, and how low
) -> None:
    colour, mean, tooth = np.empty(3), np.empty(3), np.empty(3)
    for pixel in range(view.shape[0] * view.shape[1]):
        row, column = pixel // view.shape[1], pixel % view.shape[1]
        seen = _mean_share(share, row, column)
        if seen <= 0.0:
            continue
        mean[:] = 0.0
        for fine in range(SUPERSAMPLING * SUPERSAMPLING):
            y, x = row * SUPERSAMPLING + fine // SUPERSAMPLING, column * SUPERSAMPLING + fine % SUPERSAMPLING
            right = places[0, 0, 0] * x + places[0, 0, 1] * y + places[0, 0, 2]
            below = places[0, 1, 0] * x + places[0, 1, 1] * y + places[0, 1, 2]
            flesh = _tongue_brightness(right, below, tongue)
            there = min(max(flesh * 3, 0.0), 1.0)
            for each in range(3):
                colour[each] = _CAVITY_RGB[each] + (_TONGUE_RGB[each] * flesh - _CAVITY_RGB[each]) * there
            for which in range(2):
                right = places[which, 0, 0] * x + places[which, 0, 1] * y + places[which, 0, 2]
                below = places[which, 1, 0] * x + places[which, 1, 1] * y + places[which, 1, 2]
                across, down = (right + HALF_WIDTH_MM) * scale - 0.5, below * scale + edges[which] - 0.5
                _sample_teeth(teeth, which, across, down, tooth)
                lit = 0.85 if which == 0 else 1.0
                tone = tooth[0] / min(max(tooth[1], 0.05), 1.0) * lit
                if which == 1:
                    # Teeth fade where the arch turns into the dark of the cheek.
                    tooth[1] *= min(max((HALF_WIDTH_MM - 4 - abs(right)) / 8, 0.0), 1.0)
                for each in range(3):
                    colour[each] += (_GUM_RGB[each] * 0.7 * lit - colour[each]) * tooth[2]
                    colour[each] += (_ENAMEL_RGB[each] * tone - colour[each]) * tooth[1]
                    if which == 0 and tongue[0] > _TONGUE_OVER_TEETH:
                        colour[each] += (_TONGUE_RGB[each] * flesh - colour[each]) * there * tongue[2]
            dim = shade[y, x] * (1 - 0.55 * min(max((abs(right) - 8) / 18, 0.0), 1.0))
            for each in range(3):
                mean[each] += (
                    colour[each]
                    * dim
                    * (_INNER_LIGHT_RGB[each] + (1 - _INNER_LIGHT_RGB[each]) * dim)
                    / (SUPERSAMPLING * SUPERSAMPLING)
                )
        for each in range(3):
            old = view[row, column, each]
            view[row, column, each] = int(min(max(np.rint(old + (mean[each] * light[each] - old) * seen), 0.0), 255.0))
