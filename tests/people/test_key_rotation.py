"""A person's key is renewed without losing a byte, however it ends, and the old one opens nothing that is left."""

import os
import shutil
import signal
import subprocess
import sys
import time
from uuid import uuid4

import boto3
import pytest

from avatar.artifacts.artifact import VoiceSample
from avatar.artifacts.keyring import FolderKeyring
from avatar.artifacts.kms import KmsKeyring
from avatar.artifacts.store import Store
from avatar.artifacts.vault import MAX_HEADER_BYTES, Label, Vault, generations_in
from avatar.errors import ConsentError, InputError, StoreError
from avatar.people import key_rotation
from avatar.people.erasure import erase
from avatar.people.key_rotation import rotate
from avatar.testing.world import World
from tests.redteam.attacks import reopened
from tests.redteam.conftest import Scene


@pytest.fixture(autouse=True)
def _nobody_is_slow(monkeypatch):
    monkeypatch.setattr(key_rotation, "_SETTLE_TIME_S", 0.0)


def play(world: World) -> Scene:
    """Two people, who have agreed and been published."""
    scene = Scene(world, world.enroll("zoe"), world.enroll("yan"))
    for person in (scene.victim, scene.accomplice):
        world.agree(person)
        scene.publish(person)
    return scene


@pytest.fixture
def played(world) -> Scene:
    return play(world)


def shown(world: World, person) -> list[str]:
    return [key.rsplit("/", 1)[-1] for key in world.objects.list(f"people/{person.id}/shown")]


def everything(world: World, person) -> dict[str, bytes]:
    """Every part of everything that shows *person*, as a process with nothing in memory reads it."""
    store, found = Store(world.objects, world.vault), {}
    for digest in shown(world, person):
        for part in store.manifest(digest).parts:
            path = store.fetch(VoiceSample(digest), part, world.folder / "taken")
            found[f"{digest} {part}"] = path.read_bytes()
            path.unlink()
    return found


def generations(world: World, person) -> set[int]:
    """The generations that what shows *person* is sealed under."""
    label, found = Label("any", ()), set()
    for digest in shown(world, person):
        manifest = world.store.manifest(digest)
        names = [f"manifests/{digest}"]
        names += [f"blobs/{world.vault.name_of(d, manifest.people)}" for d in manifest.parts.values()]
        found |= {generations_in(world.objects.start(name, MAX_HEADER_BYTES), label)[person.id] for name in names}
    return found | {generations_in(world.objects.read(f"people/{person.id}/card"), label)[person.id]}


def test_everything_reads_as_before_under_the_same_names_and_the_old_key_is_gone(any_world):
    played = play(any_world)
    world, zoe = played.world, played.victim
    before, keys = everything(world, zoe), sorted([*world.objects.list("blobs"), *world.objects.list("manifests")])
    heard = []
    done = rotate(world.people, "zoe", lambda *counts: heard.append(counts))

    assert everything(world, zoe) == before
    assert sorted([*world.objects.list("blobs"), *world.objects.list("manifests")]) == keys
    assert generations(world, zoe) == {2}
    assert generations(world, played.accomplice) == {1}
    assert world.vault.keyring.generations(zoe.id) == (2,)
    assert heard[-1] == (len(shown(world, zoe)),) * 2
    assert done.resealed > len(shown(world, zoe))
    assert reopened_people(world, played).find("zoe") == zoe


def reopened_people(world: World, scene: Scene):
    return World(world.folder, world.objects, now=world.now).people


def test_work_goes_on_afterwards_and_recalls_what_was_made(played):
    before = played.publish(played.victim)
    rotate(played.world.people, "zoe")

    assert played.publish(played.victim) == before
    played.speech(played.victim, "something new")
    assert generations(played.world, played.victim) == {2}


def test_a_copy_of_the_old_key_opens_nothing_that_is_left(world, tmp_path):
    zoe = world.enroll("zoe")
    shutil.copytree(world.folder / "material", tmp_path / "stolen")
    rotate(world.people, "zoe")
    thief = Store(world.objects, Vault(FolderKeyring(tmp_path / "stolen")))

    for digest in shown(world, zoe):
        with pytest.raises((ConsentError, StoreError)):
            thief.manifest(digest)


def test_an_old_copy_of_the_store_opens_with_no_key_that_is_left(world, tmp_path):
    zoe = world.enroll("zoe")
    shutil.copytree(world.folder / "store", tmp_path / "backup")
    rotate(world.people, "zoe")
    shutil.rmtree(world.folder / "store")
    (tmp_path / "backup").rename(world.folder / "store")

    with pytest.raises(StoreError, match="older than the last") as refusal:
        World(world.folder).store.manifest(shown(world, zoe)[0])
    assert refusal.value.code == "store.retired"


def test_erasing_after_rotations_leaves_no_key_of_any_generation(played, tmp_path):
    world, zoe = played.world, played.victim
    digests = shown(world, zoe)
    rotate(world.people, "zoe")
    world.vault.keyring.renew(zoe.id)  # and another that broke off
    rest = Store(world.objects, world.vault)
    erase(world.people, "zoe")

    assert not [path for path in (world.folder / "material").iterdir() if zoe.id in path.name]
    assert not list(world.objects.list(f"people/{zoe.id}"))
    for digest in digests:
        with pytest.raises(ConsentError) as refusal:
            rest.manifest(digest)
        assert refusal.value.code == "person.erased"


@pytest.mark.parametrize("after", range(0, 20, 3))
def test_a_rotation_that_breaks_off_anywhere_loses_nothing_and_is_finished_by_another(world, monkeypatch, after):
    scene = Scene(world, world.enroll("zoe"), world.enroll("yan"))
    world.agree(scene.victim)
    scene.publish(scene.victim)
    before, calls = everything(world, scene.victim), []
    exchange = world.objects.exchange

    def breaks(key, source):
        calls.append(key)
        if len(calls) > after:
            raise KeyboardInterrupt
        return exchange(key, source)

    monkeypatch.setattr(world.objects, "exchange", breaks)
    with pytest.raises(KeyboardInterrupt):
        rotate(world.people, "zoe")
    monkeypatch.undo()

    assert world.vault.keyring.generations(scene.victim.id) == (1, 2)
    assert everything(world, scene.victim) == before
    fresh = reopened(world)
    rest = rotate(fresh.people, "zoe")
    assert rest.resealed == len({*_names(fresh, scene.victim)}) + 1 - after  # and the words of their grant
    assert everything(fresh, scene.victim) == before
    assert fresh.vault.keyring.generations(scene.victim.id) == (2,)


def _names(world: World, person) -> list[str]:
    names = [f"people/{person.id}/card"]
    for digest in shown(world, person):
        manifest = world.store.manifest(digest)
        names += [f"manifests/{digest}"]
        names += [world.vault.name_of(part, manifest.people) for part in manifest.parts.values()]
    return names


_ROTATE = """
import sys, time
from pathlib import Path
from avatar.people import key_rotation
from avatar.people.key_rotation import rotate
from avatar.testing.world import World
world = World(Path(sys.argv[1]))
key_rotation._SETTLE_TIME_S = 0.0
exchange = world.objects.exchange
def slowly(key, source):
    print(key, flush=True)
    time.sleep(0.05)
    return exchange(key, source)
world.objects.exchange = slowly
rotate(world.people, "zoe")
"""


def test_kill_9_in_the_middle_loses_nothing(world):
    zoe = world.enroll("zoe")
    before = everything(world, zoe)
    running = subprocess.Popen([sys.executable, "-c", _ROTATE, str(world.folder)], stdout=subprocess.PIPE)
    for _ in range(3):
        running.stdout.readline()
    os.kill(running.pid, signal.SIGKILL)
    running.wait(10)

    assert everything(world, zoe) == before
    assert world.vault.keyring.generations(zoe.id) == (1, 2)
    rotate(world.people, "zoe")
    assert everything(world, zoe) == before
    assert generations(world, zoe) == {2}


def test_what_is_kept_while_a_rotation_runs_is_readable_afterwards(played, tmp_path):
    """The worst moment: sealed under the old key, and stored after the rotation has looked for the last time."""
    world, zoe = played.world, played.victim
    (tmp_path / "sound.wav").write_bytes(b"a late sound")
    (tmp_path / "transcript.txt").write_text("late words")
    parts = {name: tmp_path / name for name in VoiceSample.parts}
    late = Store(world.objects, world.vault)
    place = late._place

    def after_a_rotation(key, sealed, label):
        late._place = place
        rotate(world.people, "zoe")
        place(key, sealed, label)

    late._place = after_a_rotation
    kept = late.keep(VoiceSample, parts, people=(zoe.id,))

    assert world.vault.keyring.generations(zoe.id) == (2,)
    fresh = Store(world.objects, world.vault)
    assert fresh.fetch(kept, "sound.wav", tmp_path / "out").read_bytes() == b"a late sound"
    assert generations(world, zoe) == {2}


def test_what_someone_was_sealing_when_the_new_key_came_is_found_before_the_old_one_goes(world, monkeypatch):
    zoe = world.enroll("zoe")
    label = Label("words", (zoe.id,))
    sealed, key = world.vault.seal(b"some words", label), f"people/{zoe.id}/words/abc"
    monkeypatch.setattr(key_rotation.time, "sleep", lambda _: world.objects.create(key, sealed))
    rotate(world.people, "zoe")

    assert world.vault.open(world.objects.read(key), label) == b"some words"


def test_what_was_left_unreadable_by_a_crash_is_healed_when_it_is_kept_again(world, tmp_path):
    """Who died between storing and looking for a new key left what nobody can open, and no recipe to it."""
    zoe = world.enroll("zoe")
    parts = {name: tmp_path / name for name in VoiceSample.parts}
    for path in parts.values():
        path.write_bytes(b"some sound")
    kept = world.store.keep(VoiceSample, parts, people=(zoe.id,))
    world.vault.keyring.renew(zoe.id)
    world.vault.keyring.retire(zoe.id)
    with pytest.raises(StoreError):
        World(world.folder).store.manifest(kept.digest)

    fresh = World(world.folder).store
    assert fresh.keep(VoiceSample, parts, people=(zoe.id,)) == kept
    assert fresh.fetch(kept, "sound.wav", tmp_path / "out").read_bytes() == b"some sound"


def test_a_reader_between_two_keys_reads_again(world, tmp_path, monkeypatch):
    zoe = world.enroll("zoe")
    voice = world.likeness(zoe).voice
    download = world.objects.download

    def then_rotated(key, to):
        found = download(key, to)
        monkeypatch.undo()
        rotate(world.people, "zoe")
        return found

    monkeypatch.setattr(world.objects, "download", then_rotated)

    assert world.store.fetch(voice, "sound.wav", tmp_path / "out").read_bytes() == b"zoe's sound.wav"


def test_what_shows_someone_erased_too_is_passed_over(played):
    from avatar.stages.face import SwapFace

    world = played.world
    other = world.likeness(played.accomplice).portrait
    both = played.perform(SwapFace(played.footage(played.victim), other), "tint")
    erase(world.people, "yan")

    rotate(world.people, "zoe")
    label = Label("any", ())
    assert (
        generations_in(world.objects.start(f"manifests/{both.digest}", MAX_HEADER_BYTES), label)[played.victim.id] == 1
    )


@pytest.mark.parametrize("place", ["people/{id}/words/abc", "people/{id}/challenges/x/sound", "links/ab/sealed"])
def test_whatever_else_is_sealed_for_a_person_is_sealed_anew_as_what_it_was(world, place):
    zoe, yan = world.enroll("zoe"), world.enroll("yan")
    label, others = Label("words", (zoe.id,), "any digest"), Label("words", (yan.id,))
    key = place.format(id=zoe.id)
    world.objects.create(key, world.vault.seal(b"some words", label))
    world.objects.create("links/of-another/sealed", world.vault.seal(b"other words", others))
    rotate(world.people, "zoe")

    assert world.vault.open(world.objects.read(key), label) == b"some words"
    assert world.vault.open(world.objects.read("links/of-another/sealed"), others) == b"other words"
    assert generations_in(world.objects.read(key), label) == {zoe.id: 2}


def test_nobody_has_no_key_to_renew(world):
    with pytest.raises(InputError) as refusal:
        rotate(world.people, "nobody")
    assert refusal.value.code == "person.unknown"


def test_sealing_anew_needs_no_more_memory_than_a_few_chunks(world, tmp_path):
    import tracemalloc

    zoe = world.enroll("zoe")
    parts = {name: tmp_path / name for name in VoiceSample.parts}
    for path in parts.values():
        path.write_bytes(os.urandom(1 << 20) * 32)
    world.store.keep(VoiceSample, parts, people=(zoe.id,))

    tracemalloc.start()
    rotate(world.people, "zoe")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_a_team_with_a_bucket_and_kms_renews_as_one_with_a_folder(tmp_path, s3_endpoint):
    from avatar.artifacts.s3 import S3Objects
    from tests.conftest import BUCKET

    objects, master = S3Objects(BUCKET, uuid4().hex), boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]

    def opened() -> World:
        world = World(tmp_path, objects)
        world.vault = Vault(KmsKeyring(objects, master))
        return world

    here, there = opened(), opened()
    zoe = here.enroll("zoe")
    before = everything(here, zoe)
    assert everything(there, zoe) == before
    rotate(here.people, "zoe")

    assert everything(there, zoe) == before
    assert there.vault.keyring.generations(zoe.id) == (2,)
    erase(there.people, "zoe")
    assert list(objects.list(f"people/{zoe.id}")) == []
    with pytest.raises(ConsentError):
        here.vault.keyring.generations(zoe.id)


def test_the_store_reads_the_same_while_it_is_sealed_anew(world):
    """Reader and rotation side by side, many times over."""
    zoe = world.enroll("zoe")
    before = everything(world, zoe)
    running = subprocess.Popen(
        [sys.executable, "-c", _ROTATE.replace("0.05", "0.01"), str(world.folder)], stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while running.poll() is None and time.monotonic() < deadline:
        assert everything(world, zoe) == before
    assert running.wait(1) == 0
    assert everything(world, zoe) == before
