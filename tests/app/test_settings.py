"""Settings are read once, from the environment, and say what is wrong with them."""

from pathlib import Path

import pytest

from avatar.app.context import open_app, open_objects
from avatar.app.settings import Settings
from avatar.artifacts.kms import KmsKeyring
from avatar.artifacts.objects import FolderObjects
from avatar.artifacts.s3 import S3Objects
from avatar.errors import InputError, StoreError


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    """No setting from outside, in an empty working directory."""
    for name in ("HOME", "STORE", "KEYS", "KMS_KEY", "ORGANISATION", "WORKERS", "LOCK_DAYS", "LOCK_MODE"):
        monkeypatch.delenv(f"AVATAR_{name}", raising=False)
    monkeypatch.chdir(tmp_path)


def test_without_settings_everything_is_in_a_folder_here(tmp_path):
    settings = Settings()

    assert settings.home == tmp_path / ".avatar"
    assert settings.key_folder == tmp_path / ".avatar" / "keys"
    assert repr(open_objects(settings)) == f"folder {tmp_path / '.avatar' / 'store'}"


def test_a_home_above_is_found(tmp_path, monkeypatch):
    (tmp_path / ".avatar").mkdir()
    (tmp_path / "scripts" / "today").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "scripts" / "today")

    assert Settings().home == tmp_path / ".avatar"


def test_each_setting_can_be_named(monkeypatch, tmp_path):
    for name, value in {"HOME": "h", "KEYS": "k", "ORGANISATION": "Example Ltd", "WORKERS": "3"}.items():
        monkeypatch.setenv(f"AVATAR_{name}", value)

    settings = Settings()
    assert (settings.home, settings.key_folder) == (Path("h"), Path("k"))
    assert (settings.organisation, settings.workers) == ("Example Ltd", 3)


@pytest.mark.parametrize(
    ("store", "kind", "shown"),
    [
        ("/data/store", FolderObjects, "folder /data/store"),
        ("data/store #2?", FolderObjects, "folder data/store #2?"),
        ("file:///data/my%20store", FolderObjects, "folder /data/my store"),
        ("s3://bucket", S3Objects, "s3://bucket/"),
        ("s3://bucket/a/prefix/", S3Objects, "s3://bucket/a/prefix/"),
    ],
)
def test_a_store_is_a_folder_or_a_bucket(monkeypatch, store, kind, shown):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    objects = open_objects(Settings(store=store))

    assert isinstance(objects, kind)
    assert repr(objects) == shown


@pytest.mark.parametrize("store", ["s3:/bucket", "s3://", "http://bucket/x", "file://host/x", "gs://b"])
def test_a_store_that_is_neither_says_what_to_give(store):
    with pytest.raises(InputError, match="give s3://BUCKET/PREFIX or the path of a folder") as refusal:
        open_objects(Settings(store=store))
    assert refusal.value.code == "settings.store"


@pytest.mark.parametrize(
    ("name", "value"),
    [("WORKERS", "many"), ("WORKERS", "0"), ("ORGANISATION", ""), ("LOCK_DAYS", "0"), ("LOCK_MODE", "soft")],
)
def test_a_setting_that_will_not_do_is_named(monkeypatch, name, value):
    monkeypatch.setenv(f"AVATAR_{name}", value)

    with pytest.raises(InputError, match=f"^AVATAR_{name} '{value}': ") as refusal:
        open_app()
    assert refusal.value.code == "settings.bad-value"


def test_a_house_opens_without_touching_anything(tmp_path):
    open_app()

    assert list(tmp_path.iterdir()) == []


def test_a_house_keeps_its_keys_to_itself(tmp_path):
    context = open_app()
    context.people.enroll("ada", "self", [])

    for path in (tmp_path / ".avatar" / "keys").rglob("*.key"):
        assert path.stat().st_mode & 0o077 == 0


def test_material_keys_lie_in_the_key_folder_apart_from_the_store(tmp_path):
    context = open_app()
    context.vault.keyring.make("p-0000000000000001")

    assert (tmp_path / ".avatar" / "keys" / "material" / "p-0000000000000001.key").is_file()
    assert not (tmp_path / ".avatar" / "store").exists()


def test_a_key_of_kms_wraps_them_when_one_is_named(monkeypatch):
    monkeypatch.setenv("AVATAR_KMS_KEY", "alias/avatar")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    assert isinstance(open_app().vault.keyring, KmsKeyring)


def test_kms_without_a_region_is_explained(monkeypatch):
    monkeypatch.setenv("AVATAR_KMS_KEY", "alias/avatar")
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")

    with pytest.raises(StoreError, match="region") as refusal:
        _ = open_app().vault
    assert refusal.value.code == "keys.unreachable"
