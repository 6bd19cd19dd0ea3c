"""G: the store and what is around it: odd names, exhausted disks, objects from elsewhere."""

import errno
import os

import pytest

from avatar.artifacts.artifact import Audio, Footage
from avatar.errors import AvatarError, InputError
from avatar.stages.picture import Render
from avatar.stages.voice import CloneVoice, LearnVoice
from tests.consent.reading import facts

TRAVERSALS = ["../../../etc/passwd", "..", ".", "/etc/passwd", "a/../../b", "", "%2e%2e", "a\x00b", "ａ", "A" * 64, "*"]


@pytest.mark.parametrize("digest", TRAVERSALS)
def test_a_handle_cannot_name_a_file(scene, digest):
    assert scene.refuses(LearnVoice(Audio(digest)), "ear") in ("store.key", "store.missing")


@pytest.mark.parametrize("name", TRAVERSALS)
def test_a_person_cannot_be_named_by_a_path(scene, name):
    with pytest.raises(InputError) as refusal:
        scene.world.people.find(name)
    assert refusal.value.code == "person.unknown"


@pytest.mark.parametrize("line", ["\x00", "../../x", "{{7*7}}", "$(id)", "a" * 100_000, "\u202egnp.exe", "🙂" * 50])
def test_no_line_of_a_script_reaches_a_path_or_the_ledger(scene, line):
    model = scene.perform(LearnVoice(scene.world.likeness(scene.accomplice).voice), "ear")
    scene.perform(CloneVoice(model, line), "beep")

    for key in scene.world.objects.list("ledger"):
        said = scene.world.objects.read(key)
        assert line.encode() not in said or len(line) < 3


def test_a_line_that_is_no_text_is_refused(scene):
    """A lone surrogate cannot be written as UTF-8, so it has no canonical spelling."""
    model = scene.perform(LearnVoice(scene.world.likeness(scene.accomplice).voice), "ear")

    assert scene.refuses(CloneVoice(model, "\ud800"), "beep") == "value.unwritable"


@pytest.mark.parametrize("after", range(0, 12, 2))
def test_a_disk_that_fills_up_at_any_moment_leaves_a_store_that_works(scene, monkeypatch, after):
    """Whatever was written before stands whole; afterwards the same work is done as if nothing had been."""
    calls = []

    def filling(_):
        calls.append(1)
        if len(calls) > after:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", filling)
    with pytest.raises(AvatarError) as refusal:
        scene.publish(scene.accomplice)
    monkeypatch.undo()

    assert refusal.value.code == "store.full"
    fresh = scene.restart()
    fresh.publish(scene.accomplice)
    assert facts(fresh.world.objects).count("published") == 1


def test_a_speech_cannot_stand_for_footage(scene):
    speech = scene.speech(scene.accomplice)

    assert scene.refuses(Render((Footage(speech.digest),), speech), "reel") == "store.parts"
