"""What was kept long enough goes, what is in use stays, and the ledger says what went."""

import os
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from avatar.artifacts.artifact import Speech
from avatar.cli.main import app
from avatar.consent.entries import Expired, Performed
from avatar.consent.ledger_verifier import TrustAnchor, verify_ledger
from avatar.errors import AvatarError
from avatar.people.erasure import erase
from avatar.people.retention import RetentionPolicy, find_expired, sweep
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.testing.world import World
from tests.consent.reading import entries, facts
from tests.redteam.conftest import Scene

DAY = timedelta(days=1)
INTERMEDIATE = RetentionPolicy(intermediate=7 * DAY)


@pytest.fixture
def played(world) -> Scene:
    return play(world)


def play(world: World) -> Scene:
    """Two people who have agreed for a month and been published."""
    scene = Scene(world, world.enroll("zoe"), world.enroll("yan"))
    for person in (scene.victim, scene.accomplice):
        world.agree(person, days=30)
        scene.publish(person)
    return scene


def stored(world: World) -> set[str]:
    return {key for folder in ("blobs", "manifests", "recipes", "people") for key in world.objects.list(folder)}


def kinds(due) -> set[str]:
    return {each.held.kind for each in due}


def test_by_default_everything_stays(played):
    played.world.wait(days=9999)
    before = stored(played.world)

    assert sweep(played.world.people, RetentionPolicy()) == ()
    assert stored(played.world) == before
    assert "expired" not in facts(played.world.objects)


def test_what_was_made_on_the_way_goes_and_samples_and_publications_stay(any_world):
    scene = play(any_world)
    world = scene.world
    assert sweep(world.people, INTERMEDIATE) == ()
    world.wait(days=7)
    gone = sweep(world.people, INTERMEDIATE)

    assert kinds(gone) == {"VoiceModel", "Speech", "Footage", "Shot", "Video"}
    left = {world.store.look(key.rsplit("/", 1)[-1]).kind for key in world.objects.list("manifests")}
    assert left == {"Audio", "Image", "GivenFootage", "SignedVideo"}
    assert len(list(world.objects.list("recipes"))) == 2
    fresh = World(world.folder, world.objects, now=world.now)
    for key in world.objects.list("manifests"):  # captions are the same file in a video and the signed one
        assert fresh.store.stands(Speech(key.rsplit("/", 1)[-1]))


def test_afterwards_the_same_production_makes_the_same_again(played):
    world = played.world
    speech, before = played.speech(played.victim), stored(world)
    world.wait(days=8)
    sweep(world.people, INTERMEDIATE)

    assert played.speech(played.victim) == speech
    assert not [entry for entry in entries(world.objects)[-2:] if entry.fact.recalled]
    played.publish(played.victim)
    played.publish(played.accomplice)
    assert stored(world) == before


def test_the_ledger_names_what_went_by_digests_alone_and_verifies(played):
    world = played.world
    world.wait(days=8)
    gone = sweep(world.people, INTERMEDIATE)
    said = [entry.fact for entry in entries(world.objects) if isinstance(entry.fact, Expired)]

    assert {digest for fact in said for digest in fact.artifacts} == {due.held.digest for due in gone}
    assert {fact.why for fact in said} == {"intermediate"}
    assert not {due.held.digest for due in gone} & set(world.ledger.read().made)
    assert verify_ledger(world.objects, TrustAnchor()).sound


def test_what_was_recalled_lately_stays(played):
    world = played.world
    world.wait(days=6)
    speech = played.speech(played.victim)  # recalled
    world.wait(days=6)
    gone = sweep(world.people, INTERMEDIATE)

    assert speech.digest not in {due.held.digest for due in gone}
    assert "Shot" in kinds(gone)
    assert played.world.store.stands(speech)


def test_what_is_recalled_while_a_sweep_decides_is_spared(played, monkeypatch):
    world = played.world
    world.wait(days=8)
    other = World(world.folder, now=world.now)
    speech = played.speech(played.accomplice, "hello there").digest
    world.wait(days=8)
    made = next(e.fact for e in entries(world.objects) if e.fact.kind == "performed" and e.fact.made == speech)
    append_at, calls = world.ledger.append_at, []

    def late(position, fact):
        if isinstance(fact, Expired) and not calls:
            calls.append(fact)
            other.now = world.now
            other.ledger.append(
                Performed(request="CloneVoice", recipe=made.recipe, made=speech, grants=made.grants, recalled=True)
            )
        return append_at(position, fact)

    monkeypatch.setattr(world.ledger, "append_at", late)
    gone = sweep(world.people, INTERMEDIATE)

    assert speech in calls[0].artifacts
    assert speech not in {due.held.digest for due in gone}
    assert gone
    assert world.store.stands(Speech(speech))


def test_what_was_stored_within_a_day_stays_whatever_the_ledger_says(played):
    world = played.world
    world.wait(days=8)
    for path in (world.folder / "store" / "manifests").iterdir():
        os.utime(path, (world.now.timestamp() - 3600,) * 2)

    assert find_expired(world.people, INTERMEDIATE) == ()


def test_copies_of_published_videos_go_and_the_ledger_still_knows_them(played):
    world = played.world
    published = dict(world.ledger.read().published)
    world.wait(days=8)
    gone = sweep(world.people, RetentionPolicy(published=7 * DAY))

    assert kinds(gone) == {"SignedVideo"}
    assert world.ledger.read().published == published
    assert len(published) == len(gone)


def test_a_dry_look_changes_nothing(played):
    world = played.world
    world.wait(days=8)
    before, index = stored(world), world.ledger.read().index
    due = find_expired(world.people, INTERMEDIATE)

    assert stored(world) == before
    assert world.ledger.read().index == index
    assert set(due) == set(sweep(world.people, INTERMEDIATE))


# -- a person whose agreement has ended


ENDED = RetentionPolicy(person=10 * DAY)


def of(world: World, person) -> set[str]:
    return {key for key in stored(world) if key.startswith(f"people/{person.id}/shown")}


@pytest.mark.parametrize("how", ["withdrawn", "run out"])
def test_everything_of_a_person_goes_when_their_last_agreement_ended_long_enough_ago(played, how):
    world, zoe = played.world, played.victim
    if how == "withdrawn":
        world.people.withdraw(zoe)
    else:
        world.agree(played.accomplice, days=99)
        world.wait(days=30)
    world.wait(days=9)
    assert sweep(world.people, ENDED) == ()
    world.wait(days=1)
    mine = {key.rsplit("/", 1)[-1] for key in of(world, zoe)}
    gone = sweep(world.people, ENDED)

    assert {due.held.digest for due in gone} == mine
    assert {due.why for due in gone} == {"consent-ended"}
    assert of(world, zoe) == set()
    assert world.ledger.read().people[zoe.id].samples == {}
    assert world.likeness(zoe).voice is None
    assert of(world, played.accomplice)


def test_who_agrees_again_in_time_keeps_everything(played):
    world, zoe = played.world, played.victim
    world.people.withdraw(zoe)
    world.wait(days=8)
    world.agree(zoe, days=30)
    world.wait(days=8)

    assert sweep(world.people, ENDED) == ()


def test_who_comes_back_brings_their_samples_again(played):
    world, zoe = played.world, played.victim
    voice = world.likeness(zoe).voice
    world.people.withdraw(zoe)
    world.wait(days=20)
    sweep(world.people, ENDED)
    with pytest.raises(AvatarError):
        played.perform(LearnVoice(voice), "ear")
    world.enroll("zoe")
    world.agree(zoe, days=30)

    assert world.likeness(zoe).voice == voice
    played.publish(zoe)


def test_what_shows_two_people_goes_with_the_first_whose_agreement_ended(played):
    from avatar.stages.face import SwapFace

    world = played.world
    face = world.likeness(played.victim).portrait
    both = played.perform(SwapFace(played.footage(played.accomplice), face), "tint")
    world.people.withdraw(played.victim)
    world.wait(days=11)

    assert both.digest in {due.held.digest for due in sweep(world.people, ENDED)}


def test_who_never_agreed_is_not_kept_for_ever(world):
    zoe = world.enroll("zoe")
    for path in (world.folder / "store" / "manifests").iterdir():
        os.utime(path, (world.now.timestamp(),) * 2)
    world.wait(days=9)
    assert find_expired(world.people, ENDED) == ()
    world.wait(days=2)

    assert len(sweep(world.people, ENDED)) == 3
    assert of(world, zoe) == set()


def test_the_erased_are_no_hindrance(played):
    world = played.world
    erase(world.people, "zoe")
    world.wait(days=8)

    assert {due.held.people for due in sweep(world.people, INTERMEDIATE)} == {(played.accomplice.id,)}


# -- what breaks off


@pytest.mark.parametrize("after", [0, 1, 4, 9, 20])
def test_a_sweep_that_breaks_off_is_finished_by_another_with_no_second_entry(played, monkeypatch, after):
    world, calls = played.world, []
    world.wait(days=8)
    delete = world.objects.delete

    def breaks(key):
        calls.append(key)
        if len(calls) > after:
            raise KeyboardInterrupt
        delete(key)

    monkeypatch.setattr(world.objects, "delete", breaks)
    with pytest.raises(KeyboardInterrupt):
        sweep(world.people, INTERMEDIATE)
    monkeypatch.undo()
    fresh = World(world.folder, now=world.now)
    sweep(fresh.people, INTERMEDIATE)

    assert find_expired(fresh.people, INTERMEDIATE) == ()
    named = [d for e in entries(world.objects) if isinstance(e.fact, Expired) for d in e.fact.artifacts]
    assert len(named) == len(set(named))
    scene = Scene(fresh, played.victim, played.accomplice)
    scene.publish(scene.victim)


def test_a_remembered_result_whose_bytes_are_gone_is_made_anew(played):
    """As after a race with a sweep, or a bucket's own rules."""
    world = played.world
    speech = played.speech(played.victim)
    for key in list(world.objects.list("blobs")):
        if key in set(world.store.objects_of(world.store.manifest(speech.digest))):
            world.objects.delete(key)

    assert played.restart().speech(played.victim) == speech
    assert played.world.store.stands(speech)


def test_what_was_removed_cannot_be_used_by_an_old_handle(played):
    world = played.world
    model = played.perform(LearnVoice(world.likeness(played.victim).voice), "ear")
    world.wait(days=8)
    sweep(World(world.folder, now=world.now).people, INTERMEDIATE)

    for scene, code in ((played, "consent.unrecorded"), (played.restart(), "store.missing")):  # the first remembers
        with pytest.raises(AvatarError) as refusal:
            scene.perform(CloneVoice(model, "hello there"), "beep")
        assert refusal.value.code == code


def test_the_command_says_what_is_due_and_removes_it(tmp_path, monkeypatch):
    for name, value in {"HOME": str(tmp_path), "RETAIN_PERSON_DAYS": "1"}.items():
        monkeypatch.setenv(f"AVATAR_{name}", value)
    for name in ("STORE", "KEYS", "KMS_KEY"):
        monkeypatch.delenv(f"AVATAR_{name}", raising=False)
    from functools import partial

    from avatar.app.context import open_app
    from avatar.artifacts.artifact import Portrait
    from avatar.testing.world import _sample

    open_app().people.enroll("zoe", "synthetic", [partial(_sample, "zoe", Portrait)])
    for path in (tmp_path / "store" / "manifests").iterdir():
        os.utime(path, (1e9, 1e9))

    def run(*words: str) -> str:
        result = CliRunner().invoke(app, ["sweep", *words])
        assert result.exit_code == 0, result.output
        return result.output

    assert "1 Image: consent-ended" in run("--dry-run")
    assert "1 artifacts are due." in run("--dry-run")
    assert "1 artifacts were removed." in run()
    assert "0 artifacts were removed." in run()
