"""F: engines that lie, reach, keep and swallow. Types stop forgetting; these stop what types do not see."""

import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from avatar.consent import Cleared
from avatar.errors import ConsentError
from avatar.media.frames import Frames
from avatar.stages.face import AnimateFace, RefineLips, SwapFace
from avatar.stages.registry import EngineSpec
from avatar.stages.render import Publish, Render
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.testing.toys import ToyVoiceLearning
from tests.redteam.cases import attack


def learn(scene, engine: str):
    scene.refused(LearnVoice(scene.world.likeness(scene.accomplice).voice), engine)


@attack("a blueprint has one kind of engine do another's work", by="right stage", code="engine.wrong-stage")
def test_an_engine_of_another_stage(scene):
    learn(scene, "beep")


@attack("a blueprint names any importable object as an engine", by="named engines", code="engine.unknown")
def test_an_import_path_is_no_engine(scene):
    learn(scene, "os:system")


@attack("a blueprint gives an engine an option that it does not have", by="named engines", code="engine.unknown-option")
def test_an_unknown_option(scene):
    with scene.attacked():
        scene.world.perform(CloneVoice(scene.model(scene.accomplice), "hello"), EngineSpec("beep", {"__class__": "x"}))


@attack("an engine opens a network whose licence it tells nobody", by="declared models", code="weights.undeclared")
def test_a_model_that_nobody_declared(scene):
    @dataclass(frozen=True)
    class Undeclared(ToyVoiceLearning):
        unet: str = "voices/unet"
        unet_sha256: str = "0" * 64

    scene.world.engines["undeclared"] = lambda: Undeclared
    learn(scene, "undeclared")


@attack("a blueprint gives a number that is none", by="named engines", code="engine.bad-option")
def test_an_option_that_is_no_number(scene):
    with scene.attacked():
        scene.world.perform(
            CloneVoice(scene.model(scene.accomplice), "hello"), EngineSpec("beep", {"pitch": float("nan")})
        )


@attack("an engine opens material that its request does not name", by="reach", code="engine.reach")
def test_foreign_material(scene, worn):
    theirs = scene.world.likeness(scene.victim).voice

    learn(scene, worn("ear", lambda self, cleared, bench: {"voice.npz": bench.open(theirs)}))


@attack("an engine opens what its request's material was made from", by="reach", code="engine.reach")
def test_ancestors(scene, worn):
    sample = scene.world.likeness(scene.accomplice).voice
    engine = worn("beep", lambda self, cleared, bench: {"sound.wav": bench.open(sample)})

    scene.refused(CloneVoice(scene.model(scene.accomplice), "hello"), engine)


@attack("an engine pulls the frames of somebody else's footage", by="reach", code="engine.reach")
def test_foreign_frames(scene, worn):
    theirs, speech = scene.world.likeness(scene.victim).footage, scene.speech(scene.accomplice)
    engine = worn("reel", lambda self, cleared, bench: list(bench.frames(theirs).batches))

    scene.refused(Render((scene.footage(scene.accomplice),), speech), engine)


@attack("an engine writes a file outside its room", by="reach", code="engine.reach")
def test_a_file_outside_the_room(scene, worn):
    def escaping(self, cleared, bench):
        bench.new("../../escaped").write_text("here")

    learn(scene, worn("ear", escaping))


@attack("an engine keeps its bench and opens material later", by="reach", code="consent.ended", entry=False)
def test_a_bench_that_was_kept(scene, worn):
    kept = []
    ear = scene.world.engines["ear"]().run

    def keeping(self, cleared, bench):
        kept.append((cleared, bench))
        return ear(self, cleared, bench)

    scene.perform(LearnVoice(scene.world.likeness(scene.accomplice).voice), worn("ear", keeping))
    ((cleared, bench),) = kept
    with scene.attacked():
        bench.open(cleared.request.sample, "transcript.txt")


@attack(
    "an engine keeps its clearance and makes one for other work of it", by="clearance", harmless="it cannot be made"
)
def test_a_clearance_that_was_kept(scene):
    cleared = scene.world.clear(LearnVoice(scene.world.likeness(scene.accomplice).voice))
    other = LearnVoice(scene.world.likeness(scene.victim).voice)

    with pytest.raises(TypeError, match="only the consent gate"):
        Cleared(other, cleared.grants, cleared.at, object())
    with pytest.raises(AttributeError):
        cleared.request = other
    with pytest.raises(TypeError):
        object.__new__(Cleared).__init__(other, cleared.grants, cleared.at)


@attack("an engine swallows the refusal of what it pulls", by="asked again before keeping", code="consent.withdrawn")
def test_a_swallowed_refusal(scene, worn):
    """The withdrawal falls while it runs; it hands its parts over before anyone has asked again."""
    scene.world.agree(scene.victim)
    model = scene.model(scene.victim)
    beep = scene.world.engines["beep"]().run

    def swallowing(self, cleared, bench):
        parts = beep(self, cleared, bench)
        scene.world.people.withdraw(scene.victim)
        with contextlib.suppress(ConsentError):
            bench.pulse(1.0)
        return parts

    scene.refused(CloneVoice(model, "a line"), worn("beep", swallowing))


@attack("an engine ends the whole process", by="blamed", code="engine.failed")
def test_an_engine_that_exits(scene, worn):
    learn(scene, worn("ear", lambda self, cleared, bench: sys.exit(0)))


@attack("an engine raises something that says nothing", by="blamed", code="engine.failed")
def test_an_engine_that_breaks(scene, worn):
    def breaking(self, cleared, bench):
        raise RecursionError

    learn(scene, worn("ear", breaking))


@attack("an engine hands over parts of another kind", by="parts of its kind", code="store.parts")
def test_other_parts(scene, worn):
    def other(self, cleared, bench):
        path = bench.new("video.mp4")
        path.write_bytes(b"a film")
        return {"video.mp4": path}

    learn(scene, worn("ear", other))


@attack("an engine drops frames of footage", by="frames counted", code="engine.frame-count")
def test_frames_that_are_missing(scene, worn):
    footage, speech = scene.footage(scene.accomplice), scene.speech(scene.accomplice)

    def dropping(self, cleared, bench):
        frames = bench.frames(cleared.request.footage)
        return Frames(frames.format, frames.count, (batch for n, batch in enumerate(frames.batches) if n))

    made = scene.perform(RefineLips(footage, speech), worn("hush", dropping))
    scene.refused(Render((made,), speech), "reel")


@attack("an engine animates fewer frames than it says", by="frames counted", code="engine.frame-count")
def test_fewer_frames_than_said(scene, worn):
    still = scene.world.engines["still"]().run

    def sparing(self, cleared, bench):
        frames = still(self, cleared, bench)
        return Frames(frames.format, frames.count, (batch for n, batch in enumerate(frames.batches) if n))

    speech, portrait = scene.speech(scene.accomplice), scene.world.likeness(scene.accomplice).portrait
    made = scene.perform(AnimateFace(portrait, speech), worn("still", sparing))
    scene.refused(Render((made,), speech), "reel")


@attack("an engine adds frames to footage and lies about their number", by="frames counted", code="engine.frame-count")
def test_frames_that_are_added(scene, worn):
    footage, speech = scene.footage(scene.accomplice), scene.speech(scene.accomplice)
    face = scene.world.likeness(scene.accomplice).portrait

    def adding(self, cleared, bench):
        frames = bench.frames(cleared.request.footage)
        twice = (batch for batch in frames.batches for _ in range(2))
        return Frames(frames.format, frames.count * 2, twice)

    made = scene.perform(SwapFace(footage, face), worn("tint", adding))
    scene.refused(Render((made,), speech), "reel")


@attack("an engine changes after its footage was approved", by="recipe binding", code="store.outdated")
def test_another_version_than_was_described(scene):
    footage, speech = scene.footage(scene.accomplice), scene.speech(scene.accomplice)
    still = scene.world.engines["still"]()
    scene.world.engines["still"] = lambda: type("Still", (still,), {"version": 2})

    scene.refused(Render((footage,), speech), "reel")


@attack(
    "an engine publishes while the victim's consent is missing", by="asked before recalling", code="consent.withdrawn"
)
def test_an_engine_that_publishes_is_never_reached(scene, worn):
    scene.world.agree(scene.victim)
    video, reached = scene.video(scene.victim), []
    scene.world.people.withdraw(scene.victim)
    engine = worn("stamp", lambda self, cleared, bench: reached.append(bench.signer.sign(b"anything")))

    scene.refused(Publish(video), engine)
    assert reached == []


def test_a_room_is_gone_with_its_work(scene, worn):
    rooms = []
    ear = scene.world.engines["ear"]().run

    def looking(self, cleared, bench):
        rooms.append(bench.new("x").parent)
        return ear(self, cleared, bench)

    scene.perform(LearnVoice(scene.world.likeness(scene.accomplice).voice), worn("ear", looking))
    assert [room for room in rooms if Path(room).exists()] == []
