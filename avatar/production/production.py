"""Direct a production: from script to signed video, one request at a time."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from avatar.artifacts.artifact import (
    Artifact,
    Footage,
    GivenFootage,
    Portrait,
    Shot,
    SignedVideo,
    Speech,
    VoiceModel,
    Voiceover,
    VoiceSample,
)
from avatar.consent import Use
from avatar.consent.brief import Brief
from avatar.errors import InputError
from avatar.production.blueprint.schema import Blueprint, DrawnStage
from avatar.runtime.spelling import did_you_mean
from avatar.stages.face import AnimateFace, RefineLips, SwapFace
from avatar.stages.registry import EngineSpec
from avatar.stages.render import Assemble, Excerpt, KeepPatches, Publish, Render
from avatar.stages.request import Request
from avatar.stages.voice import CloneVoice, CutVoiceover, LearnVoice
from avatar.voices.text.glossary import Glossary, apply_glossary
from avatar.voices.text.script import Line

A = TypeVar("A", bound=Artifact)
T = TypeVar("T")
U = TypeVar("U")


class Perform(Protocol):
    """Does one request with the chosen engine; asks for consent each time."""

    def __call__(self, request: Request[A], choice: EngineSpec) -> A: ...


class LineMap(Protocol):
    """Applies a function to independent things and returns the results in order; perhaps several at a time."""

    def __call__(self, function: Callable[[T], U], things: Iterable[T]) -> Iterable[U]: ...


@dataclass(frozen=True)
class CastMember:
    """What one role of the cast brings; not every blueprint needs all of it."""

    voice: VoiceSample | None = None
    portrait: Portrait | None = None
    footage: GivenFootage | None = None
    voiceover: Voiceover | None = None
    glossary: Glossary = field(default_factory=dict)  # how they have their own words said


Cast = Mapping[str, CastMember]  # by role


@dataclass(frozen=True)
class Production:
    """A blueprint, filled in with a cast and a script, and the *brief* that says what it is for."""

    blueprint: Blueprint
    cast: Cast
    script: tuple[Line, ...]
    brief: Brief

    def __post_init__(self) -> None:
        if not self.script:
            raise InputError("the script has no lines; write at least one sentence", code="script.empty")
        roles = self.blueprint.roles
        for role in self.cast:
            if role not in roles:
                raise InputError(
                    f"cast: blueprint {self.blueprint.name!r} has no role {role!r}{did_you_mean(role, roles)}; "
                    f"its roles: {', '.join(roles)}",
                    code="cast.unknown-role",
                )
        for line in self.script:
            if line.speaker is not None and line.speaker not in self.blueprint.speakers:
                speakers = self.blueprint.speakers
                raise InputError(
                    f"script: {line.speaker!r} is not a speaker of blueprint {self.blueprint.name!r}"
                    f"{did_you_mean(line.speaker, speakers)}; its speakers: {', '.join(speakers)}",
                    code="script.unknown-speaker",
                )

    @property
    def asks(self) -> Brief:
        """What its people are asked about: the brief, with every line of the script."""
        return replace(self.brief, script=tuple(line.text for line in self.script))

    def speaker(self, line: Line) -> str:
        """Return the role that speaks *line*."""
        return line.speaker or self.blueprint.speakers[0]

    def glossary(self, role: str) -> Glossary:
        """Return how the words of *role* are pronounced: as the project says, and as they themselves have it said."""
        return {**self.blueprint.glossary, **self._likeness(role).glossary}

    def voice(self, role: str) -> VoiceSample:
        return self._brought(role, "voice", self._likeness(role).voice)

    def portrait(self, role: str) -> Portrait:
        return self._brought(role, "portrait", self._likeness(role).portrait)

    def footage(self, role: str) -> GivenFootage:
        return self._brought(role, "footage", self._likeness(role).footage)

    def voiceover(self, role: str) -> Voiceover:
        return self._brought(role, "voiceover", self._likeness(role).voiceover)

    def _likeness(self, role: str) -> CastMember:
        if role not in self.cast:
            raise InputError(
                f"cast: nobody plays {role!r}, which blueprint {self.blueprint.name!r} needs; add {role}=PERSON",
                code="cast.missing-role",
            )
        return self.cast[role]

    def _brought(self, role: str, what: str, brought: T | None) -> T:
        if brought is None:
            raise InputError(
                f"cast: whoever plays {role!r} has no {what}; enrol one (avatar enroll --{what} FILE)",
                code=f"cast.no-{what}",
            )
        return brought


def sequential(function: Callable[[T], U], things: Iterable[T]) -> Iterable[U]:
    """Do one thing after the other."""
    return map(function, things)


def direct(production: Production, perform: Perform, each: LineMap = sequential) -> SignedVideo:
    """Make *production*, one request at a time; *each* may make several lines at a time."""
    blueprint, script = production.blueprint, production.script
    speakers = dict.fromkeys(production.speaker(line) for line in script if blueprint.speech == "cloned")
    voices = {role: perform(LearnVoice(production.voice(role)), blueprint.learning.choice) for role in speakers}

    shoot = _Shoot(production, voices, perform)
    shots = tuple(each(shoot.shot, range(len(script))))

    video = perform(Assemble(shots, blueprint.title, blueprint.end), blueprint.assembly.choice)
    return perform(Publish(video), blueprint.publication.choice)


@dataclass(frozen=True)
class _Shoot:
    """Makes the shot of one line."""

    production: Production
    voices: Mapping[str, VoiceModel]
    perform: Perform

    def shot(self, index: int) -> Shot:
        """Speak line *index*, describe what is seen meanwhile, and render it."""
        blueprint, line = self.production.blueprint, self.production.script[index]
        speaker = self.production.speaker(line)
        speech = self._speech(index)
        seen = blueprint.speakers if blueprint.layout == "side-by-side" else (speaker,)
        panels = tuple(self._footage(role, index, speech) for role in seen)
        render = Render(panels, speech, self._lower_third(index), seen.index(speaker))
        return self.perform(render, blueprint.picture.choice)

    def _lower_third(self, index: int) -> str:
        """Return who speaks line *index*, where they speak for the first time."""
        speakers = [self.production.speaker(line) for line in self.production.script[: index + 1]]
        new = speakers[-1] not in speakers[:-1]
        return self.production.blueprint.lower_third.get(speakers[-1], "") if new else ""

    def _speech(self, index: int) -> Speech:
        line = self.production.script[index]
        speaker = self.production.speaker(line)
        if self.production.blueprint.speech == "recorded":
            return self.perform(CutVoiceover(self.production.voiceover(speaker), index, line.text), EngineSpec("cut"))
        # With the pronunciations in it: a change of the glossary makes only the lines anew that hold the word.
        said = apply_glossary(line.text, self.production.glossary(speaker))
        voice = self.voices[speaker]
        return self.perform(CloneVoice(voice, said), self.production.blueprint.voice.choice)

    def _footage(self, role: str, index: int, speech: Speech) -> Footage:
        """Describe the frames of *role* while line *index* is spoken: nothing is drawn before a renderer pulls."""
        blueprint = self.production.blueprint
        speaking = role == self.production.speaker(self.production.script[index])
        footage = self._source(role, index, speech, speaking=speaking)
        if blueprint.swap and role == blueprint.speakers[0]:
            face = self.production.portrait(blueprint.swap.face)
            footage = self._drawn(SwapFace(footage, face), blueprint.swap, footage)
        if blueprint.lips and speaking:
            footage = self._drawn(RefineLips(footage, speech), blueprint.lips, footage)
        return footage

    def _source(self, role: str, index: int, speech: Speech, *, speaking: bool) -> Footage:
        blueprint = self.production.blueprint
        if blueprint.source == "portrait":
            animate = AnimateFace(self.production.portrait(role), speech, listening=not speaking)
            return self._drawn(animate, blueprint.animation)
        # The lines follow each other on the given footage; the speech of earlier ones is recalled.
        before = tuple(self._speech(earlier) for earlier in range(index))
        return self.perform(Excerpt(self.production.footage(role), before, speech), EngineSpec("excerpt"))

    def _drawn(self, request: Request[Footage], stage: DrawnStage, *over: Footage) -> Footage:
        """Describe the frames of *request*, drawn over others perhaps; or draw them now, where *stage* says so."""
        footage = self.perform(request, stage.choice)
        return self.perform(KeepPatches(footage, over), EngineSpec("patches")) if stage.keep_patches else footage


@dataclass(frozen=True)
class DryRun:
    """What a production would do: each use of each sample, the words that it would show, and with which engines."""

    uses: frozenset[tuple[Use, Artifact]]
    shown: frozenset[str]
    engines: tuple[EngineSpec, ...] = ()


def dry_run(production: Production) -> DryRun:
    """Return what ``direct`` would do, so that all of it can be asked for beforehand.

    Raises:
        InputError: the cast lacks something that the blueprint needs.
    """
    rehearsal = _Rehearsal()
    direct(production, rehearsal)
    return DryRun(frozenset(rehearsal.uses), frozenset(rehearsal.shown), tuple(rehearsal.engines))


class _Rehearsal:
    """Performs nothing: remembers what the requests would use, and which engines they name."""

    def __init__(self) -> None:
        self._made: dict[Request[Any], Artifact] = {}
        self.uses: set[tuple[Use, Artifact]] = set()
        self.shown: set[str] = set()
        self.engines: list[EngineSpec] = []
        self._samples: dict[Artifact, frozenset[Artifact]] = {}  # made -> what the cast brought to it

    def __call__(self, request: Request[A], choice: EngineSpec) -> A:
        if choice not in self.engines:
            self.engines.append(choice)
        made = self._made.setdefault(request, request.output_type(str(len(self._made))))
        inputs = request.inputs()
        samples = frozenset[Artifact]().union(*(self._samples.get(each, frozenset((each,))) for each in inputs))
        self._samples[made] = samples
        self.shown |= {text for text in request.displayed_text if text}
        if request.use:
            self.uses |= {(request.use, sample) for sample in samples}
        return made  # type: ignore[return-value]  # the request's own kind, so A
