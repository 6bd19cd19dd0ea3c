"""A face composited pixel by pixel is the one that a graphics card composites all at once."""

import numpy as np
import pytest
import torch

from avatar.faces.features.eyes import correct_lower_lids
from avatar.faces.swap import composite, mesh_face_swapper
from avatar.faces.swap.composite import CompositeLayer, OcclusionMap, composite_cpu, composite_gpu
from avatar.faces.swap.mesh_face_swapper import MeshFaceSwapper
from avatar.faces.swap.source_face import SourceFace


@pytest.fixture(scope="module")
def donor(landmarker, picture):
    return SourceFace.of(picture("ben"), landmarker.single_face(picture("ben")))


def layer_of(monkeypatch, donor, landmarker, rgb, scale) -> CompositeLayer:
    """Return what a transplant would composite into *rgb*."""
    kept: list[CompositeLayer] = []
    monkeypatch.setattr(mesh_face_swapper, "composite", lambda _patch, _donor, layer: kept.append(layer))
    MeshFaceSwapper(donor).swap(rgb, correct_lower_lids(landmarker.single_face(rgb)) * np.float32(scale), filmed=False)
    return kept[0]


@pytest.mark.parametrize("scale", [1, 0.37])
@pytest.mark.parametrize("name", ["ava", "ava_aa", "ava_blink", "ava_yaw_p12"])
@pytest.mark.parametrize("hiding", [False, True])
def test_a_processor_and_a_graphics_card_composite_the_same(
    monkeypatch, donor, landmarker, picture, name, scale, hiding
):
    rgb = picture(name)
    layer = layer_of(monkeypatch, donor, landmarker, rgb, scale)
    if hiding:
        low, high = donor.landmarks[:, :2].min(axis=0), donor.landmarks[:, :2].max(axis=0)
        cells = np.linspace(0, 1, 64 * 64, dtype=np.float32).reshape(64, 64)
        hidden = OcclusionMap(torch.from_numpy(cells), low, 63 / (high - low))
        layer = CompositeLayer(layer.coarse, layer.step, layer.eye_distance, layer.mouth, layer.skin_brightness, hidden)

    one, other = rgb.copy(), rgb.copy()
    composite_cpu(one, donor, layer)
    composite_gpu(torch.from_numpy(other), donor, layer)

    assert np.abs(one.astype(int) - other).max() <= 1
    assert (one != other).mean() < 0.01
    assert (one != rgb).any()


def test_what_is_wholly_hidden_stays_as_it_is(monkeypatch, donor, landmarker, picture):
    rgb = picture("ava")
    layer = layer_of(monkeypatch, donor, landmarker, rgb, 1)
    everywhere = OcclusionMap(np.ones((64, 64), np.float32), np.zeros(2, np.float32), np.ones(2, np.float32))

    patch = rgb.copy()
    composite.composite(
        patch,
        donor,
        CompositeLayer(layer.coarse, layer.step, layer.eye_distance, layer.mouth, layer.skin_brightness, everywhere),
    )

    assert np.array_equal(patch, rgb)
