"""Nobody is given somebody else's voice: what is compared, with whom, and what is kept of it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from avatar.artifacts.artifact import Speech, VoiceSample
from avatar.consent import Use
from avatar.consent.entries import Refused
from avatar.errors import ConsentError, EngineError, InputError
from avatar.people import erasure
from avatar.people.directory import Person
from avatar.people.key_rotation import rotate
from avatar.people.retention import RetentionPolicy, sweep
from avatar.people.samples import CheckedSample
from avatar.stages.registry import EngineSpec
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.testing.world import World
from avatar.voices.judging.speaker_embedding import SpeakerEmbedding
from tests.consent.reading import entries


class Ears:
    """Hears in a sample what its file says, and in every take the voice that is *spoken*."""

    def __init__(self) -> None:
        self.spoken = {"ada": 1.0}
        self.heard = 0

    def __call__(self, sound: Path) -> SpeakerEmbedding | None:
        self.heard += 1
        said = sound.read_bytes()
        return voice(**(self.spoken if said.startswith(b"RIFF") else {said.decode().partition("'")[0]: 1.0}))


def voice(**shares: float) -> SpeakerEmbedding:
    """A voice between those of several people."""
    mixed = np.zeros((2, 256), np.float32)
    for alias, share in shares.items():
        mixed += share * np.random.default_rng(list(alias.encode())).standard_normal((2, 256)).astype(np.float32)
    return SpeakerEmbedding(mixed / np.linalg.norm(mixed, axis=1, keepdims=True))


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
def world(tmp_path: Path, ears: Ears) -> World:
    return World(tmp_path, listen=ears)


@pytest.fixture
def ada(world: World) -> Person:
    ada = world.enroll("ada")
    world.agree(ada, Use.CLONE_VOICE)
    return ada


@pytest.fixture
def bob(world: World) -> Person:
    bob = world.enroll("bob")
    world.agree(bob, Use.GUARD_VOICE)
    return bob


def say(world: World, person: Person, line: str = "Good morning.") -> Speech:
    sample = world.likeness(person).voice
    assert sample
    model = world.perform(LearnVoice(sample), EngineSpec("ear"))
    return world.perform(CloneVoice(model, line), EngineSpec("beep"))


def bring(world: World, alias: str, voice_of: str, id: str = "") -> Person:
    def sample(room: Path) -> CheckedSample:
        parts = {part: room / part for part in VoiceSample.parts}
        for path in parts.values():
            path.write_text(f"{voice_of}'s {path.name}, another day")
        return CheckedSample(VoiceSample, parts)

    return world.people.enroll(alias, "synthetic", [sample], id=id)


def prints(world: World) -> list[str]:
    return [key for key in world.objects.list("people") if "/voiceprints/" in key]


def refusals(world: World) -> Iterator[str]:
    return (entry.fact.code for entry in entries(world.objects) if isinstance(entry.fact, Refused))


def test_a_take_in_the_persons_own_voice_is_kept(world: World, ada: Person, bob: Person) -> None:
    assert say(world, ada)


def test_where_nobody_guards_a_voice_nobody_is_listened_to(world: World, ears: Ears, ada: Person) -> None:
    say(world, ada)
    say(world, ada)

    assert ears.heard == 0


def test_a_take_more_like_somebody_else_is_refused_recorded_and_not_kept(
    world: World, ears: Ears, ada: Person, bob: Person
) -> None:
    ears.spoken = {"ada": 0.4, "bob": 0.6}

    with pytest.raises(EngineError, match="somebody else") as refusal:
        say(world, ada)

    assert refusal.value.code == "take.someone-else"
    assert list(refusals(world))[-1] == "take.someone-else"
    assert bob.id not in str(refusal.value)
    assert not any(world.store.manifest(made).kind == "Speech" for made in world.ledger.read().made)


def test_nobody_is_compared_with_who_did_not_agree_to_it(world: World, ears: Ears, ada: Person) -> None:
    world.agree(world.enroll("bob"), Use.CLONE_VOICE)
    ears.spoken = {"bob": 1.0}

    assert say(world, ada)
    assert prints(world) == []


@pytest.mark.parametrize("end", ["withdraw", "suspend", "expire", "erase"])
def test_whose_agreement_is_over_is_compared_with_no_more(
    world: World, ears: Ears, ada: Person, bob: Person, end: str
) -> None:
    world.agree(ada, Use.CLONE_VOICE, days=3)
    say(world, ada)
    ears.spoken = {"bob": 1.0}
    match end:
        case "withdraw":
            world.people.withdraw(bob, [Use.GUARD_VOICE])
        case "suspend":
            world.people.suspend(bob)
        case "expire":
            world.wait(days=2)
        case "erase":
            erasure.erase(world.people, "bob")

    assert say(world, ada, "Something else.")


def test_a_remembered_take_is_compared_with_who_came_later(world: World, ears: Ears, ada: Person) -> None:
    ears.spoken = {"ada": 0.4, "cleo": 0.6}
    say(world, ada)
    cleo = world.enroll("cleo")
    world.agree(cleo, Use.GUARD_VOICE)

    with pytest.raises(EngineError) as refusal:
        say(world, ada)

    assert refusal.value.code == "take.someone-else"


def test_a_sample_in_the_voice_of_somebody_who_guards_theirs_is_refused(world: World, bob: Person) -> None:
    with pytest.raises(InputError, match="guards it") as refusal:
        bring(world, "mallory", voice_of="bob")

    assert refusal.value.code == "voice.someone-else"
    assert list(refusals(world))[-1] == "voice.someone-else"
    with pytest.raises(InputError, match="nobody here"):
        world.people.find("mallory")


def test_people_may_bring_more_of_their_own_voice(world: World, bob: Person) -> None:
    assert bring(world, "bob", voice_of="bob") == bob


def test_a_sample_that_came_before_somebody_guarded_that_voice_is_not_learned_from(world: World) -> None:
    mallory = bring(world, "mallory", voice_of="bob")
    world.agree(mallory, Use.CLONE_VOICE)
    world.agree(world.enroll("bob"), Use.GUARD_VOICE)

    with pytest.raises(InputError) as refusal:
        say(world, mallory)

    assert refusal.value.code == "voice.someone-else"


def test_a_print_is_made_once_sealed_and_found_by_other_processes(
    world: World, ears: Ears, ada: Person, bob: Person
) -> None:
    say(world, ada)
    say(world, ada)  # remembered: the take's own print is kept from here on
    heard, kept = ears.heard, prints(world)
    say(World(world.folder, listen=ears), ada)

    assert ears.heard == heard
    assert {key.split("/")[1] for key in kept} == {ada.id, bob.id}
    directions = voice(bob=1.0).as_bytes()
    assert not any(directions in (world.objects.read(key) or b"") for key in world.objects.list("people"))


def test_a_withdrawal_removes_the_prints(world: World, ada: Person, bob: Person) -> None:
    say(world, ada)

    world.people.withdraw(bob)

    assert {key.split("/")[1] for key in prints(world)} == {ada.id}


def test_an_erasure_removes_the_prints(world: World, ada: Person, bob: Person) -> None:
    say(world, ada)

    erasure.erase(world.people, "bob")

    assert {key.split("/")[1] for key in prints(world)} == {ada.id}


def test_a_sweep_removes_the_prints_of_those_whose_agreement_ran_out(world: World, ada: Person, bob: Person) -> None:
    world.agree(ada, Use.CLONE_VOICE, days=3)
    say(world, ada)
    world.wait(days=2)

    sweep(world.people, RetentionPolicy())

    assert {key.split("/")[1] for key in prints(world)} == {ada.id}


def test_a_sweep_removes_the_print_of_a_take_that_went(world: World, ada: Person, bob: Person) -> None:
    world.agree(ada, Use.CLONE_VOICE, days=60)
    world.agree(bob, Use.GUARD_VOICE, days=60)
    speech = say(world, ada)
    say(world, ada)
    assert any(key.endswith(speech.digest) for key in prints(world))
    world.wait(days=30)

    gone = sweep(world.people, RetentionPolicy.of_days(7, None, None))

    assert speech.digest in {due.held.digest for due in gone}
    assert not any(key.endswith(speech.digest) for key in prints(world))


def test_prints_survive_a_change_of_keys(world: World, ears: Ears, ada: Person, bob: Person, monkeypatch) -> None:
    monkeypatch.setattr("avatar.people.key_rotation._SETTLE_TIME_S", 0.0)
    say(world, ada)
    say(world, ada)
    heard = ears.heard

    rotate(world.people, "bob")
    say(World(world.folder, listen=ears), ada)

    assert ears.heard == heard


def test_a_take_without_consent_is_refused_for_that(world: World, bob: Person) -> None:
    with pytest.raises(ConsentError):
        say(world, bob)
