from pathlib import Path

import pytest

from avatar.errors import AvatarError
from avatar.voices.brought import brought, digest_of_folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AVATAR_WEIGHTS", str(tmp_path))
    (tmp_path / "coqui" / "tiny").mkdir(parents=True)
    (tmp_path / "coqui" / "tiny" / "config.json").write_text("{}")
    (tmp_path / "coqui" / "tiny" / "model.pth").write_bytes(b"weights")
    return tmp_path / "coqui" / "tiny"


def test_a_pinned_folder_is_found(folder: Path) -> None:
    assert brought("coqui/tiny", digest_of_folder(folder), option="model") == folder


def test_what_is_missing_names_where_to_put_it(folder: Path) -> None:
    with pytest.raises(AvatarError, match=str(folder.parent / "other")) as refusal:
        brought("coqui/other", "", option="model")

    assert refusal.value.code == "weights.missing"


def test_an_unpinned_folder_is_refused_with_its_digest(folder: Path) -> None:
    with pytest.raises(AvatarError, match=f"model_sha256: {digest_of_folder(folder)}") as refusal:
        brought("coqui/tiny", "", option="model")

    assert refusal.value.code == "weights.not-pinned"


def test_one_more_file_is_another_folder(folder: Path) -> None:
    pinned = digest_of_folder(folder)
    (folder / "speakers.pth").write_bytes(b"strangers")

    with pytest.raises(AvatarError) as refusal:
        brought("coqui/tiny", pinned, option="model")

    assert refusal.value.code == "weights.altered"


@pytest.mark.parametrize("name", ["/etc", "../other", "coqui/../../other"])
def test_no_path_leads_out_of_the_weights_folder(folder: Path, name: str) -> None:
    with pytest.raises(AvatarError) as refusal:
        brought(name, "", option="model")

    assert refusal.value.code == "weights.path"
