"""C: somebody else's voice under another name. The victim agreed to nothing but that their voice is guarded."""

from pathlib import Path

import numpy as np
import pytest

from avatar.artifacts.artifact import VoiceSample
from avatar.consent import Use
from avatar.people.samples import CheckedSample
from avatar.stages.registry import EngineSpec
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.voices.judging.speaker_embedding import SpeakerEmbedding
from tests.redteam.cases import attack


def hears(sound: Path) -> SpeakerEmbedding:
    """The victim in a file of theirs, and in every take; whoever else in any other."""
    whose = 1 if sound.read_bytes().startswith((b"RIFF", b"victim")) else 2
    directions = np.random.default_rng(whose).standard_normal((2, 256)).astype(np.float32)
    return SpeakerEmbedding(directions / np.linalg.norm(directions, axis=1, keepdims=True))


@pytest.fixture
def guarded(scene):
    scene.world.agree(scene.victim, Use.GUARD_VOICE)
    scene.world.listen = hears
    return scene


def stolen(room: Path) -> CheckedSample:
    parts = {part: room / part for part in VoiceSample.parts}
    for path in parts.values():
        path.write_text("victim's, recorded in secret")
    return CheckedSample(VoiceSample, parts)


@attack("the victim's voice is enrolled as someone new", by="guarded voice", code="voice.someone-else")
def test_a_stolen_voice_is_not_enrolled(guarded):
    with guarded.attacked():
        guarded.world.people.enroll("newcomer", "self", [stolen])


@attack("the victim's voice is brought as one more sample", by="guarded voice", code="voice.someone-else")
def test_a_stolen_voice_is_not_brought_by_someone_known(guarded):
    with guarded.attacked():
        guarded.world.people.enroll(guarded.accomplice.alias, "synthetic", [stolen])


@attack("a voice stolen before its owner came is learned", by="guarded voice", code="voice.someone-else")
def test_a_stolen_voice_is_not_learned_once_its_owner_is_here(scene):
    thief = scene.world.people.enroll("thief", "synthetic", [stolen])
    scene.world.agree(thief)
    scene.world.agree(scene.victim, Use.GUARD_VOICE)
    scene.world.listen = hears

    scene.refused(LearnVoice(scene.world.likeness(thief).voice), "ear")


@attack("a take is driven into the victim's voice", by="guarded take", code="take.someone-else")
def test_a_take_in_the_victims_voice_is_not_kept(guarded):
    guarded.refused(CloneVoice(guarded.model(guarded.accomplice), "hello there"), "beep")


@attack("a take that was made before is recalled", by="guarded recall", code="take.someone-else")
def test_a_take_in_the_victims_voice_is_not_recalled(scene):
    scene.world.listen = hears
    model = scene.model(scene.accomplice)
    scene.world.perform(CloneVoice(model, "hello there"), EngineSpec("beep"))
    scene.world.agree(scene.victim, Use.GUARD_VOICE)

    scene.refused(CloneVoice(model, "hello there"), "beep")
