"""LivePortrait's networks, read from files like the public ones; their points, and the square that they look at."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from avatar.errors import WeightsError
from avatar.faces.animate.animator import Gesture
from avatar.faces.geometry.blendshapes import coefficients
from avatar.faces.geometry.rig import Pose, Rig
from avatar.faces.liveportrait.checkpoint import (
    APPEARANCE,
    CHECKPOINT_FILES,
    GENERATOR,
    MOTION,
    RETARGETING,
    WARPING,
    build_networks,
    load_network,
    tensor_shapes,
)
from avatar.faces.liveportrait.crop import HeadCrop, blend_weights, paste_back
from avatar.faces.liveportrait.expression import expression, eye_open_ratios, lip_open_ratio
from avatar.faces.liveportrait.keypoints import ANGLE_BINS, HeadKeypoints, decode_degrees, rotation_matrix
from avatar.media.frames import Format
from tests.data.liveportrait.make import given as given_to_networks
from tests.data.liveportrait.make import probed
from tests.faces.liveportrait_models import DATA, in_parts, public_model, public_shapes, random_tensors

__all__ = ["public_model"]  # a fixture

GOLDEN = json.loads((DATA / "drawn.json").read_text())


def saved(folder: Path, file: str, tensors: dict[str, Any]) -> Path:
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    torch.save(tensors, folder / file)
    return folder


# -- the networks


def test_every_tensor_has_its_public_name_and_shape() -> None:
    public = public_shapes()

    assert tuple(public) == CHECKPOINT_FILES
    assert {file: tensor_shapes(file, network) for file, network in build_networks().items()} == public


def near(made: Any, name: str) -> bool:
    """Whether *made* has the numbers of the public code, to rounding."""
    wanted = np.array(GOLDEN[name])
    return bool(np.allclose(probed(made), wanted, rtol=1e-3, atol=1e-3 * float(np.abs(wanted).max())))


def test_the_small_networks_make_what_the_public_code_makes(tmp_path: Path) -> None:
    folder = saved(tmp_path, RETARGETING, in_parts(random_tensors(RETARGETING)))
    saved(tmp_path, APPEARANCE, random_tensors(APPEARANCE))
    small, look = (load_network(file, build_networks()[file], folder, "cpu") for file in (RETARGETING, APPEARANCE))
    picture, points, moved, lips, eyes = given_to_networks()

    with torch.inference_mode():
        assert near(look(picture), "appearance")
        assert near(small.lips(points, lips), "mouth")
        assert near(small.eyes(points, eyes), "eye")
        stitched = small.stitch(points, moved) - moved
        raw = small.retarget_shoulder(torch.cat([points.flatten(1), moved.flatten(1)], dim=1))
    assert near(raw, "shoulder")
    assert torch.allclose(stitched[0, :, 2], raw[0, 2:63:3], atol=1e-6)
    assert torch.allclose(stitched[0, :, 0], raw[0, 0:63:3] + raw[0, 63], atol=1e-6)
    assert torch.allclose(stitched[0, :, 1], raw[0, 1:63:3] + raw[0, 64], atol=1e-6)


@pytest.mark.slow
@pytest.mark.timeout(900)  # half a gigabyte of weights, on a machine that may be busy
def test_the_large_networks_make_what_the_public_code_makes(public_model: Path) -> None:
    nets = build_networks()
    folder = public_model / "liveportrait"
    look, read, warp, draw = (
        load_network(file, nets[file], folder, "cpu") for file in (APPEARANCE, MOTION, WARPING, GENERATOR)
    )
    picture, points, moved, _, _ = given_to_networks()

    with torch.inference_mode():
        assert all(near(value, f"motion {name}") for name, value in read(picture).items())
        source = warp.source(look(picture), points)
        both = warp(source, torch.cat([points, moved]))
        alone = warp(source, moved)
        assert near(alone, "warping")
        assert near(draw(alone), "generator")
    assert torch.allclose(both[1:], alone, atol=1e-5), "frames of a batch know nothing of each other"
    assert (both[0] - both[1]).abs().max() > 0.01


def test_a_bound_weight_is_divided_by_its_largest_stretch() -> None:
    from torch.nn.utils import spectral_norm

    from avatar.faces.liveportrait.checkpoint import _fold_spectral_norm

    torch.manual_seed(1)
    layer = spectral_norm(torch.nn.Conv2d(5, 7, 3))
    layer(torch.rand(1, 5, 8, 8))
    layer.eval()
    given, stored = torch.rand(1, 5, 8, 8), layer.state_dict()

    plain = torch.nn.Conv2d(5, 7, 3)
    plain.load_state_dict(_fold_spectral_norm(stored, plain.state_dict()))

    assert torch.allclose(plain(given), layer(given), atol=1e-6)


def test_a_checkpoint_in_half_precision_of_several_gpus_with_more_in_it_is_read(tmp_path: Path) -> None:
    tensors = random_tensors(APPEARANCE)
    halved = {f"module.{name}": each.half() if each.is_floating_point() else each for name, each in tensors.items()}
    folder = saved(tmp_path, APPEARANCE, {**halved, "epoch": torch.tensor(3)})

    network = load_network(APPEARANCE, build_networks()[APPEARANCE], folder, "cpu")

    assert network.second.weight.dtype == torch.float32
    assert torch.allclose(network.second.weight, tensors["second.weight"], atol=1e-3)
    assert not network.training


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"first.conv.weight": torch.zeros(1)}, "weights.other-network"),
        ({**random_tensors(APPEARANCE), "second.bias": torch.zeros(7)}, "weights.other-network"),
        ([torch.zeros(1)], "weights.other-network"),
        (print, "weights.unreadable"),
    ],
    ids=["lacks tensors", "another shape", "no names", "code"],
)
def test_other_files_are_refused(tmp_path: Path, content: Any, code: str) -> None:
    with pytest.raises(WeightsError, match=r"appearance_feature_extractor\.pth") as refusal:
        load_network(APPEARANCE, build_networks()[APPEARANCE], saved(tmp_path, APPEARANCE, content), "cpu")

    assert refusal.value.code == code


def test_a_file_without_its_parts_is_refused(tmp_path: Path) -> None:
    parts = in_parts(random_tensors(RETARGETING))
    del parts["retarget_eye"]

    with pytest.raises(WeightsError, match=r"retarget_eye\.mlp\.0\.weight among them") as refusal:
        load_network(RETARGETING, build_networks()[RETARGETING], saved(tmp_path, RETARGETING, parts), "cpu")

    assert refusal.value.code == "weights.other-network"


# -- points


def test_an_angle_is_the_mean_of_its_bins_of_3_degrees() -> None:
    logits = torch.full((3, ANGLE_BINS), -100.0)
    logits[0, 0] = logits[1, -1] = 0.0
    logits[2, [32, 33]] = 0.0

    assert torch.allclose(decode_degrees(logits), torch.tensor([-97.5, 97.5, 0.0]), atol=1e-4)


@given(st.tuples(*[st.floats(-60, 60)] * 3))
def test_heads_turn_as_ours_do_but_for_left_and_right(degrees: tuple[float, float, float]) -> None:
    pitch, yaw, roll = degrees

    ours = Pose.from_degrees(np.array(degrees, np.float32), np.zeros(3, np.float32)).rotation
    theirs = rotation_matrix(torch.tensor([[pitch, -yaw, roll]], dtype=torch.float64))[0]

    assert np.allclose(ours, theirs, atol=1e-5)


def head() -> HeadKeypoints:
    source = torch.Generator().manual_seed(3)
    return HeadKeypoints(
        torch.randn(1, 21, 3, generator=source) * 0.3,
        torch.tensor([[4.0, -7.0, 2.0]]),
        torch.randn(1, 21, 3, generator=source) * 0.02,
        torch.tensor([[1.3]]),
        torch.tensor([[0.1, -0.2, 0.5]]),
    )


def test_points_are_turned_then_expressed_then_scaled_then_shifted_in_the_picture_only() -> None:
    given = head()

    points = given.points()[0]

    rotation = rotation_matrix(given.degrees)[0]
    for index in range(21):
        wanted = 1.3 * (rotation @ given.canonical[0, index] + given.expression[0, index]) + torch.tensor(
            [0.1, -0.2, 0]
        )
        assert torch.allclose(points[index], wanted, atol=1e-6)


def test_a_head_that_is_not_moved_stays_and_one_that_is_moves_as_asked() -> None:
    given = head()
    none, some = torch.zeros(2, 3), torch.zeros(2, 21, 3)

    assert torch.equal(given.displaced(none, none[:, :2], some).points(), given.points().expand(2, 21, 3))
    shifted = given.displaced(none, torch.tensor([[0.0, 0.0], [0.3, -0.1]]), some).points()
    assert torch.allclose(shifted[1] - shifted[0], torch.tensor([0.3, -0.1, 0.0]).expand(21, 3), atol=1e-6)


# -- expression


def gesture(**weights: float) -> Gesture:
    gaze = np.array([weights.pop("right", 0.0), weights.pop("down", 0.0)], np.float32)
    return Gesture(coefficients(**weights), np.zeros(3, np.float32), gaze, 0.0)


def test_a_face_at_rest_moves_no_point_and_others_move_theirs() -> None:
    still, smiling, looking, saying_a = expression(
        [gesture(), gesture(mouthSmile=1.0), gesture(right=0.1, down=-0.05), gesture(jawOpen=0.3)]
    )

    assert not still.any()
    assert not saying_a.any(), "an open jaw is the lip network's to show"
    assert smiling[14, 1] < -0.01, "the corners of the mouth go up"
    assert smiling[20, 1] < 0
    assert np.flatnonzero(np.abs(looking).sum(axis=1)).tolist() == [11, 15]
    assert np.allclose(looking[11], looking[15])
    assert looking[11, 0] > 0 > looking[11, 1]


def test_lips_and_eyes_open_by_height_and_width_whatever_the_size(landmarker: Any, picture: Any) -> None:
    rest = landmarker.single_face(picture("ava"))
    open_mouth = landmarker.single_face(picture("ava_aa"))

    assert lip_open_ratio(rest) < 0.08 < 0.15 < lip_open_ratio(open_mouth) < 1.0
    assert np.all((eye_open_ratios(rest) > 0.15) & (eye_open_ratios(rest) < 0.6))
    assert np.isclose(lip_open_ratio(open_mouth * 3), lip_open_ratio(open_mouth))


def test_a_blink_closes_the_eyes_and_p_the_lips(landmarker: Any, picture: Any) -> None:
    rig = Rig.of(landmarker.single_face(picture("ben")))

    openings = [eye_open_ratios(rig.apply_blendshapes(coefficients(eyeBlink=much))).mean() for much in (0, 0.5, 1)]
    assert openings[0] > openings[1] > openings[2]
    assert openings[2] < 0.05
    gaps = [lip_open_ratio(rig.apply_blendshapes(coefficients(jawOpen=much))) for much in (0, 0.1, 0.3)]
    assert gaps[0] < gaps[1] < gaps[2]


# -- the square


@pytest.fixture
def square(landmarker: Any, picture: Any) -> HeadCrop:
    return HeadCrop.around(landmarker.single_face(picture("ava")))


def test_the_head_is_upright_in_its_square_and_takes_a_share_of_it(
    square: HeadCrop, landmarker: Any, picture: Any
) -> None:
    rgb = picture("ava")
    turn = cv2.getRotationMatrix2D((256, 256), 17, 1.0)
    tilted = HeadCrop.around(landmarker.single_face(np.ascontiguousarray(cv2.warpAffine(rgb, turn, (512, 512)))))

    straight, again = square.extract(rgb, 256), tilted.extract(cv2.warpAffine(rgb, turn, (512, 512)), 256)

    inner = slice(60, 200)
    assert np.abs(straight[inner, inner].astype(int) - again[inner, inner]).mean() < 12
    assert np.isclose(np.linalg.det(square.affine[:, :2]), (2 / square.side) ** 2)
    face = landmarker.single_face(rgb)
    eyes = face[[33, 263], :2] @ square.affine[:, :2].T + square.affine[:, 2]
    assert np.isclose(eyes[0, 1], eyes[1, 1], atol=0.05)
    assert -0.2 < eyes[:, 1].mean() < 0.1
    assert 0.35 < eyes[1, 0] - eyes[0, 0] < 0.7


@pytest.mark.parametrize("scale", [1, 2])
def test_what_is_cut_is_laid_back_where_it_was(square: HeadCrop, picture: Any, scale: int) -> None:
    rgb = cv2.GaussianBlur(picture("ava"), (0, 0), 2)
    size = 512 // scale
    small = cv2.resize(rgb, (size, size), interpolation=cv2.INTER_AREA)
    box = square.box(scale, Format(size, size, Fraction(25)))
    grid = square.grid(box, scale)
    base = torch.from_numpy(small[box.top : box.bottom, box.left : box.right].copy()).permute(2, 0, 1) / 255
    drawn = torch.from_numpy(square.extract(rgb, 512)).permute(2, 0, 1)[None] / 255
    share = torch.from_numpy(blend_weights(grid))

    laid_back = paste_back(drawn, base, share, torch.from_numpy(grid), square.side / scale)[0].numpy()
    marked = paste_back(1 - drawn, base, share, torch.from_numpy(grid), square.side / scale)[0].numpy()

    given = small[box.top : box.bottom, box.left : box.right].astype(int)
    assert np.abs(laid_back - given).mean() < 0.7
    assert np.abs(laid_back - given).max() < 12
    assert np.abs(marked - given)[blend_weights(grid) > 0.99].mean() > 40
    assert np.array_equal(marked[blend_weights(grid) == 0], given[blend_weights(grid) == 0])


def test_the_share_fades_to_nothing_at_the_edges() -> None:
    axis = np.linspace(-1, 1, 101)
    share = blend_weights(np.stack(np.meshgrid(axis, axis), axis=-1).astype(np.float32))

    assert share[[0, -1]].max() == share[:, [0, -1]].max() == 0
    assert share[25:75, 25:75].min() == 1
    assert np.abs(np.diff(share, axis=0)).max() < 0.2
