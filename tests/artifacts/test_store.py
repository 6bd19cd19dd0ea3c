"""Artifacts under their own digests: kept once, refused when altered."""

import json

import pytest

from avatar.artifacts.artifact import Artifact, Portrait, Speech, VoiceSample
from avatar.artifacts.keyring import FolderKeyring
from avatar.artifacts.manifest import Manifest, Work
from avatar.artifacts.store import Store
from avatar.artifacts.vault import Label, Vault
from avatar.errors import StoreError

ADA, BOB = "p-00000000000000ad", "p-00000000000000b0"


@pytest.fixture
def vault(tmp_path) -> Vault:
    keyring = FolderKeyring(tmp_path / "keys")
    keyring.make(ADA)
    keyring.make(BOB)
    return Vault(keyring)


@pytest.fixture
def store(objects, vault) -> Store:
    return Store(objects, vault)


@pytest.fixture
def portrait(tmp_path):
    path = tmp_path / "portrait.png"
    path.write_bytes(b"ada's face")
    return path


def keep(store: Store, path, *, people=(ADA,)) -> Portrait:
    return store.keep(Portrait, {"picture.png": path}, people=people)


def work(line: str = "hello") -> Work:
    return Work(request="X", fields={"line": line}, use=None, engine="x", options={}, version=1, weights={})


def overwrite(objects, key: str, data: bytes) -> None:
    """Change what stands at *key*, as someone with the bucket's credentials could."""
    objects.delete(key)
    assert objects.create(key, data)


def test_what_is_kept_can_be_fetched(store, portrait, tmp_path):
    kept = keep(store, portrait)

    assert store.fetch(kept, "picture.png", tmp_path / "out").read_bytes() == b"ada's face"
    assert store.manifest(kept.digest).people == (ADA,)


def test_keeping_twice_is_harmless(store, objects, portrait):
    first = keep(store, portrait)
    before = sorted(objects.list("blobs")), sorted(objects.list("manifests"))

    assert keep(store, portrait) == first
    assert (sorted(objects.list("blobs")), sorted(objects.list("manifests"))) == before


def test_the_same_file_from_two_people_is_two_artifacts(store, portrait):
    ada, bob = keep(store, portrait), keep(store, portrait, people=(BOB,))

    assert ada != bob
    assert store.manifest(bob.digest).people == (BOB,)


def test_what_shows_a_person_can_be_listed(store, objects, portrait):
    kept = keep(store, portrait, people=(ADA, BOB))

    assert list(objects.list(f"people/{BOB}/shown")) == [f"people/{BOB}/shown/{kept.digest}"]


def test_an_artifact_needs_all_its_parts_and_no_others(store, portrait):
    for parts in ({}, {"picture.png": portrait, "more.png": portrait}, {"sound.wav": portrait}):
        with pytest.raises(StoreError) as refusal:
            store.keep(Portrait, parts, people=(ADA,))
        assert refusal.value.code == "store.parts"


def test_nothing_is_recalled_before_it_is_remembered(store, portrait):
    made = store.keep(Portrait, {"picture.png": portrait}, people=(ADA,), work=work())
    assert store.recall(Portrait, work().recipe) is None

    store.remember(work().recipe, made)
    assert store.recall(Portrait, work().recipe) == made
    assert store.recall(Portrait, work("bye").recipe) is None


def test_a_recipe_leads_to_what_was_made_first(store, portrait, tmp_path):
    first = store.keep(Portrait, {"picture.png": portrait}, people=(ADA,), work=work())
    portrait.write_bytes(b"made a little differently")
    second = store.keep(Portrait, {"picture.png": portrait}, people=(ADA,), work=work())
    for made in (first, second):
        store.remember(work().recipe, made)

    assert store.recall(Portrait, work().recipe) == first != second


def test_an_altered_blob_is_refused(store, objects, portrait, tmp_path):
    kept = keep(store, portrait)
    (blob,) = objects.list("blobs")
    overwrite(objects, blob, b"bob's face")

    with pytest.raises(StoreError, match="altered") as refusal:
        store.fetch(kept, "picture.png", tmp_path / "out")
    assert refusal.value.code == "store.altered"
    assert not (tmp_path / "out").exists()


def test_a_lost_blob_is_refused(store, objects, portrait, tmp_path):
    kept = keep(store, portrait)
    (blob,) = objects.list("blobs")
    objects.delete(blob)

    with pytest.raises(StoreError, match="missing") as refusal:
        store.fetch(kept, "picture.png", tmp_path / "out")
    assert refusal.value.code == "store.missing"


@pytest.mark.parametrize("change", [{"people": [BOB]}, {"people": []}, {"kind": "Audio"}, {"more": 1}, {"parts": None}])
def test_an_altered_manifest_is_refused(store, objects, vault, portrait, change):
    """Altered by someone who holds the keys, too: otherwise it does not even open."""
    kept = keep(store, portrait)
    key, label = f"manifests/{kept.digest}", Label("manifest", (ADA,), kept.digest)
    said = json.loads(vault.open(objects.read(key), label))
    overwrite(objects, key, vault.seal(json.dumps({**said, **change}).encode(), label))

    with pytest.raises(StoreError) as refusal:
        Store(objects, vault).manifest(kept.digest)
    assert refusal.value.code == "store.altered"


def test_a_recipe_that_leads_elsewhere_is_refused(store, objects, portrait):
    made = store.keep(Portrait, {"picture.png": portrait}, people=(ADA,), work=work())
    store.remember(work("bye").recipe, made)

    with pytest.raises(StoreError, match="does not name") as refusal:
        store.recall(Portrait, work("bye").recipe)
    assert refusal.value.code == "store.altered"


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "0" * 64, "no such\nthing"])
def test_a_handle_that_somebody_made_up_leads_nowhere(store, digest):
    with pytest.raises(StoreError):
        store.manifest(digest)


def test_a_part_that_an_artifact_does_not_have_is_refused(store, portrait, tmp_path):
    kept = keep(store, portrait)

    with pytest.raises(StoreError, match="no part") as refusal:
        store.fetch(kept, "sound.wav", tmp_path / "out")
    assert refusal.value.code == "store.parts"


def test_ancestry_finds_everything_something_was_made_from(store, portrait):
    root = keep(store, portrait)
    child = store.keep(Portrait, {"picture.png": portrait}, people=(ADA,), inputs=(root.digest,), work=work())
    both = store.keep(
        Portrait, {"picture.png": portrait}, people=(ADA,), inputs=(child.digest, root.digest), work=work("bye")
    )

    assert set(store.ancestry(both.digest)) == {root.digest, child.digest, both.digest}


def test_a_download_that_breaks_off_leaves_no_half_file(store, objects, portrait, tmp_path, monkeypatch):
    kept = keep(store, portrait)

    def broken(key, to):
        to.write_bytes(b"ada")
        raise StoreError("the line went dead", code="store.unreachable")

    monkeypatch.setattr(objects, "download", broken)
    with pytest.raises(StoreError, match="dead"):
        store.fetch(kept, "picture.png", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_manifest_is_named_by_what_it_says():
    manifest = Manifest(kind="Image", parts={"picture.png": "0" * 64}, people=(ADA,))

    assert manifest.digest == manifest.model_copy().digest
    assert manifest.digest != manifest.model_copy(update={"people": (BOB,)}).digest


def test_every_part_of_an_artifact_is_named_once():
    for kind in [Artifact, *Artifact.__subclasses__()]:
        assert len(set(kind.parts)) == len(kind.parts)
    assert VoiceSample.parts[0] == Speech.parts[0] == "sound.wav"
