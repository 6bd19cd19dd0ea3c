"""Composite a donor's face into a patch of a frame: each pixel is looked up, relit and blended.

On a GPU each step is done for all pixels at once, in torch; on a CPU one loop does all steps for a pixel, five times
faster than torch would: most pixels of a patch need no step but the first.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.compiled import compiled
from avatar.faces.coefficients import Floats
from avatar.faces.colour import BLACK, DARK, LEAST, MOST, SKIN, darkness, relit
from avatar.faces.donor import Donor, pixels_of
from avatar.media.frames import Pixels


@dataclass(frozen=True, eq=False)
class Hidden:
    """How much of a face is hidden: *cells* (n, n) of a chart whose first cell lies at *low* (x, y) of the donor's.

    *per* (x, y) is how many cells there are to a pixel of the donor's picture.
    """

    cells: Any
    low: NDArray[np.float32]
    per: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Layer:
    """What a donor's face brings to a patch, every *step* pixels: *coarse* (rows, columns, 9).

    These are the place in the donor's picture (2), the share of it that is seen, and the tones wanted and given (3, 3).
    *mouth* (2, h, w) is that of ``fade``, *bright* how bright the head's skin is (0 to 1).
    """

    coarse: Any
    step: int
    unit: float
    mouth: Floats
    bright: float
    hidden: Hidden | None = None


def composite(patch: Pixels, donor: Donor, layer: Layer) -> None:
    """Blend *layer* of *donor* into *patch*, in place."""
    way = one_by_one if donor.device == "cpu" else all_at_once
    way(patch, donor, layer)


def all_at_once(patch: Pixels, donor: Donor, layer: Layer) -> None:
    """Do what ``composite`` does in torch, on the device of *donor*."""
    import torch

    head, spread = pixels_of(patch, donor.device)[0], _interpolated(layer, patch.shape[:2])
    face = relit(donor.colours(spread[:2], layer.unit), spread[3:6], spread[6:9])
    share = spread[2] * spread[2] * (3 - 2 * spread[2])
    opening, around = torch.from_numpy(layer.mouth).to(donor.device)
    share = share * (1 - opening.maximum(around * darkness(head, layer.bright)))
    if layer.hidden:
        share = share * (1 - _hidden_at(layer.hidden, spread[:2]))
    mixed = torch.lerp(head, face, share)
    patch[:] = (mixed * 255).round().byte().permute(1, 2, 0).cpu().numpy()


def one_by_one(patch: Pixels, donor: Donor, layer: Layer) -> None:
    """Do what ``composite`` does pixel by pixel, on the CPU."""
    picture = donor.pixels(layer.unit)
    height, width = donor.picture.shape[2:]
    finer = np.array([picture.shape[1] / width, picture.shape[0] / height], np.float32)
    hidden = layer.hidden or _NOTHING
    cells, chart = np.asarray(hidden.cells, np.float32), np.concatenate([hidden.low, hidden.per]).astype(np.float32)
    bright = np.float32(layer.bright)
    _composite(patch, layer.coarse.numpy(), layer.step, picture, finer, layer.mouth, bright, cells, chart)


_NOTHING = Hidden(np.zeros((1, 1), np.float32), np.zeros(2, np.float32), np.zeros(2, np.float32))

# Single precision, as torch has it: the loop is a third faster for it.
_CARRIED = 9
_0, _HALF, _1, _2, _3, _FULL = (np.float32(number) for number in (0, 0.5, 1, 2, 3, 255))
_BLACK, _WIDTH, _LEAST, _MOST = (np.float32(number) for number in (BLACK, SKIN - BLACK, LEAST, MOST))
_DARK, _DARKER = (np.float32(number) for number in (DARK[1], DARK[1] - DARK[0]))
_NO_LIGHT = np.float32(1e-3)


@compiled
def _composite(  # noqa: PLR0913, PLR0917 - one loop over pixels, as compiled code is written
    patch: Pixels,
    coarse: Floats,
    step: int,
    picture: Floats,
    finer: Floats,
    mouth: Floats,
    bright: np.float32,
    hidden: Floats,
    chart: Floats,
) -> None:
    height, width, _ = patch.shape
    columns, steps, white = coarse.shape[1], np.float32(step), bright * _3 * _FULL
    line, slope = np.empty((columns, _CARRIED), np.float32), np.empty((columns, _CARRIED), np.float32)
    here, shown, given = np.empty(_CARRIED, np.float32), np.empty(3, np.float32), np.empty(3, np.float32)
    for row in range(height):
        above, down = row // step, np.float32(row % step) / steps
        for column in range(columns):
            for k in range(_CARRIED):
                line[column, k] = coarse[above, column, k] * (_1 - down) + coarse[above + 1, column, k] * down
        for left in range(columns - 1):
            if line[left, 2] <= _0 and line[left + 1, 2] <= _0:
                continue
            for k in range(_CARRIED):
                slope[left, k] = (line[left + 1, k] - line[left, k]) / steps
            for column in range(left * step, min((left + 1) * step, width)):
                along = np.float32(column - left * step)
                share = line[left, 2] + slope[left, 2] * along
                share *= share * (_3 - _2 * share)
                light = np.float32(patch[row, column, 0])
                light += np.float32(patch[row, column, 1]) + np.float32(patch[row, column, 2])
                dark = min(max((_DARK - light / white) / _DARKER, _0), _1)
                share *= _1 - max(mouth[0, row, column], mouth[1, row, column] * dark)
                if share <= _0:
                    continue
                for k in range(_CARRIED):
                    here[k] = line[left, k] + slope[left, k] * along
                if len(hidden) > 1:
                    x = min(max((here[0] - chart[0]) * chart[2], _0), np.float32(hidden.shape[1] - 1))
                    y = min(max((here[1] - chart[1]) * chart[3], _0), np.float32(hidden.shape[0] - 1))
                    x0, y0 = min(np.int64(x), hidden.shape[1] - 2), min(np.int64(y), hidden.shape[0] - 2)
                    x, y = x - np.float32(x0), y - np.float32(y0)
                    upper = hidden[y0, x0] * (_1 - x) + hidden[y0, x0 + 1] * x
                    lower = hidden[y0 + 1, x0] * (_1 - x) + hidden[y0 + 1, x0 + 1] * x
                    share *= _1 - (upper * (_1 - y) + lower * y)
                x = min(max((here[0] + _HALF) * finer[0] - _HALF, _0), np.float32(picture.shape[1] - 1))
                y = min(max((here[1] + _HALF) * finer[1] - _HALF, _0), np.float32(picture.shape[0] - 1))
                x0, y0 = min(np.int64(x), picture.shape[1] - 2), min(np.int64(y), picture.shape[0] - 2)
                x, y = x - np.float32(x0), y - np.float32(y0)
                total, tone = _0, _0
                for k in range(3):
                    upper = picture[y0, x0, k] * (_1 - x) + picture[y0, x0 + 1, k] * x
                    lower = picture[y0 + 1, x0, k] * (_1 - x) + picture[y0 + 1, x0 + 1, k] * x
                    shown[k], given[k] = upper * (_1 - y) + lower * y, max(here[6 + k], _NO_LIGHT)
                    total, tone = total + shown[k], tone + given[k]
                part = min(max((total / tone - _BLACK) / _WIDTH, _0), _1)
                for k in range(3):
                    gain = _1 + (min(max(here[3 + k] / given[k], _LEAST), _MOST) - _1) * part
                    beyond = shown[k] - given[k]
                    lit = given[k] * gain + beyond * (min(gain, _1) if beyond > _0 else gain)
                    old = np.float32(patch[row, column, k])
                    patch[row, column, k] = np.uint8(old + (min(max(lit, _0), _1) * _FULL - old) * share + _HALF)


def _interpolated(layer: Layer, shape: tuple[int, ...]) -> Any:
    """Return what *layer* brings to each pixel (9, h, w).

    Interpolation softens the rims of the eyes as a lens would.
    """
    from torch.nn import functional

    coarse = layer.coarse.permute(2, 0, 1)[None]
    full = [(length - 1) * layer.step + 1 for length in coarse.shape[2:]]
    fine = functional.interpolate(coarse, full, mode="bilinear", align_corners=True)[0]
    return fine[:, : shape[0], : shape[1]]


def _hidden_at(hidden: Hidden, places: Any) -> Any:
    """Return how much is hidden at *places* (2, h, w), pixels of the donor's picture: (h, w)."""
    from torch.nn import functional

    low, per = (places.new_tensor(each) for each in (hidden.low, hidden.per))
    last = places.new_tensor(hidden.cells.shape[::-1]) - 1
    grid = (places.permute(1, 2, 0) - low) * per / last * 2 - 1
    cells = hidden.cells[None, None]
    return functional.grid_sample(cells, grid[None], padding_mode="border", align_corners=True)[0, 0]
