"""The life of an agreement after it was given: narrowed, confirmed again, paused, replaced, counted."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import find

from avatar.artifacts.artifact import SignedVideo, Video
from avatar.consent import Use
from avatar.consent.entries import FACTS, Expired, Narrowed, Requested
from avatar.consent.keys import new_key
from avatar.consent.record import Narrowing
from avatar.consent.roles import Role
from avatar.consent.scope import Scope, script_digest
from avatar.consent.vocabulary import Channel, Purpose
from avatar.errors import AvatarError, ConsentError
from avatar.people.erasure import erase
from avatar.people.key_rotation import rotate_ledger_key
from avatar.stages.face import AnimateFace
from avatar.stages.registry import EngineSpec
from avatar.stages.render import Assemble, Publish, Render
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.testing.world import TOY_BRIEF, World
from tests.consent.fact_examples import facts as examples
from tests.consent.reading import entries, facts

STAMP = EngineSpec("stamp")


@pytest.fixture
def ada(world):
    return world.enroll("ada")


def refusal(world: World, ada, **brief) -> str:
    """Return why learning ada's voice is refused, or "" when it is not."""
    request = LearnVoice(world.likeness(ada).voice)
    try:
        world.studio.perform(request, EngineSpec("ear"), replace(TOY_BRIEF, **brief))
    except ConsentError as error:
        recorded = entries(world.objects)[-1].fact
        return error.code if getattr(recorded, "code", "") == error.code else "not in the ledger"
    return ""


def scope_of(world: World, ada) -> Scope:
    (standing,) = world.ledger.read().people[ada.id].standing
    return standing.scope


def film(world: World, ada, title: str = "") -> Video:
    likeness, perform = world.likeness(ada), world.perform
    speech = perform(
        CloneVoice(perform(LearnVoice(likeness.voice), EngineSpec("ear")), "One line."), EngineSpec("beep")
    )
    face = perform(AnimateFace(likeness.portrait, speech), EngineSpec("still"))
    shot = perform(Render((face,), speech), EngineSpec("reel"))
    return perform(Assemble((shot,), title), EngineSpec("splice"))


# -- narrowing


def test_a_narrowed_agreement_covers_what_is_left(world, ada):
    given = world.agree(ada, purposes=(Purpose.RESEARCH, Purpose.NEWS), channels=(Channel.APP, Channel.INTERNAL))
    assert refusal(world, ada, purpose=Purpose.NEWS, channels=(Channel.APP,)) == ""

    smaller = scope_of(world, ada).model_copy(update={"purposes": (Purpose.RESEARCH,), "channels": (Channel.INTERNAL,)})
    world.people.narrow(ada, given, Scope.model_validate(smaller.model_dump()))

    assert refusal(world, ada) == ""
    assert refusal(world, ada, purpose=Purpose.NEWS) == "consent.wrong-purpose"
    assert refusal(world, ada, channels=(Channel.APP,)) == "consent.channel"


def test_a_narrowing_never_widens(world, ada):
    given = world.agree(ada)
    wider = scope_of(world, ada).model_copy(update={"purposes": (Purpose.RESEARCH, Purpose.NEWS)})

    with pytest.raises(ConsentError) as refused:
        world.people.narrow(ada, given, wider)
    assert refused.value.code == entries(world.objects)[-1].fact.code == "consent.wider"


def test_a_narrowing_that_the_person_did_not_sign_never_gets_in(world, ada):
    given = world.agree(ada)
    forged = Narrowing(
        record_id="1" * 32, person=ada.id, grant=given.digest, scope=scope_of(world, ada), signature="0" * 128
    )
    signed = forged.model_copy(update={"signature": new_key().sign(forged.signed_bytes)})

    with pytest.raises(ConsentError) as refused:
        world.ledger.append(Narrowed(narrowing=signed))
    assert refused.value.code == "consent.bad-signature"


def test_taking_back_a_use_stays_taken_back_after_a_narrowing(world, ada):
    given = world.agree(ada)
    world.people.withdraw(ada, [Use.CLONE_VOICE])
    world.people.narrow(ada, given, scope_of(world, ada).model_copy(update={"max_outputs": 1}))

    assert refusal(world, ada) == "consent.withdrawn"


# -- confirming again


def test_an_agreement_that_is_not_confirmed_again_stops_until_it_is(world, ada):
    given = world.agree(ada, days=30, reconfirm_days=7)
    world.wait(days=7)
    assert refusal(world, ada) == "consent.not-reconfirmed"

    world.people.reconfirm(ada, given)
    assert refusal(world, ada) == ""
    world.wait(days=7)
    assert refusal(world, ada) == "consent.not-reconfirmed"


def test_an_old_confirmation_confirms_nothing(world, ada):
    given = world.agree(ada, days=30, reconfirm_days=7)
    world.people.reconfirm(ada, given)
    (old,) = (entry.fact for entry in entries(world.objects) if entry.fact.kind == "reconfirmed")

    with pytest.raises(ConsentError) as refused:
        world.ledger.append(old)
    assert refused.value.code == "consent.replayed"


def test_what_was_withdrawn_cannot_be_confirmed(world, ada):
    given = world.agree(ada)
    world.people.withdraw(ada)

    with pytest.raises(ConsentError) as refused:
        world.people.reconfirm(ada, given)
    assert refused.value.code == "consent.no-such-grant"


# -- pausing


def test_a_pause_stops_everything_until_the_person_ends_it(world, ada):
    world.agree(ada)
    world.people.suspend(ada)
    assert refusal(world, ada) == "consent.suspended"

    world.people.resume(ada)
    assert refusal(world, ada) == ""


def test_only_the_person_ends_a_pause(world, ada):
    world.agree(ada)
    world.people.suspend(ada)
    (world.folder / "people" / f"{ada.id}.key").unlink()

    with pytest.raises(AvatarError):
        world.people.resume(ada)
    assert refusal(world, ada) == "consent.suspended"


# -- replacing


def test_a_grant_that_replaces_another_ends_it(world, ada):
    first = world.agree(ada)
    second = world.people.agree(ada, world.terms(Use.PUBLISH), previous=first)

    assert (second.record_version, second.previous) == (2, first.digest)
    assert refusal(world, ada) == "consent.not-granted"


def test_nobody_replaces_someone_elses_grant(world, ada):
    bob = world.enroll("bob")
    world.agree(ada)
    theirs = world.agree(bob)

    with pytest.raises(ConsentError) as refused:
        world.people.agree(ada, world.terms(), previous=theirs)
    assert refused.value.code == "consent.unknown-grant"


# -- counting


@pytest.mark.parametrize(
    ("limit", "allowed", "code"),
    [({"max_outputs": 3}, 3, "consent.outputs-used-up"), ({"max_seconds": 1}, 2, "consent.seconds-used-up")],
)
def test_of_a_hundred_publications_at_once_exactly_as_many_leave_as_were_agreed_to(world, ada, limit, allowed, code):
    world.agree(ada, **limit)
    films = [film(world, ada, f"number {number}") for number in range(100)]
    studio = replace(world.studio, measure=lambda _: 500)  # two of them make a second

    def attempt(video: Video) -> SignedVideo | str:
        try:
            return studio.perform(Publish(video), STAMP, TOY_BRIEF)
        except ConsentError as error:
            return error.code

    with ThreadPoolExecutor(16) as pool:
        ends = list(pool.map(attempt, films))

    assert len([end for end in ends if isinstance(end, SignedVideo)]) == allowed
    assert {end for end in ends if isinstance(end, str)} == {code}
    assert facts(world.objects).count("published") == allowed


def test_the_same_video_again_is_not_counted_again(world, ada):
    world.agree(ada, max_outputs=1)
    video = film(world, ada)

    assert world.perform(Publish(video), STAMP) == world.perform(Publish(video), STAMP)


def test_what_was_published_is_counted_by_another_process_too(world, ada):
    world.agree(ada, max_outputs=1)
    world.perform(Publish(film(world, ada)), STAMP)
    other = World(world.folder, now=world.now)

    with pytest.raises(ConsentError) as refused:
        other.perform(Publish(film(other, ada, "another")), STAMP)
    assert refused.value.code == "consent.outputs-used-up"


# -- privacy


def test_the_words_of_an_agreement_are_not_in_the_ledger(world, ada):
    given = world.agree(ada, project="Operation Nightingale", description="A secret thing that nobody may read.")

    everything = b"".join(world.objects.read(name) or b"" for name in world.objects.list("ledger"))
    everything += b"".join(world.objects.read(name) or b"" for name in world.objects.list("people"))
    assert b"Nightingale" not in everything
    assert b"secret thing" not in everything
    words = world.people.words_of(given)
    assert words.project == "Operation Nightingale"
    assert "A secret thing that nobody may read." in words.notice


def test_a_brief_is_held_against_the_project_all_the_same(world, ada):
    world.agree(ada, project="Operation Nightingale")

    assert refusal(world, ada) == "consent.other-project"
    assert refusal(world, ada, project="Operation Nightingale") == ""


def test_every_change_is_counted(world, ada):
    given = world.agree(ada, reconfirm_days=5)
    for change in (
        partial(world.people.reconfirm, ada, given),
        partial(world.people.suspend, ada),
        partial(world.people.resume, ada),
        partial(world.people.withdraw, ada),
    ):
        before = world.ledger.read().people[ada.id].epoch
        change()
        assert world.ledger.read().people[ada.id].epoch == before + 1


def live(world: World, ada) -> None:
    """Do everything that is recorded of a person, and what an organisation does beside it."""
    operators, people = world.operators, world.people
    operators.appoint(new_key().public, (Role.APPROVE,))
    operators.rule(approval=False)
    operators.approve("script", script_digest(("One line.",)))
    world.ledger.append(Requested(person=ada.id, challenge="c" * 64))
    grant = world.agree(ada)
    people.reconfirm(ada, grant)
    world.perform(Publish(film(world, ada)), STAMP)
    people.narrow(ada, grant, grant.scope.model_copy(update={"max_outputs": 1}))
    people.suspend(ada)
    people.withdraw(ada)
    assert refusal(world, ada)
    erase(people, "ada")
    rotate_ledger_key(people, world.folder)
    world.ledger.append(Expired(artifacts=("d" * 64,), why="intermediate"))


def test_facts_of_each_kind_are_there(world, ada):
    live(world, ada)

    recorded = {type(entry.fact) for entry in entries(world.objects)}
    for kind in set(FACTS) - recorded:
        try:  # a new kind: any example of it, if it needs nobody's signature and nothing that was recorded before
            world.ledger.append(find(examples(kind), lambda _: True))
        except AvatarError as error:
            pytest.fail(f"nothing that live() does records a fact {kind.__name__} ({error}): do it there")
    assert {type(entry.fact) for entry in entries(world.objects)} == set(FACTS)
