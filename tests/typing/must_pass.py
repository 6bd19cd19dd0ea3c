"""What must type-check: mypy reads this file, nothing runs it."""

from typing import assert_type

from avatar.artifacts.artifact import Footage, Portrait, SignedVideo, Speech, Video, VoiceModel, VoiceSample
from avatar.consent import Cleared
from avatar.consent.gate import Gate
from avatar.production.blueprint.schema import Blueprint
from avatar.production.production import Perform, Production, direct
from avatar.stages.face import AnimateFace, SwapFace
from avatar.stages.registry import EngineSpec
from avatar.stages.render import Publish
from avatar.stages.request import Engine, FrameEngine
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.studio.studio import Studio
from avatar.testing.toys import ToyAnimation, ToyVoice
from avatar.testing.world import TOY_BRIEF as BRIEF


def good(gate: Gate, studio: Studio, sample: VoiceSample, portrait: Portrait, video: Video) -> None:
    choice = EngineSpec("any")
    model = studio.perform(LearnVoice(sample), choice, BRIEF)
    assert_type(model, VoiceModel)
    speech = studio.perform(CloneVoice(model, "hello"), choice, BRIEF)
    assert_type(speech, Speech)
    footage = studio.perform(AnimateFace(portrait, speech), choice, BRIEF)
    assert_type(footage, Footage)
    assert_type(studio.perform(SwapFace(footage, portrait), choice, BRIEF), Footage)
    assert_type(studio.perform(Publish(video), choice, BRIEF), SignedVideo)
    assert_type(gate.clear(CloneVoice(model, "hello"), BRIEF), Cleared[CloneVoice])
    engine: Engine[CloneVoice] = ToyVoice()
    frames: FrameEngine[AnimateFace] = ToyAnimation()
    perform: Perform = studio.under(BRIEF)
    assert_type(direct(Production(Blueprint(name="x", speakers=("a",)), {}, (), BRIEF), perform), SignedVideo)
    del engine, frames
