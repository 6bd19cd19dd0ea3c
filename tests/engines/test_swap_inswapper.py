"""The inswapper engine, from network files and the files of a request to frames."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from avatar.artifacts.artifact import Footage, Portrait
from avatar.canonical import digest_of_file
from avatar.engines.swap.inswapper import Inswapper
from avatar.errors import InputError, WeightsError
from avatar.media.frames import Format, Frame, Frames, planes_of
from avatar.models.reference import ModelRef
from avatar.models.weights import all_weights, external_weights, locate, refuse_forbidden, weights_folder
from avatar.stages.face import SwapFace
from avatar.stages.registry import EngineSpec
from avatar.testing import conformance
from avatar.testing.conformance import ConformanceMaterial
from tests.engines.benches import FilesBench, cleared
from tests.faces import onnx_models
from tests.faces.onnx_models import saved
from tests.testing.test_conformance import material

__all__ = ["material"]  # a fixture

DATA = Path(__file__).parent.parent / "data"
FOOTAGE, FACE = Footage("footage"), Portrait("face")
BLANK = np.full((512, 512, 3), 90, np.uint8)


@dataclass
class Bench(FilesBench):
    real: dict[str, Path] = field(default_factory=dict)

    def weight(self, weights: Any) -> Path:
        return self.real[weights.name]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    real = {}
    for weights in Inswapper.weights:
        try:
            real[weights.name] = locate(weights)
        except WeightsError as error:
            pytest.skip(str(error))
    return Bench(tmp_path, {(FACE, "picture.png"): DATA / "faces" / "ben.jpg"}, real=real)


@pytest.fixture
def engine(tmp_path: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Inswapper:
    """A weights folder with everything: the networks that find faces, and small ones of random weights that swap."""
    folder = tmp_path / "weights"
    folder.mkdir()
    for pulled in weights_folder().iterdir():
        (folder / pulled.name).symlink_to(pulled)
    monkeypatch.setenv("AVATAR_WEIGHTS", str(folder))
    model = saved(onnx_models.swapper(), folder / "mine" / "swap.onnx")
    encoder = saved(onnx_models.encoder(), folder / "mine" / "who.onnx")
    return Inswapper(
        model=ModelRef("mine/swap.onnx", digest_of_file(model)),
        encoder=ModelRef("mine/who.onnx", digest_of_file(encoder)),
    )


def picture(name: str) -> np.ndarray:
    return np.ascontiguousarray(cv2.imread(str(DATA / "faces" / f"{name}.jpg"))[:, :, ::-1])


def swapped(engine: Inswapper, bench: Bench, pictures: list[np.ndarray], batch: int = 2) -> list[Frame]:
    def film() -> Frames:
        shown = [Frame(planes_of(each)) for each in pictures]

        def batches() -> Iterator[list[Frame]]:
            for start in range(0, len(shown), batch):
                yield shown[start : start + batch]

        return Frames(Format(512, 512, Fraction(25)), len(shown), batches())

    bench.streams[FOOTAGE] = film
    frames = engine.run(cleared(SwapFace(FOOTAGE, FACE)), bench)
    made = [frame for batch in frames.batches for frame in batch]
    assert len(made) == frames.count == len(pictures)
    return made


def test_faces_are_swapped_and_frames_without_one_pass_bit_exact(engine: Inswapper, bench: Bench) -> None:
    footage = [BLANK, picture("ava"), BLANK, picture("ava_aa")]

    made = [frame.settle() for frame in swapped(engine, bench, footage)]

    assert np.array_equal(made[0], planes_of(BLANK))
    assert np.array_equal(made[2], planes_of(BLANK))
    for number in (1, 3):
        changed = np.abs(made[number][:512].astype(int) - planes_of(footage[number])[:512]) > 2
        rows, columns = np.nonzero(changed)
        assert changed.mean() > 0.05
        assert 100 < rows.min() < rows.max() < 460
        assert 110 < columns.min() < columns.max() < 410
    assert bench.pulses == [0, 0.25, 0.5, 0.75]


def test_whose_face_it_becomes_is_the_portraits(engine: Inswapper, bench: Bench) -> None:
    (bens,) = (frame.settle() for frame in swapped(engine, bench, [picture("ava")]))
    bench.files[FACE, "picture.png"] = DATA.parents[1] / "performers" / "mia.png"
    (mias,) = (frame.settle() for frame in swapped(engine, bench, [picture("ava")]))

    assert np.abs(bens.astype(int) - mias).max() > 20


def test_batches_do_not_change_a_pixel(engine: Inswapper, bench: Bench) -> None:
    footage = [picture(name) for name in ("ava", "ava_aa", "ava_blink")]

    one, all_ = ([frame.settle() for frame in swapped(engine, bench, footage, batch)] for batch in (1, 3))

    assert all(map(np.array_equal, one, all_))


@pytest.mark.parametrize("name", ["inswapper_128.onnx", "w600k_r50.onnx"])
def test_a_network_that_is_not_there_names_its_place(engine: Inswapper, bench: Bench, name: str) -> None:
    theirs = Inswapper() if name == "inswapper_128.onnx" else Inswapper(model=engine.model)
    with pytest.raises(WeightsError, match=str(weights_folder() / "insightface" / name)) as refusal:
        swapped(theirs, bench, [BLANK])

    assert refusal.value.code == "weights.missing"


def test_a_network_that_is_not_the_pinned_one_is_refused(engine: Inswapper, bench: Bench) -> None:
    saved(onnx_models.swapper(seed=9), weights_folder() / engine.model.path)

    with pytest.raises(WeightsError) as refusal:
        swapped(engine, bench, [BLANK])

    assert refusal.value.code == "weights.altered"


def test_a_gpu_that_is_not_there_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])

    with pytest.raises(InputError) as refusal:
        swapped(Inswapper(device="cuda"), bench, [BLANK])

    assert refusal.value.code == "device.no-gpu"


def test_the_public_networks_are_named_with_their_licences_and_nothing_they_make_is_sold() -> None:
    swapper, encoder = external_weights(Inswapper())

    assert (swapper.name, encoder.name) == ("insightface/inswapper_128.onnx", "insightface/w600k_r50.onnx")
    assert not swapper.commercial
    assert not encoder.commercial
    refuse_forbidden(all_weights(Inswapper()), commercial=False)
    own = ModelRef("mine/net.onnx", licence="own")
    for engine in (Inswapper(), Inswapper(model=own), Inswapper(encoder=own)):
        with pytest.raises(WeightsError, match="research-only") as refusal:
            refuse_forbidden(all_weights(engine), commercial=True)
        assert refusal.value.code == "weights.licence"
    refuse_forbidden(all_weights(Inswapper(model=own, encoder=own)), commercial=True)


@pytest.mark.slow
def test_it_passes_the_trial_of_engines(engine: Inswapper, material: ConformanceMaterial, tmp_path: Path) -> None:
    options = {"model": asdict(engine.model), "encoder": asdict(engine.encoder)}

    conformance.trial(EngineSpec("inswapper", options), tmp_path / "world", material)
