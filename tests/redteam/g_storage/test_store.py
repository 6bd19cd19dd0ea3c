"""G: the store: odd names, things put in the place of others, exhausted disks, read-only folders."""

import errno
import os
from dataclasses import replace

import pytest

from avatar.artifacts.artifact import Footage, Speech, VoiceSample
from avatar.artifacts.objects import FolderObjects
from avatar.errors import AvatarError
from avatar.stages.render import Publish, Render
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.studio.studio import Studio
from avatar.testing.world import TOY_BRIEF
from tests.consent.reading import facts
from tests.redteam.attacks import blob_key, overwrite
from tests.redteam.cases import attack

OUT_OF_THE_STORE = [
    "../../../etc/passwd",
    "..",
    ".",
    "/etc/passwd",
    "a/../../b",
    "",
    "%2e%2e",
    "a\x00b",
    "ａ",
    "A" * 64,
]


@attack("a handle names a file outside the store", by="server-made keys", code="store.key")
@pytest.mark.parametrize("digest", OUT_OF_THE_STORE)
def test_a_handle_cannot_name_a_file(scene, digest):
    scene.refused(LearnVoice(VoiceSample(digest)), "ear")


@attack("a handle names the ledger's entries as material", by="server-made keys", code="store.missing")
def test_a_handle_cannot_reach_other_folders_of_the_store(scene):
    scene.refused(LearnVoice(VoiceSample("entries")), "ear")


@attack("a person is called by a path", by="server-made keys", code="person.unknown", entry=False)
@pytest.mark.parametrize("name", ["../../people", "/etc/passwd", "", "a\x00b", "*"])
def test_a_person_cannot_be_named_by_a_path(scene, name):
    with scene.attacked():
        scene.world.people.find(name)


@attack("someone is enrolled under a path", by="server-made keys", code="person.bad-alias", entry=False)
def test_an_alias_cannot_be_a_path(scene):
    with scene.attacked():
        scene.world.people.enroll("../../mallory", "synthetic", [])
    assert list(scene.world.folder.parent.glob("mallory*")) == []


@attack("an id that is a path makes a key elsewhere", by="server-made keys", code="store.altered", entry=False)
def test_an_id_cannot_be_a_path(scene):
    with scene.attacked():
        scene.world.vault.keyring.make("../../../mallory")
    assert list(scene.world.folder.parent.rglob("mallory.key")) == []


@attack("a blob is written over by another write of the same name", by="never overwritten", harmless="the first stays")
def test_what_stands_in_the_store_stays(scene):
    speech = scene.speech(scene.accomplice)
    key = blob_key(scene.world, speech, "sound.wav")
    before = scene.world.objects.read(key)

    assert not scene.world.objects.create(key, b"another voice")
    assert scene.world.objects.read(key) == before


@attack("a publication in the ledger is written over", by="append where nothing stands", harmless="the first stays")
def test_an_entry_cannot_be_written_over(scene):
    scene.publish(scene.accomplice)
    last = max(scene.world.objects.list("ledger/entries"))
    before = scene.world.objects.read(last)

    assert not scene.world.objects.create(last, b"{}")
    assert scene.world.objects.read(last) == before


@attack("two processes append at the same index", by="append where nothing stands", harmless="one of them wins")
def test_one_index_holds_one_entry(scene):
    here, there = scene.world.ledger, scene.restart().world.ledger
    (position, state), _ = here.head(), there.head()
    taken = scene.world.people.withdraw  # any entry will do
    assert state.index == position.index

    taken(scene.victim)
    order = facts(scene.world.objects)
    assert not there.append_at(position, state_fact(scene))
    assert facts(scene.world.objects) == order


def state_fact(scene):
    from avatar.consent.entries import Refused

    return Refused(code="test.fact", request="Publish")


@attack("the disk fills up at some moment", by="whole or nothing", code="store.full", entry=False)
@pytest.mark.parametrize("after", range(0, 60, 6))
def test_a_disk_that_fills_up_at_any_moment_leaves_a_store_that_works(scene, monkeypatch, after):
    """Whatever was written before stands whole; afterwards the same work is done as if nothing had been."""
    calls = []

    def filling(_):
        calls.append(1)
        if len(calls) > after:
            raise OSError(errno.ENOSPC, "No space left on device")

    with scene.attacked(), monkeypatch.context() as patch:
        patch.setattr(os, "fsync", filling)
        scene.publish(scene.accomplice)

    fresh = scene.restart()
    fresh.publish(scene.accomplice)
    assert facts(fresh.world.objects).count("published") == 1


@attack("the store turns read-only between signing and publishing", by="whole or nothing", code="store.io", entry=False)
def test_a_store_that_turns_read_only_publishes_nothing(scene, monkeypatch):
    video = scene.video(scene.accomplice)

    def read_only(*_):
        raise OSError(errno.EROFS, "Read-only file system")

    with scene.attacked(), monkeypatch.context() as patch:
        patch.setattr(FolderObjects, "_write", read_only)
        scene.perform(Publish(video), "stamp")


@attack("the disk fills up right behind the publication's entry", by="whole or nothing", code="store.full")
def test_a_publication_whose_file_could_not_be_kept_is_made_again(scene):
    """The ledger knows the file, the store does not: nothing is given out, and the next run makes it whole."""
    video = scene.video(scene.accomplice)

    class Full:
        def __getattr__(self, name):
            return getattr(scene.world.store, name)

        def keep(self, *_, **__):
            from avatar.errors import StoreError

            raise StoreError("the disk is full", code="store.full")

    studio: Studio = replace(scene.world.studio, store=Full())
    with pytest.raises(AvatarError) as refusal:
        studio.perform(Publish(video), _stamp(), TOY_BRIEF)
    scene.held.append(refusal.value.code)
    assert refusal.value.code == scene.case.code

    assert scene.world.store.manifest(scene.perform(Publish(video), "stamp").digest).kind == "SignedVideo"


def _stamp():
    from avatar.stages.registry import EngineSpec

    return EngineSpec("stamp")


@attack("a speech stands for footage", by="parts of its kind", code="store.parts")
def test_a_speech_cannot_stand_for_footage(scene):
    speech = scene.speech(scene.accomplice)

    scene.refused(Render((Footage(speech.digest),), speech), "reel")


@attack("a blob is put where nothing is read yet, for a later write to find", by="sealed", code="store.altered")
def test_a_blob_that_waits_for_its_writer_is_noticed(scene):
    """The name is known to whoever holds the keys; what stands there first is taken for the real thing by nobody."""
    speech = scene.speech(scene.accomplice)
    key = blob_key(scene.world, speech, "sound.wav")
    overwrite(scene.world.objects, key, b"avatar-sealed-1\n" + b"\0" * 200)

    scene.refused(Render((scene.footage(scene.accomplice),), Speech(speech.digest)), "reel")


@attack("a line that no file can hold", by="plain words", code="value.unwritable")
def test_a_line_that_is_no_text_is_refused(scene):
    """A lone surrogate cannot be written as UTF-8, so it has no canonical spelling."""
    scene.refused(CloneVoice(scene.model(scene.accomplice), "\ud800"), "beep")
