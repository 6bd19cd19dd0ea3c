"""Composite a donor's face into a patch of a frame: each pixel is looked up, relit and blended.

On a GPU each step is done for all pixels at once, in torch; on a CPU one loop does all steps for a pixel, five times
faster than torch would: most pixels of a patch need no step but the first.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.faces.coefficients import Floats
from avatar.faces.colour import BLACK, DARK, LEAST, MOST, SKIN, darkness, relit
from avatar.faces.compiled import compiled
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
    finer = np.array(picture.shape[1::-1]) / (donor.picture.shape[3], donor.picture.shape[2])
    hidden = layer.hidden or _NOTHING
    cells = np.asarray(hidden.cells, np.float32)
    _composite(
        patch, layer.coarse.numpy(), layer.step, picture, finer, layer.mouth, layer.bright, cells, hidden.low, hidden.per
    )


_NOTHING = Hidden(np.zeros((1, 1), np.float32), np.zeros(2, np.float32), np.zeros(2, np.float32))


@compiled
def _composite(  # noqa: PLR0913, PLR0917 - one loop over pixels, as compiled code is written
    patch: Pixels,
    coarse: Floats,
    step: int,
    picture: Floats,
    finer: NDArray[np.float64],
    mouth: Floats,
    bright: float,
    hidden: Floats,
    low: Floats,
    per: Floats,
) -> None:
    height, width, _ = patch.shape
    columns, carried = coarse.shape[1], coarse.shape[2]
    line, each, colour = np.empty((columns, carried)), np.empty(carried), np.empty(3)
    last_x, last_y = picture.shape[1] - 1.0, picture.shape[0] - 1.0
    for row in range(height):
        above, down = row // step, (row % step) / step
        for column in range(columns):
            for k in range(carried):
                line[column, k] = coarse[above, column, k] * (1 - down) + coarse[above + 1, column, k] * down
        for column in range(width):
            left, across = column // step, (column % step) / step
            fade = line[left, 2] * (1 - across) + line[left + 1, 2] * across
            if fade <= 0.0:
                continue
            head = patch[row, column]
            share = fade * fade * (3 - 2 * fade)
            ratio = (float(head[0]) + float(head[1]) + float(head[2])) / (3 * 255.0) / bright
            dark = min(max((DARK[1] - ratio) / (DARK[1] - DARK[0]), 0.0), 1.0)
            share *= 1 - max(mouth[0, row, column], mouth[1, row, column] * dark)
            if share <= 0.0:
                continue
            for k in range(carried):
                each[k] = line[left, k] * (1 - across) + line[left + 1, k] * across
            if len(hidden) > 1:
                x = min(max((each[0] - low[0]) * per[0], 0.0), hidden.shape[1] - 1.0)
                y = min(max((each[1] - low[1]) * per[1], 0.0), hidden.shape[0] - 1.0)
                x0, y0 = min(int(x), hidden.shape[1] - 2), min(int(y), hidden.shape[0] - 2)
                x, y = x - x0, y - y0
                top = hidden[y0, x0] * (1 - x) + hidden[y0, x0 + 1] * x
                share *= 1 - (top * (1 - y) + (hidden[y0 + 1, x0] * (1 - x) + hidden[y0 + 1, x0 + 1] * x) * y)
            x = min(max((each[0] + 0.5) * finer[0] - 0.5, 0.0), last_x)
            y = min(max((each[1] + 0.5) * finer[1] - 0.5, 0.0), last_y)
            x0, y0 = min(int(x), picture.shape[1] - 2), min(int(y), picture.shape[0] - 2)
            x, y = x - x0, y - y0
            shown, given = 0.0, 0.0
            for k in range(3):
                top = picture[y0, x0, k] * (1 - x) + picture[y0, x0 + 1, k] * x
                colour[k] = top * (1 - y) + (picture[y0 + 1, x0, k] * (1 - x) + picture[y0 + 1, x0 + 1, k] * x) * y
                each[6 + k] = max(each[6 + k], 1e-3)
                shown, given = shown + colour[k], given + each[6 + k]
            part = min(max((shown / given - BLACK) / (SKIN - BLACK), 0.0), 1.0)
            for k in range(3):
                tone = each[6 + k]
                gain = 1 + (min(max(each[3 + k] / tone, LEAST), MOST) - 1) * part
                beyond = colour[k] - tone
                lit = tone * gain + beyond * (min(gain, 1.0) if beyond > 0 else gain)
                old = float(head[k])
                head[k] = int(np.rint(old + (min(max(lit, 0.0), 1.0) * 255 - old) * share))


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
