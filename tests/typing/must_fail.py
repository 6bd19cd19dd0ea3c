"""What must not type-check: each marked line is an error, and mypy's unused-ignore says when one no longer is."""

from avatar.artifacts.artifact import Footage, Portrait, Shot, Speech, VoiceModel, VoiceSample
from avatar.consent import Cleared
from avatar.consent.claims import LedgerPosition
from avatar.consent.gate import Gate
from avatar.stages.face import AnimateFace, SwapFace
from avatar.stages.registry import EngineSpec
from avatar.stages.render import Assemble, Publish, Render
from avatar.stages.request import Engine, Workbench
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.studio.studio import Studio
from avatar.testing.toys import ToyVoice, ToyVoiceLearning
from avatar.testing.world import TOY_BRIEF as BRIEF


def runs_an_engine_without_consent(model: VoiceModel, bench: Workbench) -> None:
    ToyVoice().run(CloneVoice(model, "hello"), bench)  # type: ignore[arg-type]
    ToyVoice().run(None, bench)  # type: ignore[arg-type]


def runs_an_engine_with_consent_for_something_else(gate: Gate, sample: VoiceSample, bench: Workbench) -> None:
    ToyVoice().run(gate.clear(LearnVoice(sample), BRIEF), bench)  # type: ignore[arg-type]
    engine: Engine[CloneVoice] = ToyVoiceLearning()  # type: ignore[assignment]
    del engine


def makes_a_clearance(model: VoiceModel) -> None:
    request = CloneVoice(model, "hello")
    Cleared(request, (), LedgerPosition("", 0, ""))  # type: ignore[call-arg]
    Cleared(request, (), LedgerPosition("", 0, ""), None)  # type: ignore[arg-type]


def changes_a_clearance(cleared: Cleared[CloneVoice], model: VoiceModel) -> None:
    cleared.request = CloneVoice(model, "something else")  # type: ignore[misc]
    cleared.grants = ()  # type: ignore[misc]


def changes_a_request(request: CloneVoice) -> None:
    request.line = "something else"  # type: ignore[misc]


class Forged(Cleared[CloneVoice]):  # type: ignore[misc]
    """A clearance cannot be subclassed."""


def mixes_up_material(sample: VoiceSample, portrait: Portrait, speech: Speech, footage: Footage, shot: Shot) -> None:
    CloneVoice(sample, "hello")  # type: ignore[arg-type]
    AnimateFace(portrait, sample)  # type: ignore[arg-type]
    AnimateFace(speech, portrait)  # type: ignore[arg-type]
    SwapFace(portrait, portrait)  # type: ignore[arg-type]
    Render((shot,), speech)  # type: ignore[arg-type]
    Assemble((footage,))  # type: ignore[arg-type]


def publishes_what_is_not_finished(studio: Studio, shot: Shot) -> None:
    studio.perform(Publish(shot), EngineSpec("c2pa"), BRIEF)  # type: ignore[arg-type]


def performs_a_clearance(studio: Studio, cleared: Cleared[CloneVoice]) -> None:
    studio.perform(cleared, EngineSpec("beep"), BRIEF)  # type: ignore[arg-type]


def performs_without_saying_what_for(studio: Studio, model: VoiceModel) -> None:
    studio.perform(CloneVoice(model, "hello"), EngineSpec("beep"))  # type: ignore[call-arg]


def names_an_engine_by_itself(studio: Studio, model: VoiceModel) -> None:
    studio.perform(CloneVoice(model, "hello"), ToyVoice(), BRIEF)  # type: ignore[arg-type]
