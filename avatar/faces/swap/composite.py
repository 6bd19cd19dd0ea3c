"""Composite a donor's face into a patch of a frame: each pixel is looked up, relit and blended.

On a GPU each step is done for all pixels at once, in torch; on a CPU one loop does all steps for a pixel, five times
faster than torch would: most pixels of a patch need no step but the first.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.faces.drawing.color_transfer import (
    FULL_TRANSFER_BRIGHTNESS,
    MAX_GAIN,
    MAX_MOUTH_BRIGHTNESS,
    MIN_GAIN,
    MIN_LIP_BRIGHTNESS,
    NO_TRANSFER_BRIGHTNESS,
    darkness,
    transfer_color,
)
from avatar.faces.geometry.blendshapes import Floats
from avatar.faces.swap.source_face import SourceFace
from avatar.media.frames import Pixels
from avatar.runtime.jit import jit_part, lazy_njit


@dataclass(frozen=True, eq=False)
class OcclusionMap:
    """How much of a face is hidden: *cells* (n, n) of a chart whose first cell lies at *low* (x, y) of the donor's.

    *per* (x, y) is how many cells there are to a pixel of the donor's picture.
    """

    cells: Any
    origin: NDArray[np.float32]
    cells_per_pixel: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class CompositeLayer:
    """What a donor's face brings to a patch, every *step* pixels: *coarse* (rows, columns, 9).

    These are the place in the donor's picture (2), the share of it that is seen, and the tones wanted and given (3, 3).
    *mouth* (2, h, w) is that of ``blend_mask``, *skin_brightness* that of the head (0 to 1).
    """

    coarse: Any
    step: int
    eye_distance: float
    mouth: Floats
    skin_brightness: float
    occlusion: OcclusionMap | None = None


def composite(patch: Any, donor: SourceFace, layer: CompositeLayer) -> None:
    """Blend *layer* of *donor* into *patch* (h, w, 3), in place: an array, or a tensor on the device of *donor*."""
    way = composite_cpu if isinstance(patch, np.ndarray) else composite_gpu
    way(patch, donor, layer)


def composite_gpu(patch: Any, donor: SourceFace, layer: CompositeLayer) -> None:
    """Composite *donor* into *patch* (h, w, 3) in place, as ``composite`` does, in torch on the device of *patch*."""
    import torch

    head, spread = patch.permute(2, 0, 1).float() / 255, _upsample_layer(layer, patch.shape[:2])
    face = transfer_color(donor.sample(spread[:2], layer.eye_distance), spread[3:6], spread[6:9])
    share = spread[2] * spread[2] * (3 - 2 * spread[2])
    opening, around = torch.from_numpy(layer.mouth).to(donor.device)
    share = share * (1 - opening.maximum(around * darkness(head, layer.skin_brightness)))
    if layer.occlusion:
        share = share * (1 - _sample_occlusion(layer.occlusion, spread[:2]))
    mixed = torch.lerp(head, face, share)
    patch.copy_((mixed * 255).round().byte().permute(1, 2, 0))


def composite_cpu(patch: Pixels, donor: SourceFace, layer: CompositeLayer) -> None:
    """Composite *donor* into *patch* (h, w, 3) in place, as ``composite`` does, pixel by pixel on the CPU."""
    picture = donor.mipmap(layer.eye_distance)
    height, width = donor.picture.shape[2:]
    finer = np.array([picture.shape[1] / width, picture.shape[0] / height], np.float32)
    hidden = layer.occlusion or _NO_OCCLUSION
    cells, chart = (
        np.asarray(hidden.cells, np.float32),
        np.concatenate([hidden.origin, hidden.cells_per_pixel]).astype(np.float32),
    )
    bright = np.float32(layer.skin_brightness)
    coarse = np.ascontiguousarray(layer.coarse.numpy().transpose(2, 0, 1))
    _composite(patch, coarse, layer.step, picture, finer, layer.mouth, bright, cells, chart)


_NO_OCCLUSION = OcclusionMap(np.zeros((1, 1), np.float32), np.zeros(2, np.float32), np.zeros(2, np.float32))

_ATTRIBUTES = 9  # of a vertex: texture coordinates, share, tones wanted and given
_TEXELS = 12  # four neighbours of three channels
# Single precision, as torch has it: the loop is a third faster for it.
_0, _0_5, _1, _2, _3, _255 = (np.float32(number) for number in (0, 0.5, 1, 2, 3, 255))
_NO_TRANSFER = np.float32(NO_TRANSFER_BRIGHTNESS)
_TRANSFER_RANGE = np.float32(FULL_TRANSFER_BRIGHTNESS - NO_TRANSFER_BRIGHTNESS)
_MIN_GAIN = np.float32(MIN_GAIN)
_MAX_GAIN = np.float32(MAX_GAIN)
_LIP_BRIGHTNESS = np.float32(MIN_LIP_BRIGHTNESS)
_MOUTH_RANGE = np.float32(MIN_LIP_BRIGHTNESS - MAX_MOUTH_BRIGHTNESS)
_MIN_TONE = np.float32(1e-3)


@jit_part
def _interpolate_rows(coarse: Floats, above: int, low: np.float32, nodes: Floats) -> None:
    """Write to *nodes* (attributes, columns) what lies *low* (0 to 1) between two rows of *coarse*."""
    for k in range(_ATTRIBUTES):
        upper, lower, line = coarse[k, above], coarse[k, above + 1], nodes[k]
        for column in range(len(line)):
            line[column] = upper[column] * (_1 - low) + lower[column] * low


@jit_part
def _visible_span(shares: Floats) -> tuple[int, int]:
    """Return the first and the last column that is needed where *shares* (columns,) of the face are above zero."""
    first, last = len(shares), 0
    for column in range(len(shares)):
        if shares[column] > _0:
            first, last = min(first, column), max(last, column)
    return max(first - 1, 0), min(last + 1, len(shares) - 1)


@jit_part
def _interpolate_columns(nodes: Floats, first: int, along: np.float32, count: int, here: Floats) -> None:
    """Write to *here* what lies *along* (0 to 1) between each of *count* nodes from *first* on and the next."""
    for k in range(_ATTRIBUTES):
        left, right, line = nodes[k, first:], nodes[k, first + 1 :], here[k]
        for i in range(count):
            line[i] = left[i] + (right[i] - left[i]) * along


@jit_part
def _blend_shares(  # noqa: PLR0913, PLR0917 - arrays, as compiled code takes them
    here: Floats, old: Floats, opening: Floats, around: Floats, white: np.float32, count: int, share: Floats
) -> None:
    """Write to *share* how much of the face is seen: less inside an open mouth, and in the dark around it."""
    here_share, red, green, blue = here[2], old[0], old[1], old[2]
    for i in range(count):
        part = here_share[i] * here_share[i] * (_3 - _2 * here_share[i])
        dark = min(max((_LIP_BRIGHTNESS - (red[i] + green[i] + blue[i]) / white) / _MOUTH_RANGE, _0), _1)
        share[i] = part * (_1 - max(opening[i], around[i] * dark))


@jit_part
def _subtract_occlusion(hidden: Floats, chart: Floats, here: Floats, count: int, share: Floats) -> None:
    """Take from *share* what the map *hidden* (rows, columns; at least two each) says is covered."""
    here_x, here_y = here[0], here[1]
    for i in range(count):
        x = min(max((here_x[i] - chart[0]) * chart[2], _0), np.float32(hidden.shape[1] - 1))
        y = min(max((here_y[i] - chart[1]) * chart[3], _0), np.float32(hidden.shape[0] - 1))
        x0, y0 = min(np.int64(x), hidden.shape[1] - 2), min(np.int64(y), hidden.shape[0] - 2)
        x, y = x - np.float32(x0), y - np.float32(y0)
        first_row = hidden[y0, x0] * (_1 - x) + hidden[y0, x0 + 1] * x
        second_row = hidden[y0 + 1, x0] * (_1 - x) + hidden[y0 + 1, x0 + 1] * x
        share[i] *= _1 - (first_row * (_1 - y) + second_row * y)


@jit_part
def _sample_bilinear(  # noqa: PLR0913, PLR0917 - arrays, as compiled code takes them
    picture: Floats, across: Floats, down: Floats, count: int, texels: Floats, lit: Floats
) -> None:
    """Write to *lit* (3, columns) the colours of *picture* at *across* and *down*, which become fractions.

    The neighbours are gathered for all first, so that the loop that computes takes many at once.
    """
    flat, wide = picture.reshape(-1), 3 * picture.shape[1]
    for i in range(count):
        x0, y0 = min(np.int64(across[i]), picture.shape[1] - 2), min(np.int64(down[i]), picture.shape[0] - 2)
        across[i], down[i] = across[i] - np.float32(x0), down[i] - np.float32(y0)
        at = np.uint64(y0 * wide + 3 * x0)
        for k in range(6):
            texels[k, i], texels[6 + k, i] = flat[at + np.uint64(k)], flat[at + np.uint64(wide + k)]
    for k in range(3):
        one, two, three, four, line = texels[k], texels[3 + k], texels[6 + k], texels[9 + k], lit[k]
        for i in range(count):
            top = one[i] * (_1 - across[i]) + two[i] * across[i]
            bottom = three[i] * (_1 - across[i]) + four[i] * across[i]
            line[i] = top * (_1 - down[i]) + bottom * down[i]


@jit_part
def _transfer_and_blend(here: Floats, lit: Floats, share: Floats, count: int, amount: Floats, old: Floats) -> None:  # noqa: PLR0913, PLR0917 - arrays, as compiled code takes them
    """Relight the colours *lit* by the tones in *here*, and blend them into *old* (0 to 255, half added) by *share*."""
    shown_red, shown_green, shown_blue = lit[0], lit[1], lit[2]
    given_red, given_green, given_blue = here[6], here[7], here[8]
    for i in range(count):
        tone = max(given_red[i], _MIN_TONE) + max(given_green[i], _MIN_TONE) + max(given_blue[i], _MIN_TONE)
        total = shown_red[i] + shown_green[i] + shown_blue[i]
        amount[i] = min(max((total / tone - _NO_TRANSFER) / _TRANSFER_RANGE, _0), _1)
    for k in range(3):
        shown, wanted, given, before = lit[k], here[3 + k], here[6 + k], old[k]
        for i in range(count):
            tone = max(given[i], _MIN_TONE)
            gain = _1 + (min(max(wanted[i] / tone, _MIN_GAIN), _MAX_GAIN) - _1) * amount[i]
            beyond = shown[i] - tone
            relit = tone * gain + beyond * (min(gain, _1) if beyond > _0 else gain)
            now = min(max(relit, _0), _1) * _255
            before[i] = before[i] + (now - before[i]) * share[i] + _0_5


@lazy_njit
def _composite(  # noqa: PLR0913, PLR0917 - arrays, as compiled code takes them
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
    """Do it row by row, and of a row every *step*-th pixel at a time: these lie alike between two of *coarse*."""
    height, width, _ = patch.shape
    columns, steps, white = coarse.shape[2], np.float32(step), bright * _3 * _255
    last_x, last_y = np.float32(picture.shape[1] - 1), np.float32(picture.shape[0] - 1)
    nodes, here = np.empty((_ATTRIBUTES, columns), np.float32), np.empty((_ATTRIBUTES, columns), np.float32)
    texels, lit = np.empty((_TEXELS, columns), np.float32), np.empty((3, columns), np.float32)
    old, opening, around = (
        np.empty((3, columns), np.float32),
        np.empty(columns, np.float32),
        np.empty(columns, np.float32),
    )
    across, down, share = np.empty(columns, np.float32), np.empty(columns, np.float32), np.empty(columns, np.float32)
    for row in range(height):
        _interpolate_rows(coarse, row // step, np.float32(row % step) / steps, nodes)
        first, last = _visible_span(nodes[2])
        for phase in range(step):
            count = min(last - first, (width - phase - 1) // step + 1 - first)
            if count <= 0:
                continue
            start = first * step + phase
            _interpolate_columns(nodes, first, np.float32(phase) / steps, count, here)
            for i in range(count):
                column = start + i * step
                opening[i], around[i] = mouth[0, row, column], mouth[1, row, column]
                for k in range(3):
                    old[k, i] = np.float32(patch[row, column, k])
            _blend_shares(here, old, opening, around, white, count, share)
            for i in range(count):
                across[i] = min(max((here[0, i] + _0_5) * finer[0] - _0_5, _0), last_x)
                down[i] = min(max((here[1, i] + _0_5) * finer[1] - _0_5, _0), last_y)
            if len(hidden) > 1:
                _subtract_occlusion(hidden, chart, here, count, share)
            _sample_bilinear(picture, across, down, count, texels, lit)
            _transfer_and_blend(here, lit, share, count, across, old)
            for i in range(count):
                for k in range(3):
                    patch[row, start + i * step, k] = np.uint8(old[k, i])


def _upsample_layer(layer: CompositeLayer, shape: tuple[int, ...]) -> Any:
    """Return what *layer* brings to each pixel (9, h, w).

    Interpolation softens the rims of the eyes as a lens would.
    """
    from torch.nn import functional

    coarse = layer.coarse.permute(2, 0, 1)[None]
    full = [(length - 1) * layer.step + 1 for length in coarse.shape[2:]]
    fine = functional.interpolate(coarse, full, mode="bilinear", align_corners=True)[0]
    return fine[:, : shape[0], : shape[1]]


def _sample_occlusion(hidden: OcclusionMap, places: Any) -> Any:
    """Return how much is hidden at *places* (2, h, w), pixels of the donor's picture: (h, w)."""
    from torch.nn import functional

    low, per = (places.new_tensor(each) for each in (hidden.origin, hidden.cells_per_pixel))
    last = places.new_tensor(hidden.cells.shape[::-1]) - 1
    grid = (places.permute(1, 2, 0) - low) * per / last * 2 - 1
    cells = hidden.cells[None, None]
    return functional.grid_sample(cells, grid[None], padding_mode="border", align_corners=True)[0, 0]
