"""B: racing a withdrawal. Each attempt ends in a refusal, and nothing that could be published is left behind."""

import threading
import time
from uuid import uuid4

import pytest

from avatar.artifacts.s3 import S3Objects
from avatar.consent import Use
from avatar.errors import ConsentError
from avatar.stages.render import Assemble, Publish, Render
from avatar.testing.world import World
from tests.conftest import BUCKET
from tests.consent.reading import facts
from tests.redteam.cases import attack
from tests.redteam.conftest import Scene

USES = [Use.CLONE_VOICE, Use.ANIMATE_FACE, Use.PUBLISH]


@attack("one of the uses is taken back between rendering and publishing", by="uses embodied", code="consent.withdrawn")
@pytest.mark.parametrize("use", USES)
def test_taking_back_any_use_before_the_exit_stops_it(scene, use):
    scene.world.agree(scene.victim)
    video = scene.video(scene.victim)
    scene.world.people.withdraw(scene.victim, [use])

    scene.refused(Publish(video), "stamp")


@attack("what was made before a withdrawal is recalled after it", by="asked before recalling", code="consent.withdrawn")
def test_nothing_that_shows_someone_can_be_recalled_after_they_withdrew(scene):
    """A cache in front of the gate would give it away; every stage is tried, in a fresh process too."""
    scene.world.agree(scene.victim)
    speech, footage = scene.speech(scene.victim), scene.footage(scene.victim)
    shot = scene.perform(Render((footage,), speech), "reel")
    video = scene.video(scene.victim)
    scene.publish(scene.victim)
    scene.world.people.withdraw(scene.victim)

    for where in (scene, scene.restart()):
        for request, engine in (
            (Render((footage,), speech), "reel"),
            (Assemble((shot,)), "splice"),
            (Publish(video), "stamp"),
        ):
            where.refused(request, engine)


@attack("a new grant of publishing alone lets an old clone out", by="uses embodied", code="consent.withdrawn")
def test_a_grant_after_a_withdrawal_does_not_bring_back_what_was_taken_back_for_good(scene):
    """A new grant of publishing alone does not make an old clone of the voice publishable."""
    scene.world.agree(scene.victim)
    video = scene.video(scene.victim)
    scene.world.people.withdraw(scene.victim)
    scene.world.agree(scene.victim, Use.PUBLISH)

    scene.refused(Publish(video), "stamp")


@attack("an engine swallows the refusal and hands its parts over", by="asked while it runs", code="consent.withdrawn")
def test_an_engine_that_swallows_the_refusal_gains_nothing(scene):
    """Worn as a toy: it catches what ``pulse`` raises and hands its parts over all the same."""
    world = scene.world
    world.agree(scene.victim)
    speech, footage = scene.speech(scene.victim), scene.footage(scene.victim)
    before = list(world.objects.list("manifests"))

    def stubborn(self, cleared, bench):
        files = {part: bench.open(cleared.request.speech, part) for part in ("sound.wav", "timings.json")}
        files["picture.mp4"] = bench.new("picture.mp4")
        files["picture.mp4"].write_bytes(b"the victim")
        world.people.withdraw(scene.victim)
        for _ in range(5):
            time.sleep(0.3)
            try:
                bench.pulse(0.5)
            except ConsentError:
                continue
        return files

    reel = world.engines["reel"]()
    stubborn.__annotations__ = reel.run.__annotations__
    kind = type("Stubborn", (reel,), {"run": stubborn})
    world.engines["stubborn"] = lambda: kind

    scene.refused(Render((footage,), speech), "stubborn")
    assert list(world.objects.list("manifests")) == before


@attack(
    "a withdrawal and a publication race on S3, from two processes",
    by="compare and swap",
    harmless="no publication stands behind the withdrawal",
)
@pytest.mark.slow
@pytest.mark.parametrize("delay", [0, 0.02, 0.05, 0.1, 0.2, 0.3])
def test_no_race_publishes_against_a_withdrawal_on_s3(s3_endpoint, tmp_path, delay):
    prefix = uuid4().hex

    def world() -> World:
        return World(tmp_path, S3Objects(BUCKET, prefix))

    here, there = world(), world()
    scene = Scene(here, here.enroll("victim"), here.enroll("mallory"))
    here.agree(scene.victim)
    video = scene.video(scene.victim)
    there.ledger.read()

    def withdraw() -> None:
        time.sleep(delay)
        there.people.withdraw(scene.victim)

    withdrawing = threading.Thread(target=withdraw)
    withdrawing.start()
    try:
        scene.perform(Publish(video), "stamp")
    except ConsentError:
        pass
    finally:
        withdrawing.join()

    order = facts(here.objects)
    assert "published" not in order[order.index("withdrawn") :]
