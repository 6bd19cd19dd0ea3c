"""Stored networks compute what their operators mean."""

import numpy as np
import pytest
import torch

from avatar.errors import WeightsError
from avatar.models.tflite import TfliteNetwork, _same


@pytest.mark.parametrize(
    ("length", "size", "stride", "expected"), [(64, 5, 2, (1, 2)), (96, 3, 1, (1, 1)), (8, 2, 2, (0, 0))]
)
def test_same_padding_puts_the_odd_pixel_last(length, size, stride, expected):
    assert _same(length, size, stride) == expected


def test_a_batch_gives_what_its_pictures_give_alone(landmarker):
    pictures = torch.from_numpy(np.random.default_rng(0).random((3, 3, 192, 192), np.float32))

    together, _ = landmarker.mesh(pictures)
    alone = torch.cat([landmarker.mesh(picture[None])[0] for picture in pictures])

    assert torch.allclose(together, alone, atol=1e-3)


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "graph.tflite"
    path.write_bytes(b"something else entirely")

    with pytest.raises(WeightsError) as caught:
        TfliteNetwork(path)

    assert caught.value.code == "weights.format"
