"""The gate's promises, over real grants in a real ledger."""

from datetime import timedelta

import pytest

from avatar.artifacts.artifact import Footage, Portrait, VoiceModel, VoiceSample
from avatar.artifacts.manifest import Work
from avatar.consent import Use
from avatar.consent.entries import Refused
from avatar.errors import ConsentError, StoreError
from avatar.people.samples import CheckedSample
from avatar.stages.face import AnimateFace, SwapFace
from avatar.stages.registry import EngineSpec
from avatar.stages.render import Assemble, Render
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.testing.world import World
from tests.consent.reading import entries


@pytest.fixture
def ada(world):
    return world.enroll("ada")


@pytest.fixture
def request_(world, ada):
    return LearnVoice(world.likeness(ada).voice)


def refused(world, request) -> str:
    """Return why the gate refuses *request*, once the ledger says so too."""
    with pytest.raises(ConsentError) as refusal:
        world.clear(request)
    newest = entries(world.objects)[-1].fact
    assert isinstance(newest, Refused)
    assert newest.code == refusal.value.code
    assert newest.request == type(request).__name__
    return refusal.value.code


def test_work_needs_a_grant(world, request_):
    assert refused(world, request_) == "consent.not-granted"


def test_a_grant_clears_the_work_and_is_named(world, ada, request_):
    world.agree(ada, Use.CLONE_VOICE)

    cleared = world.clear(request_)

    (standing,) = world.ledger.read().people[ada.id].standing
    assert cleared.request is request_
    assert cleared.grants == (standing.grant.digest,)
    assert cleared.at == world.ledger.head()[0]


def test_a_grant_for_another_use_does_not_do(world, ada, request_):
    world.agree(ada, Use.PUBLISH, Use.ANIMATE_FACE)

    assert refused(world, request_) == "consent.not-granted"


def test_a_grant_for_another_sample_does_not_do(world, ada):
    world.agree(ada, Use.CLONE_VOICE)
    world.people.enroll("ada", "synthetic", [_voice(b"a new voice of ada")])

    assert refused(world, LearnVoice(world.likeness(ada).voice)) == "consent.asset-not-covered"


def test_a_grant_of_another_person_does_not_do(world, request_):
    world.agree(world.enroll("bob"))

    assert refused(world, request_) == "consent.not-granted"


def test_a_grant_ends(world, ada, request_):
    world.agree(ada, days=2)
    world.wait(days=2, microseconds=-1)
    world.clear(request_)
    world.wait(microseconds=1)

    assert refused(world, request_) == "consent.expired"


def test_a_grant_begins(world, ada, request_):
    world.agree(ada, Use.CLONE_VOICE, days=2, start=world.now + timedelta(hours=1))
    assert refused(world, request_) == "consent.not-yet"

    world.wait(hours=1)
    world.clear(request_)


def test_a_withdrawal_ends_a_grant(world, ada, request_):
    world.agree(ada)
    world.clear(request_)
    world.people.withdraw(ada)

    assert refused(world, request_) == "consent.withdrawn"


def test_a_withdrawal_in_another_process_is_seen_at_once(world, ada, request_):
    world.agree(ada)
    world.clear(request_)
    World(world.folder).people.withdraw(ada)

    assert refused(world, request_) == "consent.withdrawn"


def test_narrowing_ends_only_what_it_names(world, ada, request_):
    world.agree(ada)
    world.people.withdraw(ada, [Use.PUBLISH])
    world.clear(request_)

    world.people.withdraw(ada, [Use.CLONE_VOICE])
    assert refused(world, request_) == "consent.withdrawn"


def test_a_new_grant_after_a_withdrawal_stands(world, ada, request_):
    world.agree(ada)
    world.people.withdraw(ada)
    world.agree(ada)

    world.clear(request_)


def test_everyone_in_the_material_is_asked(world, ada):
    bob = world.enroll("bob")
    world.agree(ada)
    world.agree(bob, Use.SWAP_FACE)
    both = SwapFace(world.likeness(ada).footage, world.likeness(bob).portrait)
    world.clear(both)

    world.people.withdraw(bob)
    assert refused(world, both) == "consent.withdrawn"


def test_people_follow_their_material(world, ada):
    """A speech embodies the cloning of a voice: taking that back takes back what it made."""
    world.agree(ada)
    model = world.perform(LearnVoice(world.likeness(ada).voice), EngineSpec("ear"))
    speech = world.perform(CloneVoice(model, "hello"), EngineSpec("beep"))
    world.clear(AnimateFace(world.likeness(ada).portrait, speech))

    world.people.withdraw(ada, [Use.CLONE_VOICE])
    assert refused(world, AnimateFace(world.likeness(ada).portrait, speech)) == "consent.withdrawn"


def test_work_that_adds_no_use_still_needs_a_standing_grant(world, ada):
    world.agree(ada)
    footage = world.likeness(ada).footage
    model = world.perform(LearnVoice(world.likeness(ada).voice), EngineSpec("ear"))
    speech = world.perform(CloneVoice(model, "hello"), EngineSpec("beep"))
    world.clear(Render((footage,), speech))

    world.people.withdraw(ada)
    assert refused(world, Render((footage,), speech)) == "consent.withdrawn"


def test_work_on_nothing_is_refused(world, ada):
    world.agree(ada)

    assert refused(world, Assemble(())) == "consent.nobody"


def test_work_that_shows_nobody_is_refused(world):
    path = world.folder / "landscape"
    path.write_bytes(b"a landscape")
    nobody = world.store.keep(Portrait, {"picture.png": path}, people=())

    assert refused(world, SwapFace(Footage(nobody.digest), nobody)) == "consent.nobody"


def test_material_that_is_not_in_the_store_is_refused(world):
    with pytest.raises(StoreError, match="no artifact"):
        world.clear(LearnVoice(VoiceSample("f" * 64)))


def test_made_material_that_the_ledger_does_not_know_is_refused(world, ada):
    """Whoever can write to the bucket can write a manifest that names only themselves; not a ledger entry."""
    world.agree(ada)
    voice = world.likeness(ada).voice
    path = world.folder / "voice.npz"
    path.write_bytes(b"somebody else's voice")
    work = Work(request="LearnVoice", fields={}, use="clone-voice", engine="ear", options={}, version=1, weights={})
    forged = world.store.keep(VoiceModel, {"voice.npz": path}, people=(ada.id,), inputs=(voice.digest,), work=work)

    assert refused(world, CloneVoice(forged, "hello")) == "consent.unrecorded"


def _voice(sound: bytes):
    def prepare(room):
        parts = {"sound.wav": room / "sound.wav", "transcript.txt": room / "transcript.txt"}
        parts["sound.wav"].write_bytes(sound)
        parts["transcript.txt"].write_text("hello")
        return CheckedSample(VoiceSample, parts)

    return prepare
