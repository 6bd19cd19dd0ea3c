"""C: operators who do what they may not, approve what they made, or appoint themselves."""

from contextlib import suppress

from avatar.consent.entries import Appointed, Approved
from avatar.consent.keys import Key, new_key
from avatar.consent.roles import Appointment, Approval, Role
from avatar.errors import AvatarError
from avatar.people.erasure import erase
from avatar.people.operators import Operators
from avatar.stages.render import Assemble, Publish
from avatar.stages.voice import LearnVoice
from avatar.testing.world import World
from tests.redteam.a_consent.test_forgery import forge
from tests.redteam.cases import attack
from tests.redteam.conftest import Scene


def acting(scene: Scene, *roles: Role, key: Key | None = None) -> Scene:
    """The same scene as another operator sees it, who was given *roles*."""
    key = key or new_key()
    if roles:
        scene.world.operators.appoint(key.public, roles)
    world = World(scene.world.folder, now=scene.world.now, engines=scene.world.engines, acting=key)
    return Scene(world, scene.victim, scene.accomplice, scene.case, scene.held)


@attack("an operator without a role produces", by="roles", code="role.missing")
def test_producing_without_a_role(scene):
    other = acting(scene, Role.AUDIT)

    other.refused(LearnVoice(other.world.likeness(other.accomplice).voice), "ear")


@attack("someone nobody appointed produces", by="roles", code="role.missing")
def test_producing_as_nobody(scene):
    nobody = acting(scene)

    nobody.refused(LearnVoice(nobody.world.likeness(nobody.accomplice).voice), "ear")


@attack("an operator who may produce publishes", by="roles", code="role.missing")
def test_publishing_without_the_role(scene):
    video = scene.video(scene.accomplice)

    acting(scene, Role.PRODUCE).refused(Publish(video), "stamp")


@attack("an operator who may produce grants on behalf of people", by="roles", code="role.missing")
def test_granting_without_the_role(scene):
    other = acting(scene, Role.PRODUCE, Role.PUBLISH)

    with other.attacked():
        other.world.agree(other.victim)


@attack("an operator who may produce enrols people", by="roles", code="role.missing")
def test_enrolling_without_the_role(scene):
    other = acting(scene, Role.PRODUCE)

    with other.attacked():
        other.world.enroll("zoe")


@attack("an operator without the role erases someone to hide what was done", by="roles", code="role.missing")
def test_erasing_without_the_role(scene):
    other = acting(scene, Role.PRODUCE)

    with other.attacked():
        erase(other.world.people, "victim")


@attack("an operator gives themselves a role", by="roles", code="role.missing")
def test_appointing_oneself(scene):
    key = new_key()
    other = acting(scene, Role.PRODUCE, key=key)

    with other.attacked():
        other.world.operators.appoint(key.public, tuple(Role))


@attack("an insider appoints someone in the founder's name", by="roles", code="ledger.forged", entry=False)
def test_an_insider_cannot_appoint(scene):
    key, founder = new_key(), scene.world.ledger.operator
    unsigned = Appointment(record_id="5" * 32, key=key.public, roles=(Role.APPROVE,), by=founder, signature="0" * 128)
    signed = unsigned.model_copy(update={"signature": key.sign(unsigned.signed_bytes)})
    forge(scene, Appointed(appointment=signed))

    scene.shut()


@attack("an old appointment of someone dismissed is recorded again", by="roles", code="role.replayed", entry=False)
def test_a_replayed_appointment(scene):
    key = new_key()
    index = scene.world.operators.appoint(key.public, (Role.APPROVE,))
    old = scene.world.ledger.entry(index).fact
    scene.world.operators.appoint(key.public, ())

    with scene.attacked():
        scene.world.ledger.append(old)


@attack(
    "the last operator who appoints is dismissed, so that nobody can undo it", by="roles", code="role.last", entry=False
)
def test_the_last_who_appoints(scene):
    with scene.attacked():
        scene.world.operators.appoint(scene.world.operator.public, (Role.PRODUCE,))


@attack("an operator approves the video they made", by="four eyes", code="approval.own")
def test_approving_ones_own(scene):
    video = scene.video(scene.accomplice)

    with scene.attacked():
        scene.world.operators.approve("video", video.digest)


@attack("an insider records an operator's approval of their own video", by="four eyes", code="consent.not-approved")
def test_an_own_approval_counts_for_nothing(scene):
    """The record is signed as it should be; it is the decision that does not count it."""
    video, world = scene.video(scene.accomplice), scene.world
    world.operators.rule(approval=True)
    unsigned = Approval(kind="video", subject=video.digest, by=world.ledger.operator, signature="0" * 128)
    world.ledger.append(
        Approved(approval=unsigned.model_copy(update={"signature": world.operator.sign(unsigned.signed_bytes)}))
    )

    scene.refused(Publish(video), "stamp")


@attack("a video is published that nobody approved", by="four eyes", code="consent.not-approved")
def test_a_video_that_nobody_approved(scene):
    video = scene.video(scene.accomplice)
    scene.world.operators.rule(approval=True)

    scene.refused(Publish(video), "stamp")


@attack("the approval of one video is used for another", by="four eyes", code="consent.not-approved")
def test_an_approval_of_another_video(scene):
    approved = scene.video(scene.accomplice)
    scene.world.operators.rule(approval=True)
    acting(scene, Role.APPROVE).world.operators.approve("video", approved.digest)
    other = scene.perform(Assemble((scene.shot(scene.accomplice),), "another title"), "splice")

    scene.refused(Publish(other), "stamp")


@attack(
    "who approved a video goes on with it themselves, under another role", by="four eyes", code="consent.not-approved"
)
def test_who_approves_does_not_publish(scene):
    video, key = scene.video(scene.accomplice), new_key()
    scene.world.operators.rule(approval=True)
    second = acting(scene, Role.APPROVE, Role.PUBLISH, key=key)
    second.world.operators.approve("video", video.digest)

    second.refused(Publish(video), "stamp")


@attack("an operator without the role approves", by="roles", code="role.missing")
def test_approving_without_the_role(scene):
    video = scene.video(scene.accomplice)
    other = acting(scene, Role.PRODUCE)

    with other.attacked():
        other.world.operators.approve("video", video.digest)


@attack("an approval is signed with another operator's key", by="roles", code="role.bad-signature")
def test_an_approval_with_another_key(scene):
    video = scene.video(scene.accomplice)
    second = acting(scene, Role.APPROVE)

    with second.attacked():
        Operators(second.world.ledger, new_key()).approve("video", video.digest)


@attack("something is approved that was never made here", by="four eyes", code="approval.unknown", entry=False)
def test_approving_what_was_never_made(scene):
    second = acting(scene, Role.APPROVE)

    with second.attacked():
        second.world.operators.approve("video", "f" * 64)


@attack("an operator who was dismissed goes on", by="roles", code="role.missing")
def test_a_dismissed_operator(scene):
    key = new_key()
    other = acting(scene, Role.PRODUCE, key=key)
    scene.world.operators.appoint(key.public, ())

    other.refused(LearnVoice(other.world.likeness(other.accomplice).voice), "ear")


def test_with_four_eyes_it_goes_out(scene):
    video = scene.video(scene.accomplice)
    scene.world.operators.rule(approval=True)
    with suppress(AvatarError):
        scene.perform(Publish(video), "stamp")
    acting(scene, Role.APPROVE).world.operators.approve("video", video.digest)

    assert scene.perform(Publish(video), "stamp")
