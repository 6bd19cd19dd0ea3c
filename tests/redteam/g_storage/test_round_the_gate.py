"""G: calls round the gate, from inside the same process: what cannot be made, and what is not believed afterwards."""

import copy
import pickle
import time

import pytest

from avatar.artifacts.artifact import Speech, Video
from avatar.consent import Cleared
from avatar.errors import AvatarError
from avatar.stages.face import AnimateFace
from avatar.stages.registry import EngineSpec, describe_work
from avatar.stages.render import Publish
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.studio.workbench import RequestWorkbench
from avatar.testing.world import TOY_BRIEF
from tests.redteam.cases import attack


def forged_clearance(scene, request) -> Cleared:
    """Make a clearance as no type checker lets through: Python itself stops nobody."""
    position, _ = scene.world.ledger.head()
    cleared = object.__new__(Cleared)
    for name, value in (("request", request), ("grants", ()), ("at", position)):
        object.__setattr__(cleared, name, value)
    return cleared


def made_without_asking(scene, request, engine: str):
    """Run *engine* past the studio, and keep what it made in the accomplice's name."""
    world, room = scene.world, scene.world.folder / f"room-{time.monotonic_ns()}"
    room.mkdir()
    work = describe_work(request, EngineSpec(engine), world.build(EngineSpec(engine)))
    bench = RequestWorkbench(forged_clearance(scene, request), world.studio, room, work.recipe, TOY_BRIEF)
    parts = world.build(EngineSpec(engine)).run(forged_clearance(scene, request), bench)
    inputs = tuple(artifact.digest for artifact in request.inputs())
    return world.store.keep(request.output_type, parts, people=(scene.accomplice.id,), inputs=inputs, work=work)


@attack("an engine is called past the studio, with a forged clearance", by="made here", code="consent.unrecorded")
def test_what_was_made_without_asking_is_not_used(scene):
    theirs = LearnVoice(scene.world.likeness(scene.victim).voice)
    model = made_without_asking(scene, theirs, "ear")
    speech = made_without_asking(scene, CloneVoice(model, "words"), "beep")

    scene.refused(AnimateFace(scene.world.likeness(scene.accomplice).portrait, Speech(speech.digest)), "still")


@attack("a film that was made past the studio is published", by="made here", code="consent.unrecorded")
def test_what_was_made_without_asking_is_not_published(scene):
    from avatar.stages.render import Assemble

    film = made_without_asking(scene, Assemble((scene.shot(scene.accomplice),), "another title"), "splice")

    scene.refused(Publish(Video(film.digest)), "stamp")


@attack("a clearance is copied, or kept for another day", by="clearance", harmless="it cannot be copied or stored")
@pytest.mark.parametrize("keep", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_clearance_cannot_be_kept(scene, keep):
    cleared = scene.world.clear(LearnVoice(scene.world.likeness(scene.accomplice).voice))

    with pytest.raises(TypeError, match="clear the request again"):
        keep(cleared)


@attack("work is set up with something that only looks like a clearance", by="clearance", harmless="no bench is set up")
def test_a_bench_needs_a_clearance(scene, tmp_path):
    class Lookalike:
        request = LearnVoice(scene.world.likeness(scene.victim).voice)
        grants = ()

    with pytest.raises(TypeError, match="cleared work"):
        RequestWorkbench(Lookalike(), scene.world.studio, tmp_path, "0" * 64, TOY_BRIEF)


@attack(
    "an unsigned film is given out as a delivery", by="verified delivery", code="credential.not-verified", entry=False
)
def test_an_unsigned_film_is_not_delivered(scene, tmp_path):
    """A publication engine that signs nothing: the store keeps what it made, and no folder ever sees it."""
    from avatar.app.context import AppContext
    from avatar.app.delivery import deliver
    from avatar.app.settings import Settings
    from avatar.artifacts.artifact import SignedVideo
    from avatar.provenance.signer import load_signer

    load_signer(scene.world.folder / "signing")
    signed = scene.publish(scene.accomplice)
    context = AppContext(Settings(home=scene.world.folder, keys=scene.world.folder))

    with scene.attacked():
        deliver(context, SignedVideo(signed.digest), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@attack(
    "a refusal is caught by a flow, which goes on with the next request",
    by="asked before recalling",
    code="consent.not-granted",
)
def test_going_on_after_a_refusal(scene):
    theirs = scene.world.likeness(scene.victim)
    with pytest.raises(AvatarError):
        scene.perform(LearnVoice(theirs.voice), "ear")

    scene.refused(AnimateFace(theirs.portrait, scene.speech(scene.accomplice)), "still")
