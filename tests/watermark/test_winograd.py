"""Convolutions with fewer multiplications."""

import pytest
import torch
from torch.nn.functional import conv1d

from avatar.watermark.winograd import TAPS, convolved, prepared


@pytest.mark.parametrize("moments", [1, 3, 4, 5, 7, 8, 250])
def test_they_are_the_convolution_whatever_the_length(moments):
    torch.manual_seed(moments)
    value, weight = torch.randn(moments, 24), torch.randn(16, 24, TAPS) / (24 * TAPS) ** 0.5

    made = convolved(value, prepared(weight))

    direct = conv1d(value.T[None].double(), weight.double(), padding=TAPS // 2)[0].T
    assert made.shape == direct.shape
    assert (made - direct).abs().max() < 1e-4 * direct.abs().max()


def test_each_tap_reaches_the_moment_it_stands_for():
    value = torch.arange(1.0, 12.0)[:, None]

    for tap in range(TAPS):
        weight = torch.zeros(1, 1, TAPS)
        weight[0, 0, tap] = 1

        made = convolved(value, prepared(weight))[:, 0]

        places = torch.arange(11) + tap - TAPS // 2
        wanted = torch.where((places >= 0) & (places < 11), places + 1.0, 0.0)
        assert torch.allclose(made, wanted, atol=1e-4)
