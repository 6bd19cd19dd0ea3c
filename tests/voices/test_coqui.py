import logging
from pathlib import Path

import numpy as np
import pytest
import soundfile

from avatar.errors import InputError, WeightsError
from avatar.models.pinned import digest_of_folder
from avatar.voices.backends.coqui import CoquiVoice, open_coqui
from tests.voices.models import tiny_glow, tiny_hifigan, tiny_tacotron2, tiny_vits, tiny_xtts

REFERENCE = Path(__file__).parents[2] / "performers" / "ava_statement.flac"
LINE = "Hello there, this is a short line."

pytestmark = pytest.mark.slow


def speaks(network: CoquiVoice, *, like: Path | None = None, seed: int = 1) -> np.ndarray:
    sound, rate = network.say_as(LINE, like, "en", seed) if like else network.say(LINE, "", "en", seed)
    assert rate in (22_050, 24_000)
    assert 0.2 < len(sound) / rate < 20
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() > 0
    return sound


@pytest.mark.parametrize(("build", "kind"), [(tiny_vits, "vits"), (tiny_xtts, "xtts")], ids=["YourTTS", "XTTS"])
def test_a_model_that_clones_speaks_like_the_reference_twice_the_same(build, kind, tmp_path, offline) -> None:
    sound, rate = soundfile.read(REFERENCE, frames=50_000)
    soundfile.write(tmp_path / "reference.wav", sound, rate)
    folder = build(tmp_path / "tiny")
    pinned = digest_of_folder(folder)
    network = open_coqui(folder, None, (kind,))

    assert network.clones
    made = speaks(network, like=tmp_path / "reference.wav")
    assert np.array_equal(made, speaks(network, like=tmp_path / "reference.wav"))
    assert digest_of_folder(folder) == pinned  # the library writes older checkpoints anew, if it is let


@pytest.mark.parametrize(("build", "kind"), [(tiny_glow, "glow_tts"), (tiny_tacotron2, "tacotron2")])
def test_a_model_of_spectrograms_speaks_through_its_vocoder(build, kind, tmp_path, offline) -> None:
    network = open_coqui(build(tmp_path / "tiny"), tiny_hifigan(tmp_path / "vocoder"), (kind,))

    assert network.alone
    assert np.array_equal(speaks(network), speaks(network))


def test_a_vits_of_one_person_speaks_in_their_voice(tmp_path, offline) -> None:
    network = open_coqui(tiny_vits(tmp_path / "tiny", encoder=False))

    assert network.alone
    assert np.array_equal(speaks(network), speaks(network))


def test_a_vits_of_many_speaks_as_the_one_that_is_named(tmp_path, offline) -> None:
    network = open_coqui(tiny_vits(tmp_path / "tiny", encoder=False, voices=("p225", "p226")))

    assert not network.alone
    assert network.own_voices == ("p225", "p226")
    first, second = (network.say(LINE, name, "en", 1)[0] for name in network.own_voices)
    assert np.array_equal(first, speaks(network))
    assert not np.array_equal(first, second)
    with pytest.raises(InputError, match="p225, p226") as refusal:
        network.say(LINE, "p999", "en", 1)
    assert refusal.value.code == "coqui.unknown-speaker"


def test_what_is_said_is_in_no_log(tmp_path, caplog) -> None:
    network = open_coqui(tiny_glow(tmp_path / "tiny"))
    caplog.set_level(logging.DEBUG)

    network.say("A secret \u4e2d word.", "", "en", 1)

    assert "secret" not in caplog.text
    assert "\u4e2d" not in caplog.text


def test_a_language_the_model_does_not_speak_is_refused(tmp_path) -> None:
    network = open_coqui(tiny_xtts(tmp_path / "tiny"))

    with pytest.raises(InputError, match="its languages: ar, cs") as refusal:
        network.say_as(LINE, REFERENCE, "xx", 1)
    assert refusal.value.code == "coqui.unknown-language"


@pytest.mark.parametrize(
    ("lost", "named"),
    [("model.pth", "model.pth"), ("config_se.json", "config_se.json"), ("config.json", "config.json")],
)
def test_a_missing_file_is_named(lost: str, named: str, tmp_path) -> None:
    folder = tiny_vits(tmp_path / "tiny")
    (folder / lost).unlink()

    with pytest.raises(WeightsError, match=named) as refusal:
        open_coqui(folder)
    assert refusal.value.code == "weights.missing"


def test_a_checkpoint_of_another_size_is_refused(tmp_path) -> None:
    folder = tiny_glow(tmp_path / "tiny")
    (folder / "model_file.pth").write_bytes((tiny_tacotron2(tmp_path / "other") / "model_file.pth").read_bytes())

    with pytest.raises(WeightsError, match=r"not a model as its config\.json describes") as refusal:
        open_coqui(folder)
    assert refusal.value.code == "weights.other-network"


def test_a_model_of_phonemes_names_the_program_that_it_needs(tmp_path, monkeypatch) -> None:
    folder = tiny_vits(tmp_path / "tiny", encoder=False)
    config = folder / "config.json"
    config.write_text(
        config.read_text()
        .replace('"use_phonemes": false', '"use_phonemes": true')
        .replace('"phonemizer": null', '"phonemizer": "espeak"')
    )
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(InputError, match="espeak-ng") as refusal:
        open_coqui(folder)
    assert refusal.value.code == "coqui.no-phonemizer"


def test_scaling_statistics_are_read_once_they_are_arrays(tmp_path, offline) -> None:
    folder = tiny_glow(tmp_path / "tiny")
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"stats_path": null', '"stats_path": "/home/trainer/scale_stats.npy"'))
    bands = {"mel_mean": 80, "mel_std": 80, "linear_mean": 513, "linear_std": 513}
    np.save(folder / "scale_stats.npy", {name: np.full(count, 2.0) for name, count in bands.items()})

    with pytest.raises(WeightsError, match=r"is a pickle.*numpy\.savez\('scale_stats\.npz'") as refusal:
        open_coqui(folder)
    assert refusal.value.code == "weights.unreadable"

    np.savez(folder / "scale_stats.npz", **{name: np.full(count, 2.0) for name, count in bands.items()})
    speaks(open_coqui(folder))
