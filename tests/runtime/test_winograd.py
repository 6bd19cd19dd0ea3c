"""Convolutions with fewer multiplications are the direct ones."""

import pytest
import torch
from torch.nn.functional import conv1d, conv2d

from avatar.runtime.winograd import TAPS_1D, conv1d_7, conv2d_3x3, transform_kernels_3x3, transform_kernels_7


@pytest.mark.parametrize("moments", [1, 3, 4, 5, 7, 8, 250])
def test_seven_taps_are_the_convolution_whatever_the_length(moments):
    torch.manual_seed(moments)
    value, weight = torch.randn(moments, 24), torch.randn(16, 24, TAPS_1D) / (24 * TAPS_1D) ** 0.5

    made = conv1d_7(value, transform_kernels_7(weight))

    direct = conv1d(value.T[None].double(), weight.double(), padding=TAPS_1D // 2)[0].T
    assert made.shape == direct.shape
    assert (made - direct).abs().max() < 1e-4 * direct.abs().max()


def test_each_tap_reaches_the_moment_it_stands_for():
    value = torch.arange(1.0, 12.0)[:, None]

    for tap in range(TAPS_1D):
        weight = torch.zeros(1, 1, TAPS_1D)
        weight[0, 0, tap] = 1

        made = conv1d_7(value, transform_kernels_7(weight))[:, 0]

        places = torch.arange(11) + tap - TAPS_1D // 2
        wanted = torch.where((places >= 0) & (places < 11), places + 1.0, 0.0)
        assert torch.allclose(made, wanted, atol=1e-4)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (6, 6), (10, 12), (9, 7), (16, 24)])
def test_nine_taps_are_the_convolution_whatever_the_size(height: int, width: int) -> None:
    source = torch.Generator().manual_seed(height)
    value = torch.randn(3, 8, height, width, generator=source).contiguous(memory_format=torch.channels_last)
    weight, bias = torch.randn(5, 8, 3, 3, generator=source) / 8, torch.randn(5, generator=source)

    made = conv2d_3x3(value, transform_kernels_3x3(weight), bias)

    assert float((made - conv2d(value, weight, bias, padding=1)).abs().max()) < 1e-4
