"""The Wav2Lip engine, from a checkpoint file and the files of a request to frames."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from avatar.artifacts.artifact import Footage, Speech
from avatar.canonical import digest_of_file
from avatar.engines.lips.wav2lip import Wav2Lip
from avatar.errors import InputError, WeightsError
from avatar.media.frames import Format, Frame, Frames, planes_of
from avatar.models.reference import ModelRef
from avatar.models.weights import locate, weights_folder
from avatar.stages.face import RefineLips
from avatar.stages.registry import EngineSpec
from avatar.testing import conformance
from avatar.testing.conformance import ConformanceMaterial
from tests.engines.benches import FilesBench, cleared
from tests.faces.checkpoints import random_tensors, save_checkpoint
from tests.testing.test_conformance import material

__all__ = ["material"]  # a fixture

DATA = Path(__file__).parent.parent / "data"
SPEECH, FOOTAGE = Speech("s"), Footage("f")


@dataclass
class Bench(FilesBench):
    real: dict[str, Path] = field(default_factory=dict)

    def weight(self, weights: Any) -> Path:
        return self.real[weights.name]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    real = {}
    for weights in Wav2Lip.weights:
        try:
            real[weights.name] = locate(weights)
        except WeightsError as error:
            pytest.skip(str(error))
    return Bench(tmp_path, {(SPEECH, "sound.wav"): DATA / "voices" / "ben_heldout.flac"}, real=real)


@pytest.fixture
def engine(tmp_path: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Wav2Lip:
    """A weights folder with everything: the networks that find faces, and a checkpoint of random weights."""
    folder = tmp_path / "weights"
    folder.mkdir()
    for pulled in weights_folder().iterdir():
        (folder / pulled.name).symlink_to(pulled)
    monkeypatch.setenv("AVATAR_WEIGHTS", str(folder))
    path = save_checkpoint(folder / "mine" / "net.pth", random_tensors())
    return Wav2Lip(checkpoint=ModelRef("mine/net.pth", digest_of_file(path)))


def picture(name: str) -> np.ndarray:
    return np.ascontiguousarray(cv2.imread(str(DATA / "faces" / f"{name}.jpg"))[:, :, ::-1])


def film(pictures: list[np.ndarray], batch: int = 3) -> Frames:
    frames = [Frame(planes_of(each)) for each in pictures]

    def batches() -> Iterator[list[Frame]]:
        for start in range(0, len(frames), batch):
            yield frames[start : start + batch]

    height, width = pictures[0].shape[:2]
    return Frames(Format(width, height, Fraction(25)), len(frames), batches())


def dubbed(engine: Wav2Lip, bench: Bench, pictures: list[np.ndarray]) -> list[Frame]:
    bench.streams[FOOTAGE] = lambda: film(pictures)
    frames = engine.run(cleared(RefineLips(FOOTAGE, SPEECH)), bench)
    made = [frame for batch in frames.batches for frame in batch]
    assert len(made) == frames.count
    return made


@pytest.mark.slow
def test_faces_are_dubbed_frames_without_a_face_pass_and_none_is_lost(engine: Wav2Lip, bench: Bench) -> None:
    face, blank = picture("ava"), np.full((512, 512, 3), 90, np.uint8)
    footage = [blank, face, face, picture("ava_yaw_p12"), blank, face, face]

    made = dubbed(engine, bench, footage)

    assert len(made) == len(footage)
    for frame, given in zip(made, footage, strict=True):
        before = planes_of(given)
        after = frame.settle()
        if given is blank:
            assert np.array_equal(after, before)
            continue
        changed = np.abs(after[:512].astype(int) - before[:512]) > 1
        rows, columns = np.nonzero(changed)
        assert changed.mean() > 0.03
        assert rows.min() > 230, "nothing above the nose"
        assert rows.max() < 440
        assert columns.min() > 120
        assert columns.max() < 400


@pytest.mark.slow
def test_the_same_work_makes_the_same_frames_and_each_frame_hears_its_own_moment(engine: Wav2Lip, bench: Bench) -> None:
    face = picture("ben")
    first, second = ([f.settle() for f in dubbed(engine, bench, [face] * 12)] for _ in range(2))

    assert np.array_equal(first, second)
    assert not np.array_equal(first[3], first[9])
    assert bench.pulses[:3] == [0, 3 / 12, 6 / 12]


def test_a_checkpoint_that_is_not_there_names_its_place(engine: Wav2Lip, bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=str(tmp_path / "weights" / "wav2lip" / "wav2lip_gan.pth")) as refusal:
        dubbed(Wav2Lip(), bench, [picture("ava")])

    assert refusal.value.code == "weights.missing"


@pytest.mark.parametrize(("options", "code"), [({"chin": -1.0}, "lips.chin"), ({"device": "cuda"}, "device.no-gpu")])
def test_options_that_cannot_be_are_refused(bench: Bench, options: dict[str, Any], code: str) -> None:
    import torch

    if code == "device.no-gpu" and torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(InputError) as refusal:
        dubbed(Wav2Lip(**options), bench, [picture("ava")])

    assert refusal.value.code == code


@pytest.mark.slow
def test_it_passes_the_trial_of_engines(engine: Wav2Lip, material: ConformanceMaterial, tmp_path: Path) -> None:
    options = {"checkpoint": asdict(engine.checkpoint)}

    conformance.trial(EngineSpec("wav2lip", options), tmp_path / "world", material)
