"""Swapped footage: as many frames as came in, only the face touched, consent asked as they flow."""

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from avatar.artifacts.artifact import Footage, Portrait
from avatar.engines.swap.mesh_swap import MeshSwap
from avatar.errors import ConsentError, InputError, WeightsError
from avatar.faces.detection.blazeface import DETECTOR
from avatar.faces.detection.face_mesh import MESH
from avatar.faces.detection.landmarker import Landmarker
from avatar.media.frames import Format, Frame, Frames, planes_of, rgb_of, split_planes
from avatar.models.weights import Weights, locate
from avatar.stages.face import SwapFace
from tests.engines.benches import FilesBench, cleared

PICTURES = Path(__file__).parent.parent / "data" / "faces"
FOOTAGE, FACE = Footage("footage"), Portrait("face")
EMPTY = np.full((512, 512, 3), 130, np.uint8)


@dataclass
class FaceBench(FilesBench):
    stop_at: float = 2.0

    def weight(self, weights: Weights) -> Path:
        try:
            return locate(weights)
        except WeightsError as error:
            pytest.skip(str(error))

    def pulse(self, done: float) -> None:
        super().pulse(done)
        if done >= self.stop_at:
            raise ConsentError("consent has ended", code="consent.ended")


def picture(name):
    return np.ascontiguousarray(cv2.imread(str(PICTURES / f"{name}.jpg"))[:, :, ::-1])


def bench(tmp_path, pictures, batch=2, face="ben"):
    def frames():
        made = [Frame(planes_of(rgb)) for rgb in pictures]
        height, width = pictures[0].shape[:2]
        batches = iter([made[i : i + batch] for i in range(0, len(made), batch)])
        return Frames(Format(width, height, Fraction(25)), len(made), batches)

    return FaceBench(tmp_path, {(FACE, "picture.png"): PICTURES / f"{face}.jpg"}, {FOOTAGE: frames})


def swapped(bench):
    frames = MeshSwap(device="cpu").run(cleared(SwapFace(FOOTAGE, FACE)), bench)
    return frames, [frame for batch in frames.batches for frame in batch]


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_as_many_frames_come_out_as_went_in(tmp_path, batch):
    pictures = [picture("ava"), EMPTY, picture("ava_aa"), EMPTY, picture("ava")]

    frames, made = swapped(bench(tmp_path, pictures, batch))

    assert frames.count == len(made) == 5
    assert [frame.landmarks is not None for frame in made] == [True, False, True, False, True]


def test_a_frame_without_a_face_passes_bit_exact(tmp_path):
    _, made = swapped(bench(tmp_path, [picture("ava"), EMPTY]))

    assert np.array_equal(made[1].settle(), planes_of(EMPTY))


def test_only_the_box_around_the_face_is_touched(tmp_path):
    _, (frame,) = swapped(bench(tmp_path, [picture("ava")]))

    low, high = frame.landmarks[:, :2].min(axis=0) - 6, frame.landmarks[:, :2].max(axis=0) + 6
    for after, before, step in zip(
        split_planes(frame.settle()), split_planes(planes_of(picture("ava"))), (1, 2, 2), strict=True
    ):
        (left, top), (right, bottom) = (low / step).astype(int), (high / step).astype(int)
        changed = after != before
        assert changed[top:bottom, left:right].mean() > 0.2
        changed[top:bottom, left:right] = False
        assert not changed.any()


def test_batches_do_not_change_a_pixel(tmp_path):
    pictures = [picture(name) for name in ("ava", "ava_aa", "ava_blink")]

    one, many = (swapped(bench(tmp_path, pictures, batch))[1] for batch in (1, 3))

    assert all(np.array_equal(a.settle(), b.settle()) for a, b in zip(one, many, strict=True))


def test_a_wide_frame_with_the_face_at_its_edge_is_swapped(tmp_path):
    wide = np.full((720, 1280, 3), 100, np.uint8)
    wide[100:612, 918:1280] = picture("ava")[:, :362]

    _, (frame,) = swapped(bench(tmp_path, [wide]))

    assert frame.landmarks is not None
    assert not np.array_equal(frame.settle(), planes_of(wide))


def test_consent_is_asked_while_frames_flow(tmp_path):
    stopping = bench(tmp_path, [EMPTY] * 8)
    stopping.stop_at = 0.5

    with pytest.raises(ConsentError):
        swapped(stopping)
    assert stopping.pulses == [0, 0.25, 0.5]


def test_a_portrait_without_a_face_is_refused_before_a_frame_is_pulled(tmp_path):
    blank = tmp_path / "blank.png"
    cv2.imwrite(str(blank), EMPTY)
    faceless = bench(tmp_path, [picture("ava")])
    faceless.files[FACE, "picture.png"] = blank

    with pytest.raises(InputError) as caught:
        MeshSwap().run(cleared(SwapFace(FOOTAGE, FACE)), faceless)

    assert caught.value.code == "portrait.no-face"


def test_the_engine_names_its_weights():
    assert MeshSwap.weights == (DETECTOR, MESH)
    assert all(weights.commercial for weights in MeshSwap.weights)


def test_a_gpu_that_is_not_there_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)

    with pytest.raises(InputError) as caught:
        MeshSwap(device="cuda").run(cleared(SwapFace(FOOTAGE, FACE)), bench(tmp_path, [EMPTY]))

    assert caught.value.code == "device.no-gpu"


@pytest.mark.parametrize("looked_at", [True, False])
def test_what_comes_before_a_filmed_face_stays_there_and_before_an_animated_one_nothing_comes(tmp_path, looked_at):
    """A patch on the cheek, from the eleventh frame on."""
    rgb = picture("ava")
    landmarks = Landmarker.load(locate(DETECTOR), locate(MESH)).single_face(rgb)
    x, y = landmarks[50, :2].astype(int)
    covered = rgb.copy()
    cv2.rectangle(covered, (x - 14, y - 14), (x + 14, y + 14), (20, 160, 40), -1)
    here = bench(tmp_path, [rgb] * 10 + [covered] * 4)
    given = here.streams[FOOTAGE]

    def tracked():
        frames = given()
        known = (
            [replace(f, landmarks=landmarks, tracked=True, looked_at=looked_at) for f in b] for b in frames.batches
        )
        return Frames(frames.format, frames.count, known)

    here.streams[FOOTAGE] = tracked
    _, made = swapped(here)

    seen = rgb_of(made[-1].settle())[y - 6 : y + 6, x - 6 : x + 6].astype(int)
    away = np.abs(seen - (20, 160, 40)).mean()
    assert away < 15 if looked_at else away > 40
