"""B: a withdrawal at every moment between asking and giving away."""

import time
from dataclasses import dataclass, replace
from typing import Any

from avatar.consent.entries import Published
from avatar.media.frames import Frames
from avatar.runtime.supervise import run_supervised
from avatar.stages.face import RefineLips, SwapFace
from avatar.stages.registry import EngineSpec
from avatar.stages.render import Publish, Render
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.studio.workbench import RequestWorkbench
from avatar.testing.world import TOY_BRIEF
from tests.redteam.attacks import reopened
from tests.redteam.cases import attack


@attack("work begins right after a withdrawal", by="asked before recalling", code="consent.withdrawn")
def test_before_anything(scene):
    scene.world.agree(scene.victim)
    scene.world.people.withdraw(scene.victim)

    scene.refused(LearnVoice(scene.world.likeness(scene.victim).voice), "ear")


@attack("a withdrawal from another process is not seen by one that runs", by="no rollback", code="consent.withdrawn")
def test_in_another_process(scene):
    scene.world.agree(scene.victim)
    model = scene.model(scene.victim)
    reopened(scene.world).people.withdraw(scene.victim)

    scene.refused(CloneVoice(model, "a new line"), "beep")


@attack("one of two people withdraws", by="asked before recalling", code="consent.withdrawn")
def test_one_of_two(scene):
    scene.world.agree(scene.victim)
    footage = scene.footage(scene.accomplice)
    scene.perform(SwapFace(footage, scene.world.likeness(scene.victim).portrait), "tint")
    scene.world.people.withdraw(scene.victim)

    scene.refused(SwapFace(footage, scene.world.likeness(scene.victim).portrait), "tint")


@attack("a withdrawal falls into a frame loop", by="asked while it runs", code="consent.withdrawn")
def test_in_a_frame_loop(scene):
    """The renderer never pulses; the frames themselves stop coming."""
    scene.world.agree(scene.victim)
    speech, footage = scene.speech(scene.victim), scene.footage(scene.victim)
    hush = scene.world.engines["hush"]()

    def slow(self, cleared, bench):
        frames = bench.frames(cleared.request.footage)

        def batches():
            for number, batch in enumerate(frames.batches):
                if number == 2:
                    reopened(scene.world).people.withdraw(scene.victim)
                time.sleep(0.15)
                yield batch

        return Frames(frames.format, frames.count, batches())

    slow.__annotations__ = hush.run.__annotations__
    scene.world.engines["slow"] = lambda: type("Slow", (hush,), {"run": slow})
    made = scene.perform(RefineLips(footage, speech), "slow")

    scene.refused(Render((made,), speech), "reel")


@attack("frames are pulled where nobody attends", by="asked as frames flow", code="consent.withdrawn")
def test_where_nobody_attends(scene, monkeypatch):
    monkeypatch.setattr("avatar.studio.studio._CHECK_INTERVAL_S", 0)
    scene.world.agree(scene.victim)
    request = Render((scene.footage(scene.victim),), scene.speech(scene.victim))
    cleared = scene.world.clear(request)
    batches = (
        RequestWorkbench(cleared, scene.world.studio, scene.world.folder, "0" * 64, TOY_BRIEF)
        .frames(request.panels[0])
        .batches
    )
    next(batches)
    scene.world.people.withdraw(scene.victim)

    with scene.attacked():
        next(batches)


@attack(
    "a worker ignores that consent has ended, deep in a library", by="asked while it runs", code="consent.withdrawn"
)
def test_a_worker_that_hears_nothing(scene):
    scene.world.agree(scene.victim)
    model, beep = scene.model(scene.victim), scene.world.engines["beep"]()
    began: list[float] = []

    def deaf(self, cleared, bench):
        reopened(scene.world).people.withdraw(scene.victim)
        began.append(time.monotonic())
        time.sleep(6)
        return beep.run(self, cleared, bench)

    deaf.__annotations__ = beep.run.__annotations__
    scene.world.engines["deaf"] = lambda: type("Deaf", (beep,), {"run": deaf})

    scene.refused(CloneVoice(model, "a new line"), "deaf")
    assert time.monotonic() - began[0] < 4  # seconds: it is left behind, not waited for


@attack(
    "whoever attends the work is not told that it may not go on",
    by="asked while it runs",
    harmless="the refusal is raised",
)
def test_who_attends_hears_the_refusal():
    """The loop that asks, alone: a refusal must come out of it, and soon."""

    class EndedError(Exception):
        pass

    def ask() -> None:
        raise EndedError

    started = time.monotonic()
    try:
        run_supervised(lambda: time.sleep(5), check=ask, interval_s=0.05, cancel=lambda: None)
    except EndedError:
        assert time.monotonic() - started < 3
    else:
        raise AssertionError("the work went on without consent")


@dataclass
class Meanwhile:
    """A ledger beside which something happens just before a publication is appended."""

    ledger: Any
    happens: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ledger, name)

    def append_at(self, position: Any, fact: Any) -> Any:
        self._once(fact)
        return self.ledger.append_at(position, fact)

    def append(self, fact: Any) -> Any:
        self._once(fact)
        return self.ledger.append(fact)

    def _once(self, fact: Any) -> None:
        if isinstance(fact, Published) and self.happens:
            happens, self.happens = self.happens, None
            happens()


@attack(
    "a withdrawal falls between the last question and the publication", by="compare and swap", code="consent.withdrawn"
)
def test_between_the_last_question_and_the_publication(scene):
    scene.world.agree(scene.victim)
    video, elsewhere = scene.video(scene.victim), reopened(scene.world)
    ledger = Meanwhile(scene.world.ledger, lambda: elsewhere.people.withdraw(scene.victim))
    studio = replace(scene.world.studio, ledger=ledger)

    with scene.attacked():
        studio.perform(Publish(video), EngineSpec("stamp"), TOY_BRIEF)


@attack("consent runs out between the last question and the publication", by="compare and swap", code="consent.expired")
def test_an_end_between_the_last_question_and_the_publication(scene):
    """Another entry comes between, so the question is asked again: by now it has another answer."""
    scene.world.agree(scene.victim, days=1)
    video, elsewhere = scene.video(scene.victim), reopened(scene.world)

    def time_passes() -> None:
        elsewhere.agree(scene.accomplice)
        scene.world.wait(days=2)

    studio = replace(scene.world.studio, ledger=Meanwhile(scene.world.ledger, time_passes))

    with scene.attacked():
        studio.perform(Publish(video), EngineSpec("stamp"), TOY_BRIEF)


def test_a_publication_is_tried_again_after_a_harmless_entry(scene):
    video, elsewhere = scene.video(scene.accomplice), reopened(scene.world)
    ledger = Meanwhile(scene.world.ledger, lambda: elsewhere.agree(scene.accomplice))

    assert replace(scene.world.studio, ledger=ledger).perform(Publish(video), EngineSpec("stamp"), TOY_BRIEF)


@attack("a signed file is made while consent ends, and kept", by="asked again before keeping", code="consent.withdrawn")
def test_between_signing_and_keeping(scene):
    scene.world.agree(scene.victim)
    video, stamp = scene.video(scene.victim), scene.world.engines["stamp"]()

    def signing(self, cleared, bench):
        parts = stamp.run(self, cleared, bench)
        reopened(scene.world).people.withdraw(scene.victim)
        return parts

    signing.__annotations__ = stamp.run.__annotations__
    scene.world.engines["signing"] = lambda: type("Signing", (stamp,), {"run": signing})

    scene.refused(Publish(video), "signing")
