"""Who may do what: nobody does what they have no role for, and no one approves their own production."""

from datetime import timedelta

import pytest

from avatar.consent.entries import Approved, Refused
from avatar.consent.keys import new_key
from avatar.consent.roles import Approval, Role, operator_id
from avatar.consent.scope import ScriptPolicy, script_digest
from avatar.errors import ConsentError, InputError, RoleError
from avatar.people.erasure import erase
from avatar.people.key_rotation import rotate
from avatar.people.retention import RetentionPolicy, sweep
from avatar.production.production import Production, direct
from avatar.stages.face import AnimateFace
from avatar.stages.registry import EngineSpec
from avatar.stages.render import Assemble, Publish, Render
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.testing.world import TOY_BRIEF, World
from avatar.voices.text.script import split_script
from tests.consent.reading import entries

ALL_BUT = {role: tuple(each for each in Role if each != role) for role in Role}


def acting(world: World, *roles: Role) -> World:
    """The same place, where another operator acts, who has *roles*."""
    key = new_key()
    world.operators.appoint(key.public, roles)
    return World(world.folder, now=world.now, acting=key)


def newest_code(world: World) -> str:
    fact = entries(world.objects)[-1].fact
    assert isinstance(fact, Refused)
    return fact.code


def film(world: World):
    person = world.people.find("ada")
    speech = world.perform(
        CloneVoice(world.perform(LearnVoice(world.likeness(person).voice), EngineSpec("ear")), "One line."),
        EngineSpec("beep"),
    )
    face = world.perform(AnimateFace(world.likeness(person).portrait, speech), EngineSpec("still"))
    shot = world.perform(Render((face,), speech), EngineSpec("reel"))
    return world.perform(Assemble((shot,)), EngineSpec("splice"))


@pytest.fixture
def ada(world):
    person = world.enroll("ada")
    world.agree(person)
    return person


@pytest.mark.parametrize(
    ("role", "attempt"),
    [
        (Role.ENROLL, lambda world, ada: world.enroll("bob")),
        (Role.GRANT, lambda world, ada: world.agree(ada)),
        (Role.PRODUCE, lambda world, ada: world.perform(LearnVoice(world.likeness(ada).voice), EngineSpec("ear"))),
        (Role.PUBLISH, lambda world, ada: world.perform(Publish(film(world)), EngineSpec("stamp"))),
        (Role.APPROVE, lambda world, ada: world.operators.approve("script", "0" * 64)),
        (Role.ERASE, lambda world, ada: erase(world.people, "ada")),
        (Role.APPOINT, lambda world, ada: world.operators.appoint(new_key().public, (Role.AUDIT,))),
        (Role.APPOINT, lambda world, ada: world.operators.rule(approval=True)),
        (Role.APPOINT, lambda world, ada: rotate(world.people, "ada")),
        (Role.ERASE, lambda world, ada: sweep(world.people, RetentionPolicy(intermediate=timedelta(days=1)))),
    ],
)
def test_without_the_role_it_is_refused_and_recorded(world, ada, role, attempt):
    other = acting(world, *ALL_BUT[role])

    with pytest.raises(RoleError) as refusal:
        attempt(other, ada)

    assert refusal.value.code == newest_code(world) == "role.missing"
    assert f"--role {role}" in str(refusal.value)


def test_everyone_may_withdraw_and_pause(world, ada):
    nobody = acting(world)

    nobody.people.suspend(ada)
    nobody.people.withdraw(ada)

    assert not world.ledger.read().people[ada.id].standing


def test_someone_whom_nobody_appointed_may_do_nothing(world, ada):
    stranger = World(world.folder, now=world.now, acting=new_key())

    with pytest.raises(RoleError):
        stranger.perform(LearnVoice(world.likeness(ada).voice), EngineSpec("ear"))


def test_every_entry_says_who_acted(world, ada):
    other = acting(world, *Role)
    other.perform(LearnVoice(world.likeness(ada).voice), EngineSpec("ear"))

    assert entries(world.objects)[-1].by == operator_id(other.operator.public)


def test_the_last_who_can_appoint_stays(world):
    with pytest.raises(InputError, match="nobody could appoint"):
        world.operators.appoint(world.operator.public, (Role.PRODUCE,))


def test_a_dismissed_operator_may_do_nothing_any_more(world, ada):
    other = acting(world, *Role)
    world.operators.appoint(other.operator.public, ())

    with pytest.raises(RoleError):
        other.perform(LearnVoice(world.likeness(ada).voice), EngineSpec("ear"))


# -- approval


def test_a_video_waits_for_the_approval_of_someone_who_did_not_make_it(world, ada):
    world.operators.rule(approval=True)
    made = film(world)
    reviewer = acting(world, Role.APPROVE)

    with pytest.raises(ConsentError, match=f"avatar approve {made.digest}") as refusal:
        world.perform(Publish(made), EngineSpec("stamp"))
    assert refusal.value.code == newest_code(world) == "consent.not-approved"

    reviewer.operators.approve("video", made.digest)
    world.perform(Publish(made), EngineSpec("stamp"))


def test_no_one_approves_their_own_production(world, ada):
    world.operators.rule(approval=True)
    made = film(world)

    with pytest.raises(RoleError) as refusal:
        world.operators.approve("video", made.digest)
    assert refusal.value.code == newest_code(world) == "approval.own"


def test_an_approval_by_its_own_maker_does_not_count_even_when_it_is_forced_in(world, ada):
    world.operators.rule(approval=True)
    made = film(world)
    own = Approval(kind="video", subject=made.digest, by=world.ledger.operator, signature="0" * 128)
    signed = own.model_copy(update={"signature": world.operator.sign(own.signed_bytes)})
    world.ledger.append(Approved(approval=signed))

    with pytest.raises(ConsentError) as refusal:
        world.perform(Publish(made), EngineSpec("stamp"))
    assert refusal.value.code == "consent.not-approved"


def test_an_approval_that_its_operator_did_not_sign_never_gets_in(world, ada):
    reviewer = acting(world, Role.APPROVE)
    forged = Approval(kind="video", subject="0" * 64, by=reviewer.ledger.operator, signature="0" * 128)

    with pytest.raises(ConsentError) as refusal:
        world.ledger.append(Approved(approval=forged))
    assert refusal.value.code == "role.bad-signature"


def test_an_approval_is_of_one_video_and_of_no_other(world, ada):
    world.operators.rule(approval=True)
    first = film(world)
    acting(world, Role.APPROVE).operators.approve("video", first.digest)
    shots = world.store.manifest(first.digest).inputs
    other = world.perform(Assemble((*map(_shot, shots),), "another title"), EngineSpec("splice"))

    with pytest.raises(ConsentError) as refusal:
        world.perform(Publish(other), EngineSpec("stamp"))
    assert refusal.value.code == "consent.not-approved"


def test_what_was_never_made_here_cannot_be_approved(world):
    with pytest.raises(InputError, match="nothing of that name"):
        acting(world, Role.APPROVE).operators.approve("video", "0" * 64)


def test_a_performer_who_asks_for_review_gets_it_whatever_the_house_rules(world):
    person = world.enroll("ada")
    world.agree(person, script=ScriptPolicy(reviewed=True))
    world.agree(world.enroll("bob"))
    cast = {role: world.likeness(world.people.find(alias)) for role, alias in TOY_CAST.items()}
    story = Production(world.blueprint, cast, split_script("One line. And another."), TOY_BRIEF)
    reviewer = acting(world, Role.APPROVE)

    with pytest.raises(ConsentError) as refusal:
        direct(story, world.studio.under(story.asks))
    assert refusal.value.code == "consent.script-not-reviewed"

    reviewer.operators.approve("script", script_digest(story.asks.script))
    with pytest.raises(ConsentError) as refusal:
        direct(story, world.studio.under(story.asks))
    assert refusal.value.code == "consent.video-not-reviewed"

    (made,) = (e.fact.made for e in entries(world.objects) if getattr(e.fact, "request", "") == Assemble.__name__)
    reviewer.operators.approve("video", made)
    assert direct(story, world.studio.under(story.asks))


TOY_CAST = {"presenter": "ada", "double": "bob"}


def _shot(digest: str):
    from avatar.artifacts.artifact import Shot

    return Shot(digest)
