from pathlib import Path

import pytest

from avatar.canonical import digest_of_file
from avatar.errors import AvatarError
from avatar.models.pinned import digest_of_folder, resolve_pinned_dir, resolve_pinned_file
from avatar.models.reference import ModelRef


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AVATAR_WEIGHTS", str(tmp_path))
    (tmp_path / "coqui" / "tiny").mkdir(parents=True)
    (tmp_path / "coqui" / "tiny" / "config.json").write_text("{}")
    (tmp_path / "coqui" / "tiny" / "model.pth").write_bytes(b"weights")
    return tmp_path / "coqui" / "tiny"


def test_a_pinned_folder_is_found(folder: Path) -> None:
    assert resolve_pinned_dir(ModelRef("coqui/tiny", digest_of_folder(folder)), option="model") == folder


def test_what_is_missing_names_where_to_put_it(folder: Path) -> None:
    with pytest.raises(AvatarError, match=str(folder.parent / "other")) as refusal:
        resolve_pinned_dir(ModelRef("coqui/other"), option="model")

    assert refusal.value.code == "weights.missing"


def test_an_unpinned_folder_is_refused_with_its_digest(folder: Path) -> None:
    with pytest.raises(AvatarError, match=f"path: coqui/tiny, sha256: {digest_of_folder(folder)}, ") as refusal:
        resolve_pinned_dir(ModelRef("coqui/tiny"), option="model")

    assert refusal.value.code == "weights.not-pinned"


def test_one_more_file_is_another_folder(folder: Path) -> None:
    pinned = digest_of_folder(folder)
    (folder / "speakers.pth").write_bytes(b"strangers")

    with pytest.raises(AvatarError) as refusal:
        resolve_pinned_dir(ModelRef("coqui/tiny", pinned), option="model")

    assert refusal.value.code == "weights.altered"


@pytest.mark.parametrize("name", ["/etc", "../other", "coqui/../../other"])
def test_no_path_leads_out_of_the_weights_folder(folder: Path, name: str) -> None:
    with pytest.raises(AvatarError) as refusal:
        resolve_pinned_dir(ModelRef(name), option="model")

    assert refusal.value.code == "weights.path"


def test_only_the_named_files_of_a_folder_are_needed_and_pinned(folder: Path) -> None:
    files = ("nets/a.pth", "b.pth")
    with pytest.raises(AvatarError, match=r"nets/a\.pth is not there.*nets/a\.pth, b\.pth") as refusal:
        resolve_pinned_dir(ModelRef("coqui/tiny"), option="model", files=files)
    assert refusal.value.code == "weights.missing"

    (folder / "nets").mkdir()
    (folder / "nets" / "a.pth").write_bytes(b"a")
    (folder / "b.pth").write_bytes(b"b")
    pinned = digest_of_folder(folder, files)
    (folder / "readme.txt").write_text("anything")

    assert resolve_pinned_dir(ModelRef("coqui/tiny", pinned), option="model", files=files) == folder
    (folder / "b.pth").write_bytes(b"c")
    with pytest.raises(AvatarError) as refusal:
        resolve_pinned_dir(ModelRef("coqui/tiny", pinned), option="model", files=files)
    assert refusal.value.code == "weights.altered"


def test_a_single_file_is_found_pinned_and_explained(folder: Path) -> None:
    name, digest = "coqui/tiny/model.pth", digest_of_file(folder / "model.pth")

    assert resolve_pinned_file(ModelRef(name, digest), option="model", what="a model") == folder / "model.pth"
    for sha256, code in (("", "weights.not-pinned"), ("0" * 64, "weights.altered")):
        with pytest.raises(AvatarError) as refusal:
            resolve_pinned_file(ModelRef(name, sha256), option="model", what="a model")
        assert refusal.value.code == code
    with pytest.raises(AvatarError, match=r"model: no file at .*/none\.onnx; put a model there") as refusal:
        resolve_pinned_file(ModelRef("none.onnx", digest), option="model", what="a model")
    assert refusal.value.code == "weights.missing"
