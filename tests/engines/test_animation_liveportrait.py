"""The LivePortrait engine, from a model of random weights in the public format and the files of a request to frames."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from avatar.artifacts.artifact import Portrait, Speech
from avatar.canonical import digest_of
from avatar.engines.animation.liveportrait import LivePortrait
from avatar.errors import InputError, WeightsError
from avatar.faces.liveportrait import model as public
from avatar.faces.liveportrait.checkpoint import CHECKPOINT_FILES
from avatar.media.frames import Frame, frame_count
from avatar.models.pinned import digest_of_folder
from avatar.models.reference import ModelRef
from avatar.models.weights import all_weights, external_weights, locate, refuse_forbidden, weights_folder
from avatar.stages.face import AnimateFace
from avatar.stages.registry import EngineSpec
from avatar.testing import conformance
from avatar.testing.conformance import ConformanceMaterial
from tests.engines.benches import FilesBench, cleared
from tests.faces.liveportrait_models import public_model
from tests.faces.speeches import saying
from tests.testing.test_conformance import material

__all__ = ["material", "public_model"]  # fixtures

PORTRAIT = Path(__file__).parent.parent / "data" / "faces" / "ava.jpg"
TIMINGS = saying("M AA M UW")
IMAGE, SPEECH = Portrait("i"), Speech("s")


@dataclass
class Bench(FilesBench):
    real: dict[str, Path] = field(default_factory=dict)

    def weight(self, weights: Any) -> Path:
        return self.real[weights.name]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    (tmp_path / "timings.json").write_text(TIMINGS.model_dump_json())
    samples = np.random.default_rng(1).normal(0, 0.1, round(TIMINGS.duration * 48_000))
    soundfile.write(tmp_path / "sound.wav", samples, 48_000)
    files = {
        (IMAGE, "picture.png"): PORTRAIT,
        (SPEECH, "sound.wav"): tmp_path / "sound.wav",
        (SPEECH, "timings.json"): tmp_path / "timings.json",
    }
    real = {}
    for weights in LivePortrait.weights:
        try:
            real[weights.name] = locate(weights)
        except WeightsError as error:
            pytest.skip(str(error))
    return Bench(tmp_path, dict(files), real=real)


@pytest.fixture
def options(public_model: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A weights folder with everything: the networks that find faces, and a model of random weights."""
    for pulled in weights_folder().iterdir():
        if not (public_model / pulled.name).exists():
            (public_model / pulled.name).symlink_to(pulled)
    monkeypatch.setenv("AVATAR_WEIGHTS", str(public_model))
    return {
        "model": ModelRef("liveportrait", digest_of_folder(public_model / "liveportrait", CHECKPOINT_FILES)),
        "size": 256,
    }


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same networks over a square a quarter as large: convolutions take any."""
    monkeypatch.setattr(public, "INPUT_SIZE_PX", 128)


def animated(bench: Bench, **options: Any) -> list[Frame]:
    frames = LivePortrait(**options).run(cleared(AnimateFace(IMAGE, SPEECH)), bench)
    made = [frame for batch in frames.batches for frame in batch]
    assert len(made) == frames.count == frame_count(TIMINGS.duration, frames.format.rate)
    return made


@pytest.mark.slow
@pytest.mark.apart
@pytest.mark.timeout(900)  # half a gigabyte of weights, and many GFLOP, on a machine that may be busy
@pytest.mark.usefixtures("small")
def test_a_speech_moves_the_head_and_shots_join_without_a_seam(bench: Bench, options: dict[str, Any]) -> None:
    made = [frame.settle() for frame in animated(bench, rate="4", **options)]

    assert np.array_equal(made[0], made[-1])
    assert any(np.abs(each.astype(int) - made[0]).max() > 8 for each in made)


@pytest.mark.slow
@pytest.mark.apart
@pytest.mark.timeout(900)  # half a gigabyte of weights, and many GFLOP, on a machine that may be busy
def test_a_frame_at_full_size(bench: Bench, options: dict[str, Any]) -> None:
    """As the released model works: 256 pixels are looked at, 512 drawn. The whole way of one frame, once."""
    frames = LivePortrait(rate="1", **options).run(cleared(AnimateFace(IMAGE, SPEECH, listening=True)), bench)

    (first,) = next(frames.batches)

    assert public.INPUT_SIZE_PX == 256
    assert first.settle().shape == (384, 256)


def test_the_public_model_is_pinned_by_its_five_files_and_may_be_sold() -> None:
    files = {
        "base_models/appearance_feature_extractor.pth": (
            "5279bb8654293dbdf327030b397f107237dd9212fb11dd75b83dfb635211ceb5"
        ),
        "base_models/motion_extractor.pth": "251e6a94ad667a1d0c69526d292677165110ef7f0cf0f6d199f0e414e8aa0ca5",
        "base_models/spade_generator.pth": "4780afc7909a9f84e24c01d73b31a555ef651521a1fe3b2429bd04534d992aee",
        "base_models/warping_module.pth": "2f61a6f265fe344f14132364859a78bdbbc2068577170693da57fb96d636e282",
        "retargeting_models/stitching_retargeting_module.pth": (
            "3652d5a3f95099141a56986aaddec92fadf0a73c87a20fac9a2c07c32b28b611"
        ),
    }

    assert set(files) == set(CHECKPOINT_FILES)
    assert LivePortrait().model.sha256 == digest_of(files)
    (brought,) = external_weights(LivePortrait())
    assert (brought.name, brought.licence, brought.commercial) == ("liveportrait", "MIT", True)
    refuse_forbidden(all_weights(LivePortrait()), commercial=True)
    other = LivePortrait(model=ModelRef("liveportrait", licence="research-only"))
    with pytest.raises(WeightsError, match="research-only"):
        refuse_forbidden(all_weights(other), commercial=True)


def emptied(folder: Path) -> None:
    (folder / CHECKPOINT_FILES[3]).unlink()


def altered(folder: Path) -> None:
    (folder / CHECKPOINT_FILES[0]).write_bytes(b"other tensors")


@pytest.mark.parametrize(("harm", "code"), [(emptied, "weights.missing"), (altered, "weights.altered")])
def test_a_model_that_is_not_the_pinned_one_is_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, harm: Callable[[Path], None], code: str
) -> None:
    folder = tmp_path / "weights" / "liveportrait"
    for file in CHECKPOINT_FILES:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(b"tensors")
    monkeypatch.setenv("AVATAR_WEIGHTS", str(tmp_path / "weights"))
    pinned = digest_of_folder(folder, CHECKPOINT_FILES)
    harm(folder)

    with pytest.raises(WeightsError, match=str(folder)) as refusal:
        animated(bench, model=ModelRef("liveportrait", pinned))

    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("options", "code"), [({"size": 255}, "animation.size"), ({"device": "cuda"}, "device.no-gpu")]
)
def test_options_that_cannot_be_are_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], code: str
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)

    with pytest.raises(InputError) as refusal:
        animated(bench, **options)

    assert refusal.value.code == code


@pytest.mark.slow
@pytest.mark.apart
@pytest.mark.timeout(900)  # half a gigabyte of weights, and many GFLOP, on a machine that may be busy
@pytest.mark.usefixtures("small", "bench")
def test_it_passes_the_trial_of_engines(options: dict[str, Any], material: ConformanceMaterial, tmp_path: Path) -> None:
    options |= {"model": asdict(options["model"]), "rate": "4"}
    conformance.trial(EngineSpec("liveportrait", options), tmp_path / "world", material)
