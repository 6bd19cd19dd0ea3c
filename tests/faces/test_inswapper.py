"""Both networks of the swap, read from files like the public ones, and where faces are cut and laid."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from avatar.errors import InputError, WeightsError
from avatar.faces.geometry.topology import LEFT_EYE, OVAL, RIGHT_EYE
from avatar.faces.inswapper.alignment import SWAPPER_SIZE_PX, arcface_alignment, offset_affine, swapper_alignment
from avatar.faces.inswapper.networks import ArcFaceEncoder, InswapperNetwork, l2_normalize
from avatar.faces.inswapper.swapper import FaceSwapper, change_mask, oval_mask
from avatar.media.frames import Format, Frame, planes_of
from avatar.models.onnx import OnnxNetwork, onnx_device
from tests.faces import onnx_models
from tests.faces.onnx_models import saved

FACES = Path(__file__).parents[1] / "data" / "faces"
# ArcFace's five points, and InsightFace's way to a square of 128: 8 pixels further right, no larger, no lower.
AT_112 = np.array([(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)])


def picture(name: str) -> np.ndarray:
    return np.ascontiguousarray(cv2.imread(str(FACES / f"{name}.jpg"))[:, :, ::-1])


def network(tmp_path: Path, model) -> OnnxNetwork:
    return OnnxNetwork(saved(model, tmp_path / "net.onnx"), "cpu")


@pytest.fixture
def swapper(tmp_path: Path) -> InswapperNetwork:
    return InswapperNetwork(network(tmp_path, onnx_models.swapper()))


def test_five_points_of_the_mesh_lie_where_both_networks_were_trained_to_find_them(landmarker):
    landmarks = landmarker.single_face(picture("ava"))
    eyes = [landmarks[list(eye), :2].mean(axis=0) for eye in (RIGHT_EYE, LEFT_EYE)]
    points = np.stack([*eyes, landmarks[4, :2], landmarks[61, :2], landmarks[291, :2]])

    for move, wanted in (
        (arcface_alignment(landmarks), AT_112),
        (swapper_alignment(landmarks), np.add(AT_112, (8, 0))),
    ):
        there = points @ move[:, :2].T + move[:, 2]
        assert np.abs(there - wanted).max() < 4, "a real face is not the mean face, but near it"
        assert np.abs((there - wanted).mean(axis=0)).max() < 1e-6
        assert np.isclose(move[0, 0], move[1, 1])
        assert np.isclose(move[0, 1], -move[1, 0]), "no shear, no mirror"


def test_pixels_can_be_counted_from_any_corner():
    move = np.array([[2.0, -1.0, 3.0], [1.0, 2.0, 4.0]])

    assert np.allclose(offset_affine(move, 10, 20) @ (1, 2, 1), move @ (11, 22, 1))


def test_a_likeness_has_length_1_and_is_seen_as_the_encoder_was_trained(tmp_path, landmarker):
    model = onnx_models.encoder()
    rgb = picture("ben")
    landmarks = landmarker.single_face(rgb)

    likeness = ArcFaceEncoder(network(tmp_path, model)).embed(rgb, landmarks)

    chip = cv2.warpAffine(rgb, arcface_alignment(landmarks), (112, 112)).astype(np.float64)
    cells = ((chip - 127.5) / 127.5).reshape(7, 16, 7, 16, 3).mean(axis=(1, 3)).transpose(2, 0, 1).reshape(-1)
    expected = cells @ numpy_helper.to_array(model.graph.initializer[0])
    assert np.allclose(likeness, expected / np.linalg.norm(expected), atol=1e-5)


def test_the_source_goes_through_the_map_that_is_the_last_tensor_and_has_length_1(swapper):
    likeness = l2_normalize(np.random.default_rng(0).normal(size=512).astype(np.float32))
    emap = numpy_helper.to_array(onnx_models.swapper().graph.initializer[-1])

    source = swapper.source_latent(likeness)

    assert source.shape == (1, 512)
    assert np.allclose(source[0], likeness @ emap / np.linalg.norm(likeness @ emap), atol=1e-6)


def test_a_map_in_half_precision_is_read_too(tmp_path):
    model = onnx_models.swapper()
    last = model.graph.initializer[-1]
    last.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(last).astype(np.float16), last.name))
    whole, half = (InswapperNetwork(network(tmp_path, each)) for each in (onnx_models.swapper(), model))
    likeness = l2_normalize(np.ones(512, np.float32))

    assert np.allclose(whole.source_latent(likeness), half.source_latent(likeness), atol=1e-3)


def test_a_face_is_made_by_the_network_in_red_green_blue_between_0_and_1(swapper):
    source = swapper.source_latent(l2_normalize(np.ones(512, np.float32)))
    seen = np.zeros((SWAPPER_SIZE_PX, SWAPPER_SIZE_PX, 3), np.float32)
    seen[..., 0] = 0.25

    made = swapper.swap(seen, source)

    tint = numpy_helper.to_array(onnx_models.swapper().graph.initializer[1])
    wanted = min(1.0, 0.25 * (1 + np.tanh(source[0] @ tint)[0]))
    assert np.allclose(made[64, 64], (wanted, 0, 0), atol=1e-5)


@pytest.mark.parametrize(
    "model",
    [
        onnx_models.encoder(),
        onnx_models.swapper(side=256),
        onnx_models.swapper(source="latent"),
        onnx_models.swapper(numbers=256),
    ],
    ids=["an encoder", "another size", "another name", "other numbers"],
)
def test_other_networks_are_not_taken_for_the_swapper(tmp_path, model):
    with pytest.raises(WeightsError, match=r"bring the swapper of InsightFace") as refusal:
        InswapperNetwork(network(tmp_path, model))

    assert refusal.value.code == "weights.other-network"


@pytest.mark.parametrize("last", [np.zeros(3, np.float32), np.array(["words"], object), np.zeros((512, 512), np.int64)])
def test_a_swapper_whose_last_tensor_is_not_the_map_is_refused(tmp_path, last):
    model = onnx_models.swapper()
    model.graph.initializer.append(numpy_helper.from_array(last, "late"))

    with pytest.raises(WeightsError, match=r"as its last tensor") as refusal:
        InswapperNetwork(network(tmp_path, model))

    assert refusal.value.code == "weights.other-network"


@pytest.mark.parametrize(
    "model", [onnx_models.swapper(), onnx_models.encoder(side=224), onnx_models.encoder(numbers=128)]
)
def test_other_networks_are_not_taken_for_the_encoder(tmp_path, model):
    with pytest.raises(WeightsError, match="bring ArcFace") as refusal:
        ArcFaceEncoder(network(tmp_path, model))

    assert refusal.value.code == "weights.other-network"


@pytest.mark.parametrize("content", [b"", b"no protocol buffer", b"\x08\x09"])
def test_what_is_no_network_is_refused(tmp_path, content):
    path = tmp_path / "net.onnx"
    path.write_bytes(content)

    with pytest.raises(WeightsError) as refusal:
        OnnxNetwork(path, "cpu")

    assert refusal.value.code == "weights.unreadable"


def test_tensors_in_other_files_are_found_wherever_they_hide(tmp_path):
    """In a branch of a condition, in the value of a constant: not only among the graph's own."""
    held = helper.make_tensor("held", TensorProto.FLOAT, [1], [1.0])
    held.ClearField("float_data")
    held.data_location = TensorProto.EXTERNAL
    held.external_data.add(key="location", value="../secret")
    constant = helper.make_node("Constant", [], ["one"], value=held)
    branch = helper.make_graph([constant], "branch", [], [helper.make_tensor_value_info("one", TensorProto.FLOAT, [1])])
    model = onnx_models.swapper()
    model.graph.node.append(helper.make_node("If", ["yes"], ["late"], then_branch=branch, else_branch=branch))

    with pytest.raises(WeightsError) as refusal:
        network(tmp_path, model)

    assert refusal.value.code == "weights.outside"


def test_a_gpu_that_onnxruntime_cannot_use_is_refused(monkeypatch):
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])

    assert onnx_device("auto") == onnx_device("cpu") == "cpu"
    with pytest.raises(InputError) as refusal:
        onnx_device("cuda")
    assert refusal.value.code == "device.no-gpu"


def test_an_encoder_that_says_nothing_is_refused():
    with pytest.raises(InputError) as refusal:
        l2_normalize(np.zeros(512, np.float32))

    assert refusal.value.code == "portrait.no-likeness"


def test_the_new_face_ends_inside_the_oval_and_before_the_square_does(landmarker):
    landmarks = landmarker.single_face(picture("ava"))
    move = swapper_alignment(landmarks)

    share = oval_mask(landmarks, move)

    oval = (landmarks[list(OVAL), :2] @ move[:, :2].T + move[:, 2]).astype(np.float32)
    away = np.array([[cv2.pointPolygonTest(oval, (float(x), float(y)), True) for x in range(128)] for y in range(128)])
    assert share[away < -3].max() < 0.02
    assert np.median(share[away > 12]) > 0.99
    assert share[[0, -1]].max() == share[:, [0, -1]].max() == 0


def test_what_the_network_leaves_stays_and_what_it_changes_is_taken():
    seen = np.full((128, 128, 3), 0.5, np.float32)
    made = seen.copy()
    made[:, 80:] += 0.1

    share = change_mask(seen, made)

    assert share[:, :60].max() == 0
    assert share[:, 90:].min() > 0.99


def test_only_pixels_of_the_face_change_and_they_are_the_networks(swapper, landmarker):
    rgb = picture("ava")
    frame = Frame(planes_of(rgb), landmarker.single_face(rgb), tracked=True)
    source = swapper.source_latent(l2_normalize(np.ones(512, np.float32)))

    FaceSwapper(swapper, source, Format(512, 512, Fraction(25))).swap_frame(frame)

    low, high = frame.landmarks[:, :2].min(axis=0) - 4, frame.landmarks[:, :2].max(axis=0) + 4
    after = cv2.cvtColor(frame.settle(), cv2.COLOR_YUV2RGB_I420).astype(int)
    change = np.abs(after - cv2.cvtColor(planes_of(rgb), cv2.COLOR_YUV2RGB_I420)).max(axis=2)
    (left, top), (right, bottom) = low.astype(int), high.astype(int)
    assert (change[top:bottom, left:right] > 8).mean() > 0.3
    change[top:bottom, left:right] = 0
    assert change.max() == 0
    nose = frame.landmarks[4, :2].astype(int)
    tint = 1 + np.tanh(source[0] @ numpy_helper.to_array(onnx_models.swapper().graph.initializer[1]))
    wanted = (cv2.blur(rgb, (11, 11))[nose[1], nose[0]] * tint).clip(0, 255)
    assert np.abs(after[nose[1], nose[0]] - wanted).max() < 16


def test_a_network_that_changes_nothing_changes_nothing(landmarker):
    class Mirror:
        def swap(self, seen, source):
            return seen

    rgb = picture("ava")
    frame = Frame(planes_of(rgb), landmarker.single_face(rgb), tracked=True)
    FaceSwapper(Mirror(), np.zeros((1, 512), np.float32), Format(512, 512, Fraction(25))).swap_frame(frame)

    assert np.abs(frame.settle().astype(int) - planes_of(rgb)).max() <= 2, "the way to RGB and back"
