"""What a GPU does with frames whose pixels stay there is what a processor does. ``cpu:0`` goes the way of GPUs."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from avatar.engines.swap.mesh_swap import _swap
from avatar.faces.detection.blazeface import DETECTOR
from avatar.faces.detection.face_mesh import MESH, Roi, _crop_roi, crop_roi_on, roi_of_landmarks
from avatar.faces.detection.landmarker import Landmarker
from avatar.faces.detection.tracker import Tracker
from avatar.faces.geometry.topology import eye_distance
from avatar.faces.swap.mesh_face_swapper import MeshFaceSwapper
from avatar.faces.swap.source_face import SourceFace
from avatar.faces.wav2lip.crop import HALF_SIZE_PX, Cropper, crop_face, paste_back
from avatar.faces.wav2lip.generator import Wav2LipGenerator
from avatar.faces.wav2lip.gpu_crop import crop_face_on, paste_back_on
from avatar.faces.wav2lip.lip_syncer import LipSyncer
from avatar.media.frames import Box, Format, Frame, planes_of
from avatar.models.weights import locate
from tests.faces.checkpoints import random_tensors

GPU = "cpu:0"
FORMAT = Format(512, 512, Fraction(25))
BOXES = [Box(120, 100, 400, 420), Box(200, 220, 280, 300), Box(0, 0, 512, 512)]


@pytest.fixture(scope="module")
def there(landmarker: Landmarker) -> Landmarker:
    return Landmarker.load(locate(DETECTOR), locate(MESH), GPU)


def apart(one: Any, other: Any) -> Any:
    return np.abs(np.asarray(one, np.int64) - np.asarray(other, np.int64))


@pytest.mark.parametrize("box", BOXES)
def test_a_face_is_cut_out_the_same(picture: Any, box: Box) -> None:
    frame = Frame(planes_of(picture("ava")))

    assert float(np.abs(crop_face_on(frame, box, GPU).numpy() - crop_face(frame, box)).max()) * 255 < 1.01


@pytest.mark.parametrize("box", BOXES)
def test_a_face_is_laid_back_the_same(picture: Any, landmarker: Landmarker, box: Box) -> None:
    rgb = picture("ava")
    here, on_device, face = Frame(planes_of(rgb)), Frame(planes_of(rgb)), landmarker.single_face(rgb)
    made = torch.rand(3, HALF_SIZE_PX, 96, generator=torch.Generator().manual_seed(1))

    paste_back(here, box, made.numpy(), face)
    paste_back_on(on_device, box, made, face)

    assert apart(here.rgb, on_device.rgb).max() <= 1
    assert apart(here.rgb, rgb).max() > 20


def test_the_mesh_sees_the_same_view(picture: Any, landmarker: Landmarker) -> None:
    rgb = picture("ava")
    around = roi_of_landmarks(landmarker.single_face(rgb))
    for roi in (around, Roi(around.x, around.y, 150.0, 0.3), Roi(20.0, 480.0, 400.0, -0.2), Roi(900.0, 900.0, 90.0, 0)):
        seen = crop_roi_on(Frame(planes_of(rgb)), roi, GPU)[0].permute(1, 2, 0).numpy()
        known = _crop_roi(Frame(planes_of(rgb)).rgb, roi)
        assert apart(seen, known).mean() < 0.6, roi
        assert np.quantile(apart(seen, known), 0.99) <= 4, roi


def test_a_face_is_followed_to_the_same_places(picture: Any, landmarker: Landmarker, there: Landmarker) -> None:
    pictures = [picture(name) for name in ("ava", "ava_aa", "ava_blink", "ava")]
    trackers = Tracker(landmarker), Tracker(there)
    for rgb in pictures:
        here, on_device = Frame(planes_of(rgb)), Frame(planes_of(rgb))
        trackers[0].track_frame(here)
        trackers[1].track_frame(on_device)
        assert here.landmarks is not None
        assert on_device.landmarks is not None
        away = np.abs(here.landmarks[:, :2] - on_device.landmarks[:, :2]).max()
        assert away < 0.01 * eye_distance(here.landmarks)


def test_a_swapped_face_is_the_same(picture: Any, landmarker: Landmarker) -> None:
    donor, rgb = picture("ben"), picture("ava")
    made = []
    for device in ("cpu", GPU):
        transplant = MeshFaceSwapper(SourceFace.of(donor, landmarker.single_face(donor), device))
        frame = Frame(planes_of(rgb), landmarks=landmarker.single_face(rgb), tracked=True)
        _swap(frame, FORMAT, transplant)
        made.append(frame.rgb)

    assert apart(*made).max() <= 2
    assert apart(made[0], rgb).max() > 40


def test_pixels_come_back_once_however_many_steps_there_are(
    monkeypatch: pytest.MonkeyPatch, picture: Any, landmarker: Landmarker, there: Landmarker
) -> None:
    """A head drawn on a GPU, followed, and dubbed there: nothing is fetched before the encoder asks."""
    dubber = LipSyncer(
        Wav2LipGenerator(random_tensors(), GPU),
        Tracker(there),
        Cropper(FORMAT, 0.05),
        iter([np.zeros((80, 16), np.float32)] * 3),
    )
    dubber.dub([drawn(picture("ava"))])  # the first face is looked for in the whole picture, here
    fetched: list[Frame] = []
    fetch = Frame._pixels
    monkeypatch.setattr(Frame, "_pixels", lambda frame: fetched.append(frame) or fetch(frame))

    frames = dubber.dub([drawn(picture("ava")), drawn(picture("ava_aa"))])
    assert not fetched

    assert all(apart(frame.settle(), planes_of(picture("ava"))).max() > 20 for frame in frames)
    assert fetched == frames


def drawn(rgb: Any) -> Frame:
    frame = Frame(planes_of(np.full((512, 512, 3), 120, np.uint8)))
    frame.cover_on(Box(0, 0, 512, 512), torch.from_numpy(rgb.copy()))
    return frame
