"""K: what is left of a person who was erased: nothing that can be read, anywhere, by anyone."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import boto3
import pytest

from avatar.artifacts.artifact import Artifact
from avatar.artifacts.kms import KmsKeyring
from avatar.artifacts.s3 import S3Objects
from avatar.artifacts.vault import Vault
from avatar.consent.entries import Enrolled, Erased, Refused
from avatar.errors import ConsentError, InputError
from avatar.people.erasure import erase
from avatar.stages.face import AnimateFace, SwapFace
from avatar.stages.registry import EngineSpec
from avatar.stages.render import Publish
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.testing.world import TOY_BRIEF, World
from tests.conftest import BUCKET
from tests.consent.reading import entries, facts
from tests.redteam.attacks import overwrite
from tests.redteam.cases import attack
from tests.redteam.conftest import Scene

_FOLDERS = ("aliases", "blobs", "ledger", "manifests", "people", "recipes")
LINE = "nobody must ever read this sentence again"


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch) -> Path:
    """A temporary folder of our own, so that it can be searched."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def played(scene):
    """A scene in which both have agreed, spoken and been published."""
    scene.world.agree(scene.victim)
    for person in (scene.victim, scene.accomplice):
        scene.speech(person, f"{LINE} {person.alias}")
        scene.publish(person)
    return scene


def secrets(scene, person) -> dict[str, bytes]:
    """Return all that shows *person* or says what they are called, in plain, by where it was found."""
    world, found = scene.world, {"alias": person.alias.encode(), "line": f"{LINE} {person.alias}".encode()}
    for key in world.objects.list(f"people/{person.id}/shown"):
        artifact = Artifact(key.rsplit("/", 1)[-1])
        for part in world.store.manifest(artifact.digest).parts:
            path = world.store.fetch(artifact, part, world.folder / "secret")
            found[f"{artifact.digest[:8]} {part}"] = path.read_bytes()
            path.unlink()
    # Constant bytes say nothing of anyone: a toy's picture is one grey level, its captions are empty.
    return {name: data for name, data in found.items() if len(set(data)) > 3}


def places(folder: Path, secret: bytes) -> list[str]:
    """Return every file below *folder* whose name or bytes hold *secret*, or a piece from its middle."""
    middle = secret[len(secret) // 2 :][:64] if len(secret) > 256 else secret
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [
        str(path.relative_to(folder))
        for path in files
        if middle in path.read_bytes() or middle in path.relative_to(folder).as_posix().encode()
    ]


@attack(
    "whoever has the machine looks for the erased, byte by byte", by="erased", harmless="nothing of them can be read"
)
def test_not_one_readable_byte_is_left(played, temporary):
    world, kept = played.world, secrets(played, played.victim)
    for name, secret in kept.items():  # what is not sealed is found
        (temporary / "plain").write_bytes(b"before" + secret + b"after")
        assert "temporary/plain" in places(world.folder, secret), name
    (temporary / "plain").unlink()
    assert {"sound.wav", "transcript.txt", "picture.png", "footage.mp4", "voice.npz", "step.json"} <= {
        name.split()[-1] for name in kept
    }

    erase(world.people, "victim")

    assert {name: places(world.folder, secret) for name, secret in kept.items() if places(world.folder, secret)} == {}


@attack("whoever has the store alone looks for people", by="sealed", harmless="nothing can be read without the keys")
def test_even_before_that_nothing_in_the_store_can_be_read_without_the_keys(played):
    kept = secrets(played, played.victim)

    assert {name for name, secret in kept.items() if places(played.world.folder, secret)} == set()


@attack("a backup of the store is put back after an erasure", by="erased", code="person.erased", entry=False)
def test_a_copy_of_the_whole_store_is_as_unreadable(played):
    """A backup of the store made before, with all keys that are left."""
    world = played.world
    shown = [key.rsplit("/", 1)[-1] for key in world.objects.list(f"people/{played.victim.id}/shown")]
    shutil.copytree(world.folder / "store", world.folder / "backup")
    erase(world.people, "victim")
    shutil.rmtree(world.folder / "store")
    (world.folder / "backup").rename(world.folder / "store")

    fresh = played.restart().world
    for digest in shown:
        with played.attacked():
            fresh.store.manifest(digest)


@attack("what a killed run left behind is searched", by="swept", harmless="nothing is left")
def test_what_a_killed_run_left_behind_goes_too(played, temporary):
    left = temporary / f"avatar-room-{'0' * 32}"
    left.mkdir()
    (left / "picture.png").write_bytes(b"victim's picture.png")

    erase(played.world.people, "victim")

    assert list(temporary.iterdir()) == []


def test_the_ledger_still_verifies_and_others_go_on(played):
    before = facts(played.world.objects)
    erase(played.world.people, "victim")

    fresh = played.restart()
    assert facts(fresh.world.objects) == [*before, "withdrawn", "erased"]
    assert fresh.world.ledger.read().people[played.victim.id].erased
    fresh.speech(fresh.accomplice, f"{LINE} {fresh.accomplice.alias}")
    fresh.speech(fresh.accomplice, "something new")
    fresh.publish(fresh.accomplice)
    assert [person.alias for person in fresh.world.people.all()] == ["mallory"]


@attack("work goes on with the erased", by="erased", code="consent.erased")
@pytest.mark.parametrize("restart", [False, True])
def test_the_erased_are_refused_with_a_reason_and_an_entry(played, restart):
    """In the process that still remembers their manifests, and in one that cannot read them."""
    world, likeness = played.world, played.world.likeness(played.victim)
    model = played.perform(LearnVoice(likeness.voice), "ear")
    video = played.video(played.victim)
    erase(world.people, "victim")

    scene = played.restart() if restart else played
    scene.refused(LearnVoice(likeness.voice), "ear")
    scene.refused(CloneVoice(model, "hello there"), "beep")
    scene.refused(Publish(video), "stamp")
    speech = scene.speech(scene.accomplice)
    scene.refused(AnimateFace(likeness.portrait, speech), "still")


@attack("what shows an erased person together with another is read", by="erased", code="person.erased", entry=False)
def test_what_shows_two_people_goes_with_either(played):
    other = played.world.likeness(played.accomplice).portrait
    both = played.perform(SwapFace(played.footage(played.victim), other), "tint")
    erase(played.world.people, "victim")

    with played.attacked():
        played.restart().world.store.manifest(both.digest)


@attack("a copied key is put back after an erasure", by="erased", code="consent.erased")
def test_a_key_that_was_copied_before_does_not_bring_them_back(played):
    world, voice = played.world, played.world.likeness(played.victim).voice
    key = world.folder / "material" / f"{played.victim.id}.key"
    copied = key.read_bytes()
    erase(world.people, "victim")
    key.write_bytes(copied)

    fresh = played.restart()
    fresh.refused(LearnVoice(voice), "ear")
    assert not [person for person in fresh.world.people.all() if person.id == played.victim.id]


def test_the_erased_cannot_be_enrolled_or_agree_again(played):
    world = played.world
    signing = (world.folder / "people" / f"{played.victim.id}.key").read_bytes()
    erase(world.people, "victim")
    (world.folder / "people" / f"{played.victim.id}.key").write_bytes(signing)

    with pytest.raises(InputError) as taken:
        world.enroll("victim")
    assert taken.value.code == "person.id-taken"
    with pytest.raises(ConsentError) as refusal:
        world.agree(played.victim)
    assert refusal.value.code == "consent.erased"
    assert isinstance(entries(world.objects)[-1].fact, Refused)


def test_who_comes_back_is_someone_new(played):
    erase(played.world.people, "victim")
    again = played.world.people.enroll("victim", "synthetic", [])

    assert again.id != played.victim.id
    assert played.world.people.find("victim") == again
    assert isinstance(entries(played.world.objects)[-1].fact, Enrolled)


@pytest.mark.parametrize("broken", ["destroy", "delete"])
@pytest.mark.parametrize("name", ["victim", "id"])
def test_an_erasure_that_broke_off_is_finished_by_another(played, monkeypatch, broken, name):
    world = played.world
    kept = secrets(played, played.victim)

    def breaks(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(world.vault.keyring if broken == "destroy" else world.objects, broken, breaks)
    with pytest.raises(KeyboardInterrupt):
        erase(world.people, "victim")
    monkeypatch.undo()
    tempfile.tempdir = str(world.folder / "temporary")

    fresh = played.restart().world
    assert erase(fresh.people, played.victim.id if name == "id" else "victim").person == played.victim.id
    assert {name for name, secret in kept.items() if places(world.folder, secret)} == set()
    assert facts(world.objects).count("erased") == 1


def test_erasing_names_the_files_that_are_out_there(played):
    published = [entry.fact.file for entry in entries(played.world.objects) if entry.fact.kind == "published"]

    assert erase(played.world.people, "victim").published == (published[0],)


def test_someone_whose_key_was_lost_can_be_erased_by_id(played):
    played.world.vault.keyring.destroy(played.victim.id)
    with pytest.raises(ConsentError) as refusal:
        erase(played.world.people, "victim")
    assert refusal.value.code == "person.erased"

    assert erase(played.restart().world.people, played.victim.id).person == played.victim.id


@attack("an exchanged alias has somebody else erased", by="pseudonyms", code="store.altered", entry=False)
def test_an_exchanged_alias_does_not_erase_someone_else(scene):
    overwrite(scene.world.objects, scene.world.people.alias_key("mallory"), scene.victim.id.encode())

    with scene.attacked():
        erase(scene.world.people, "mallory")
    assert "erased" not in facts(scene.world.objects)


def test_a_stranger_cannot_be_erased(scene):
    with pytest.raises(InputError) as refusal:
        erase(scene.world.people, "p-ffffffffffffffff")
    assert refusal.value.code == "person.unknown"
    with pytest.raises(ConsentError) as unknown:
        scene.world.ledger.append(Erased(person="p-ffffffffffffffff"))
    assert unknown.value.code == "consent.unknown-person"


@attack("an erasure falls between the last question and the keeping", by="erased", code="person.erased")
def test_an_erasure_during_work_ends_it_with_an_entry_and_keeps_nothing(played):
    """The key goes between the last question and the keeping: the narrowest gap there is."""
    world = played.world
    voice = world.likeness(played.victim).voice
    keep = world.store.keep

    class Gap:
        def __getattr__(self, name):
            return getattr(world.store, name)

        def keep(self, *what, **how):
            world.vault.keyring.destroy(played.victim.id)
            return keep(*what, **how)

    before = list(world.objects.list("blobs"))
    studio = replace(world.studio, store=Gap())
    model = studio.perform(LearnVoice(voice), EngineSpec("ear"), TOY_BRIEF)  # recalled: nothing to keep

    with played.attacked():
        studio.perform(CloneVoice(model, "a new line"), EngineSpec("beep"), TOY_BRIEF)
    assert list(world.objects.list("blobs")) == before


@attack("whoever has the bucket and KMS looks for the erased", by="erased", harmless="nothing of them can be read")
def test_a_team_with_a_bucket_and_kms_erases_as_one_with_a_folder(tmp_path, s3_endpoint):
    objects, master = S3Objects(BUCKET, uuid4().hex), boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]

    def opened() -> World:
        world = World(tmp_path, objects)
        world.vault = Vault(KmsKeyring(objects, master))
        return world

    here, there = opened(), opened()
    scene = Scene(here, here.enroll("victim"), here.enroll("mallory"))
    here.agree(scene.victim)
    here.agree(scene.accomplice)
    kept, voice = secrets(scene, scene.victim), here.likeness(scene.victim).voice
    Scene(there, scene.victim, scene.accomplice).publish(scene.victim)
    erase(here.people, "victim")

    everything = {key: objects.read(key) for folder in _FOLDERS for key in objects.list(folder)}
    assert {name for name, secret in kept.items() for data in everything.values() if secret in data} == set()
    assert [key for key in everything if scene.victim.id in key] == []
    for world in (there, opened()):
        other = Scene(world, scene.victim, scene.accomplice)
        with pytest.raises(ConsentError):
            other.perform(LearnVoice(voice), "ear")
        other.publish(scene.accomplice)
