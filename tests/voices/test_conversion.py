from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

from avatar.errors import WeightsError
from avatar.voices.backends.conversion import Converter, open_converter, open_freevc, open_knnvc, open_openvoice
from tests.voices.models import tiny_freevc, tiny_hifigan, tiny_knnvc, tiny_openvoice, tiny_vits

PERFORMERS = Path(__file__).parents[2] / "performers"
MODELS = [
    pytest.param(tiny_openvoice, open_openvoice, 22_050, id="OpenVoice"),
    pytest.param(tiny_freevc, open_freevc, 24_000, id="FreeVC"),
    pytest.param(tiny_knnvc, open_knnvc, 16_000, id="kNN-VC"),
]

pytestmark = pytest.mark.slow


def heard(name: str, start: float, seconds: float) -> tuple[np.ndarray, int]:
    path = PERFORMERS / f"{name}_statement.flac"
    rate = soundfile.info(path).samplerate
    sound, _ = soundfile.read(path, start=int(start * rate), frames=int(seconds * rate), dtype="float32")
    return sound, rate


def said_by(converter: Converter, name: str, seed: int = 1) -> np.ndarray:
    return converter.converted(*heard("mia", 1.0, 1.5), converter.voice_of(*heard(name, 0.0, 3.0)), seed)


@pytest.mark.parametrize(("build", "open_it", "rate"), MODELS)
def test_speech_is_converted_as_long_as_it_was(build, open_it, rate, tmp_path, offline) -> None:
    converter = open_it(build(tmp_path / "tiny"))

    made = said_by(converter, "ava")

    assert converter.rate == rate
    assert len(made) == round(1.5 * rate)
    assert np.isfinite(made).all()
    assert np.abs(made).max() > 0.001
    assert np.array_equal(made, said_by(converter, "ava"))
    assert not np.array_equal(made, said_by(converter, "ben"))


@pytest.mark.parametrize(("build", "open_it", "rate"), MODELS)
def test_the_kind_of_model_is_told_by_its_folder(build, open_it, rate, tmp_path) -> None:
    assert type(open_converter(build(tmp_path / "tiny"))) is type(open_it(tmp_path / "tiny"))


def test_a_freevc_hears_the_person_by_itself_if_it_has_no_encoder(tmp_path, offline) -> None:
    converter = open_freevc(tiny_freevc(tmp_path / "tiny", encoder=False))

    assert not np.array_equal(said_by(converter, "ava"), said_by(converter, "ben"))


def test_a_freevc_without_the_wavlm_inside_loads_as_well(tmp_path, offline) -> None:
    import torch

    folder = tiny_freevc(tmp_path / "tiny")
    tensors = torch.load(folder / "model.pth", weights_only=True)["model"]
    made = said_by(open_freevc(folder), "ava")

    small = {name: tensor for name, tensor in tensors.items() if not name.startswith(("wavlm.", "enc_spk_ex."))}
    torch.save({"model": small}, folder / "model.pth")

    assert len(small) < len(tensors)
    assert np.array_equal(said_by(open_freevc(folder, "cpu", "anew"), "ava"), made)


@pytest.mark.parametrize("lost", ["WavLM-Large.pt", "speaker_encoder.pt", "model.pth"])
def test_what_is_missing_is_named_and_not_downloaded(lost: str, tmp_path, offline) -> None:
    folder = tiny_freevc(tmp_path / "tiny")
    (folder / lost).unlink()

    with pytest.raises(WeightsError, match=lost) as refusal:
        open_freevc(folder)
    assert refusal.value.code == "weights.missing"


@pytest.mark.parametrize(("build", "open_it", "rate"), MODELS)
def test_another_network_is_refused(build, open_it, rate, tmp_path) -> None:
    with pytest.raises(WeightsError) as refusal:
        open_it(tiny_vits(tmp_path / "vits"))
    assert refusal.value.code == "weights.other-network"


def test_a_freevc_of_another_size_is_refused(tmp_path) -> None:
    folder = tiny_freevc(tmp_path / "tiny")
    (folder / "model.pth").write_bytes((tiny_hifigan(tmp_path / "other") / "model.pth").read_bytes())

    with pytest.raises(WeightsError, match=r"missing or strange") as refusal:
        open_freevc(folder)
    assert refusal.value.code == "weights.other-network"


def test_two_lines_at_a_time_are_the_same_as_one_after_the_other(tmp_path) -> None:
    converter = open_freevc(tiny_freevc(tmp_path / "tiny"))
    voice, source = converter.voice_of(*heard("ava", 0.0, 2.0)), heard("mia", 1.0, 0.3)
    seeds = range(8)
    due = [converter.converted(*source, voice, seed) for seed in seeds]

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda seed: converter.converted(*source, voice, seed), seeds))
    assert all(np.array_equal(one, other) for one, other in zip(made, due, strict=True))
