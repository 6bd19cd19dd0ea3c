"""F: weight files that would run code, were swapped, lie elsewhere, or call somebody."""

import hashlib
import json
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest

from avatar.canonical import digest_of_file
from avatar.faces.inswapper.networks import open_encoder, open_swapper
from avatar.faces.liveportrait.checkpoint import CHECKPOINT_FILES, build_networks, load_network
from avatar.faces.wav2lip.checkpoint import read_checkpoint, resolve_checkpoint
from avatar.models.pinned import digest_of_folder, resolve_pinned_dir
from avatar.models.reference import ModelRef
from avatar.models.weights import Weights, locate
from avatar.voices.adaptation.voice_model import read_sample
from avatar.voices.backends.conversion import open_freevc, open_knnvc, open_openvoice
from avatar.voices.backends.coqui import open_coqui
from tests.faces import onnx_models
from tests.faces.onnx_models import saved
from tests.redteam.cases import attack
from tests.voices.models import tiny_freevc, tiny_glow, tiny_knnvc, tiny_letters, tiny_openvoice


class Running:
    """What unpickles into a call."""

    def __init__(self, path) -> None:
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def weights_of(path, content: bytes = b"tensors") -> Weights:
    path.write_bytes(content)
    return Weights("test", f"folder:{path.name}", hashlib.sha256(content).hexdigest(), "Apache-2.0")


@attack("a checkpoint runs code when it is unpickled", by="plain weights", code="weights.unreadable", entry=False)
def test_a_checkpoint_that_runs_code(scene, weights, tmp_path):
    import torch

    path = weights / "wav2lip.pth"
    torch.save({"state_dict": Running(tmp_path / "ran")}, path)

    with scene.attacked():
        read_checkpoint(resolve_checkpoint(ModelRef(path.name, digest_of_file(path))))
    assert not (tmp_path / "ran").exists()


@attack(
    "an animator's checkpoint runs code when it is unpickled",
    by="plain weights",
    code="weights.unreadable",
    entry=False,
)
@pytest.mark.parametrize("file", CHECKPOINT_FILES)
def test_an_animators_checkpoint_that_runs_code(scene, weights, tmp_path, file):
    import torch

    (weights / file).parent.mkdir(exist_ok=True)
    torch.save({"retarget_eye": Running(tmp_path / "ran")}, weights / file)

    with scene.attacked():
        load_network(file, build_networks()[file], weights, "cpu")
    assert not (tmp_path / "ran").exists()


@attack("an old kind of checkpoint is a bare pickle", by="plain weights", code="weights.unreadable", entry=False)
def test_a_bare_pickle(scene, weights, tmp_path):
    path = weights / "wav2lip.pth"
    path.write_bytes(pickle.dumps(Running(tmp_path / "ran")))

    with scene.attacked():
        read_checkpoint(resolve_checkpoint(ModelRef(path.name, digest_of_file(path))))
    assert not (tmp_path / "ran").exists()


@attack("a voice model holds pickled objects", by="plain weights", code="voice.unreadable", entry=False)
def test_a_voice_model_of_objects(scene, tmp_path):
    path = tmp_path / "voice.npz"
    np.savez(path, kind=np.array("sample"), sound=np.array([Running(tmp_path / "ran")], dtype=object))

    with scene.attacked():
        read_sample(path)
    assert not (tmp_path / "ran").exists()


@attack("a voice model is an archive that unfolds elsewhere", by="plain weights", code="voice.unreadable", entry=False)
def test_a_voice_model_that_is_another_archive(scene, tmp_path):
    path = tmp_path / "voice.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("../../escaped.npy", b"anything")

    with scene.attacked():
        read_sample(path)
    assert list(tmp_path.rglob("escaped*")) == []


@attack("weights are swapped", by="weights by digest", code="weights.altered", entry=False)
def test_swapped_weights(scene, weights):
    pinned = weights_of(weights / "w")
    (weights / "w").write_bytes(b"other tensors")

    with scene.attacked():
        locate(pinned)


@attack(
    "weights are swapped under a running process, time stamp and all",
    by="weights by digest",
    code="weights.altered",
    entry=False,
)
def test_swapped_weights_with_the_old_time_stamp(scene, weights):
    path = weights / "w"
    pinned = weights_of(path)
    locate(pinned)
    facts = path.stat()
    path.write_bytes(b"tensorz")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))

    with scene.attacked():
        locate(pinned)


@attack("a link stands in the place of weights", by="weights by digest", code="weights.altered", entry=False)
def test_a_link_to_other_weights(scene, weights, tmp_path):
    pinned = weights_of(weights / "w")
    (tmp_path / "elsewhere").write_bytes(b"other tensors")
    (weights / "w").unlink()
    (weights / "w").symlink_to(tmp_path / "elsewhere")

    with scene.attacked():
        locate(pinned)


@attack("a blueprint names weights outside their folder", by="weights folder", code="weights.path", entry=False)
@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../../b"])
def test_weights_outside_their_folder(scene, weights, name):
    with scene.attacked():
        resolve_checkpoint(ModelRef(name, "0" * 64))
    with scene.attacked():
        resolve_pinned_dir(ModelRef(name, "0" * 64), option="model")


@attack("weights are brought that nobody pinned", by="weights by digest", code="weights.not-pinned", entry=False)
def test_weights_that_nobody_pinned(scene, weights):
    (weights / "wav2lip.pth").write_bytes(b"x")

    with scene.attacked():
        resolve_checkpoint(ModelRef("wav2lip.pth"))


@attack("a file is added to a pinned model folder", by="weights by digest", code="weights.altered", entry=False)
def test_a_file_more_in_a_model_folder(scene, weights):
    folder = weights / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    pinned = digest_of_folder(folder)
    (folder / "modeling.py").write_text("print('here')")

    with scene.attacked():
        resolve_pinned_dir(ModelRef("model", pinned), option="model")


@attack(
    "a model's configuration has a file fetched from an address",
    by="local weights",
    code="weights.outside",
    entry=False,
)
@pytest.mark.parametrize("name", ["speakers_file", "d_vector_file", "speaker_encoder_model_path"])
def test_a_configuration_that_calls_somebody(scene, weights, name):
    folder = weights / "model"
    folder.mkdir()
    where = "http://127.0.0.1:9/speakers.pth"
    value = [where] if name == "d_vector_file" else where
    (folder / "config.json").write_text(json.dumps({"model": "vits", "model_args": {name: value}}))

    with scene.attacked():
        open_coqui(folder)


@attack(
    "a model is of a kind that unpickles or downloads as it loads",
    by="plain weights",
    code="weights.other-network",
    entry=False,
)
def test_a_kind_of_model_that_unpickles(scene, weights):
    folder = weights / "model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model": "bark"}))

    with scene.attacked():
        open_coqui(folder)


@attack(
    "a model's configuration names another network beside its own, one that unpickles",
    by="plain weights",
    code="weights.other-network",
    entry=False,
)
@pytest.mark.parametrize("name", ["base_model", "generator_model"])
def test_a_second_network_that_unpickles(scene, weights, name):
    folder = weights / "model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model": "vits", name: "bark"}))

    with scene.attacked():
        open_coqui(folder)


@attack(
    "a model's configuration names a class of its own for its letters",
    by="local weights",
    code="weights.outside",
    entry=False,
)
def test_a_configuration_that_brings_a_class(scene, weights):
    folder = weights / "model"
    folder.mkdir()
    config = {"model": "vits", "characters": {"characters_class": "evil.Characters"}}
    (folder / "config.json").write_text(json.dumps(config))

    with scene.attacked():
        open_coqui(folder)


@pytest.mark.slow
@attack("a speech model's checkpoint runs code", by="plain weights", code="weights.unreadable", entry=False)
@pytest.mark.parametrize(
    ("build", "open_it", "file"),
    [
        (tiny_glow, open_coqui, "model_file.pth"),
        (tiny_openvoice, open_openvoice, "checkpoint.pth"),
        (tiny_freevc, open_freevc, "model.pth"),
        (tiny_freevc, open_freevc, "speaker_encoder.pt"),
        (tiny_knnvc, open_knnvc, "model.pth"),
        (tiny_knnvc, open_knnvc, "WavLM-Large.pt"),
    ],
)
def test_a_speech_checkpoint_that_runs_code(scene, tmp_path, build, open_it, file):
    import torch

    folder = build(tmp_path / "model")
    torch.save({"model": Running(tmp_path / "ran")}, folder / file)

    with scene.attacked():
        open_it(folder)
    assert not (tmp_path / "ran").exists()


@pytest.mark.slow
@attack("a checkpoint holds a string that is evaluated", by="plain weights", code="weights.unreadable", entry=False)
@pytest.mark.parametrize("string", ["__import__('os').system('touch {ran}') or [(16,10,5)]", "[(9,9,9)] * 9**9", ""])
def test_a_checkpoint_with_a_string_that_is_evaluated(scene, tmp_path, string):
    import torch

    folder = tiny_knnvc(tmp_path / "model")
    stored = torch.load(folder / "WavLM-Large.pt", weights_only=True)
    stored["cfg"]["conv_feature_layers"] = string.format(ran=tmp_path / "ran")
    torch.save(stored, folder / "WavLM-Large.pt")

    with scene.attacked():
        open_knnvc(folder)
    assert not (tmp_path / "ran").exists()


@pytest.mark.slow
@attack("a model's statistics are a pickle that runs code", by="plain weights", code="weights.unreadable", entry=False)
def test_statistics_that_run_code(scene, tmp_path):
    folder = tiny_glow(tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    config["audio"]["stats_path"] = "scale_stats.npy"
    (folder / "config.json").write_text(json.dumps(config))
    np.save(folder / "scale_stats.npy", np.array(Running(tmp_path / "ran"), dtype=object))

    with scene.attacked():
        open_coqui(folder)
    assert not (tmp_path / "ran").exists()


@pytest.mark.slow
@attack("a model folder brings code that wants to be run", by="plain weights", harmless="it is not run")
def test_code_beside_a_model(tmp_path):
    from avatar.voices.alignment.ctc import _load

    folder = tiny_letters(tmp_path / "letters")
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = {"AutoModelForCTC": "evil.Evil", "AutoConfig": "evil.Evil"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').write('here')")
    _load(folder)

    assert not (tmp_path / "ran").exists()


@pytest.mark.slow
@attack("a safetensors file claims a header of gigabytes", by="plain weights", harmless="it is refused by its reader")
def test_a_safetensors_header_of_gigabytes(tmp_path):
    from avatar.voices.alignment.ctc import _load

    folder = tiny_letters(tmp_path / "letters")
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", 1 << 40) + b"{}")

    with pytest.raises(Exception, match=r"[Hh]eader"):
        _load(folder)


@pytest.mark.slow
@attack("a model without its weights has them downloaded", by="local weights", harmless="nobody is called")
def test_missing_weights_are_not_downloaded(tmp_path, monkeypatch):
    import socket

    from avatar.voices.alignment.ctc import _load

    folder = tiny_letters(tmp_path / "letters")
    (folder / "model.safetensors").unlink()
    called = []
    monkeypatch.setattr(socket.socket, "connect", lambda *a: called.append(a))

    with pytest.raises(OSError, match="safetensors"):
        _load(folder)
    assert called == []


@attack(
    "an ONNX network has its tensors read from files beside or above it",
    by="local weights",
    code="weights.outside",
    entry=False,
)
@pytest.mark.parametrize("location", ["../secret", "/etc/passwd", "tensors.bin"])
def test_an_onnx_network_that_reads_other_files(scene, weights, tmp_path, location):
    (tmp_path / "secret").write_bytes(bytes(512 * 512 * 4))
    (weights / "tensors.bin").write_bytes(bytes(512 * 512 * 4))
    model = saved(onnx_models.outside(onnx_models.swapper(), "emap", location), weights / "swap.onnx")

    with scene.attacked():
        open_swapper(model, digest_of_file(model), "cpu")


@attack("an ONNX network calls code that its author brings", by="plain weights", code="weights.unreadable", entry=False)
def test_an_onnx_network_with_an_operator_of_its_own(scene, weights):
    model = onnx_models.encoder()
    model.graph.node[0].op_type, model.graph.node[0].domain = "Run", "somebody"
    path = saved(model, weights / "who.onnx")

    with scene.attacked():
        open_encoder(path, digest_of_file(path), "cpu")
