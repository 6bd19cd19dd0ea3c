"""Winograd convolutions (Lavin and Gray 2015) for processors: fewer multiplications for the same result.

A tile of the input and the kernel are each transformed to numbers whose products hold several outputs: polynomials are
multiplied by their values at some points (Toom and Cook). In float32 the results differ from those of a direct
convolution by some 1e-5 of their size.

``conv2d_3x3`` is F(4x4, 3x3): a quarter of the multiplications, and with 128 to 384 channels 1.3 to 1.9 times quicker;
with fewer channels the transforms cost more than they save, with more the kernels no longer fit the cache.
``conv1d_7`` is F(4, 7): 10 of 28 multiplications, and with 256 channels more than twice as quick.
"""

from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from torch import Tensor

TAPS_1D: Final = 7  # of the kernels that ``conv1d_7`` takes
_OUTPUTS: Final = 4  # that one tile makes, along each dimension

# The point at infinity comes on top of these.
_POINTS_3: Final = (Fraction(0), Fraction(1), Fraction(-1), Fraction(2), Fraction(-2))
# Small, and of both signs, so that little is lost in rounding.
_POINTS_7: Final = (*_POINTS_3, Fraction(1, 2), Fraction(-1, 2), Fraction(4, 3), Fraction(-4, 3))


def transform_kernels_3x3(weight: "Tensor") -> "Tensor":
    """Return the kernels *weight* (outputs, inputs, 3, 3) as ``conv2d_3x3`` takes them: (36, inputs, outputs)."""
    import torch

    _, kernel, _ = _transforms(_POINTS_3, 3)
    made = torch.einsum("ai,bj,ocij->abco", kernel, kernel, weight.double())
    return made.reshape(len(kernel) ** 2, weight.shape[1], weight.shape[0]).float().contiguous()


def conv2d_3x3(value: "Tensor", kernels: "Tensor", bias: "Tensor") -> "Tensor":
    """Return *value* (n, inputs, h, w) convolved with *kernels*, plus *bias*: (n, outputs, h, w), zeros around it."""
    from torch.nn.functional import pad

    count, inputs, height, width = value.shape
    down, across = -(-height // _OUTPUTS), -(-width // _OUTPUTS)
    padding = (0, 0, 1, across * _OUTPUTS + 1 - width, 1, down * _OUTPUTS + 1 - height)
    padded = pad(value.permute(0, 2, 3, 1), padding)
    image, row, column, channel = padded.stride()
    into, back = _transforms_2d()
    tile = _OUTPUTS + 2
    tiles = padded.as_strided(
        (tile, tile, count, down, across, inputs), (row, column, image, _OUTPUTS * row, _OUTPUTS * column, channel)
    )
    products = (into @ tiles.reshape(tile * tile, -1)).view(tile * tile, -1, inputs).bmm(kernels)
    made = (back @ products.view(tile * tile, -1)).view(_OUTPUTS, _OUTPUTS, count, down, across, -1)
    whole = made.permute(2, 3, 0, 4, 1, 5).reshape(count, down * _OUTPUTS, across * _OUTPUTS, -1)
    return (whole[:, :height, :width] + bias).permute(0, 3, 1, 2)


def transform_kernels_7(weight: "Tensor") -> "Tensor":
    """Return the kernels *weight* (outputs, inputs, 7) as ``conv1d_7`` takes them: (10, inputs, outputs)."""
    import torch

    _, kernel, _ = _transforms(_POINTS_7, TAPS_1D)
    return torch.einsum("pt,oit->pio", kernel, weight.double()).float().contiguous()


def conv1d_7(value: "Tensor", kernels: "Tensor") -> "Tensor":
    """Return *value* (moments, inputs) convolved with *kernels*: (moments, outputs), zeros around it."""
    from torch.nn.functional import pad

    count, inputs = value.shape
    tiles, tile = -(-count // _OUTPUTS), _OUTPUTS + TAPS_1D - 1
    padded = pad(value, (0, 0, TAPS_1D // 2, tiles * _OUTPUTS + TAPS_1D // 2 - count))
    into, _, back = _transforms(_POINTS_7, TAPS_1D)
    seen = padded.as_strided((tile, tiles, inputs), (inputs, _OUTPUTS * inputs, 1)).reshape(tile, -1)
    products = (into @ seen).view(tile, tiles, inputs).bmm(kernels)
    made = (back @ products.view(tile, -1)).view(_OUTPUTS, tiles, -1)
    return made.transpose(0, 1).reshape(tiles * _OUTPUTS, -1)[:count]


@cache
def _transforms_2d() -> "tuple[Tensor, Tensor]":
    """Return the transforms of square tiles to products (36, 36) and back to outputs (16, 36)."""
    import torch

    into, _, back = _transforms(_POINTS_3, 3)
    return torch.kron(into, into), torch.kron(back, back)


@cache
def _transforms(points: tuple[Fraction, ...], taps: int) -> "tuple[Tensor, Tensor, Tensor]":
    """Return the transforms of tiles (n, n), of kernels (n, *taps*; float64), and of products to outputs (4, n).

    n is one more than there are *points*: infinity is one too.
    """
    import torch

    into, kernel = [], []
    for point in points:  # a polynomial that is zero at each other point; the kernel makes up for what it is here
        others = _with_zeros(other for other in points if other != point)
        here = sum((factor * point**power for power, factor in enumerate(others)), Fraction(0))
        into.append([*others, Fraction(0)])
        kernel.append([point**tap / here for tap in range(taps)])
    into.append(_with_zeros(points))  # at infinity only the highest power counts
    kernel.append([Fraction(tap == taps - 1) for tap in range(taps)])
    back = [[*(point**power for point in points), Fraction(power == _OUTPUTS - 1)] for power in range(_OUTPUTS)]
    return (
        torch.tensor([[float(each) for each in row] for row in into]),
        torch.tensor([[float(each) for each in row] for row in kernel], dtype=torch.float64),
        torch.tensor([[float(each) for each in row] for row in back]),
    )


def _with_zeros(zeros: Iterable[Fraction]) -> list[Fraction]:
    """Return the factors, lowest power first, of the polynomial that is zero at *zeros*."""
    factors = [Fraction(1)]
    for zero in zeros:
        factors = [
            higher - zero * lower
            for higher, lower in zip([Fraction(0), *factors], [*factors, Fraction(0)], strict=True)
        ]
    return factors
