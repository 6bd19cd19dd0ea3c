"""The conformance kit: laws that every engine must keep, in this project or in any package.

In a test of your package::

    @pytest.mark.parametrize("name", ["my-engine"])
    def test_my_engine_conforms(name, tmp_path):
        conformance.contract(name)
        conformance.trial(Choice(name), tmp_path, material)

``contract`` looks at the class. ``trial`` runs the engine in a studio with a gate and a ledger, on real material, and
checks the laws of its request: frames out == frames in, frames without a face untouched, timings that fit the sound,
the same bytes twice, and a refusal when consent is missing.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from avatar.artifacts.artifact import Artifact, Footage, Speech
from avatar.canonical import canonical
from avatar.consent import Cleared
from avatar.errors import ConsentError
from avatar.media.frames import Frames, frame_count
from avatar.models.declaration import refuse_undeclared_models
from avatar.models.weights import Weights
from avatar.people import samples
from avatar.people.directory import Person
from avatar.production.production import CastMember
from avatar.stages.face import AnimateFace, RefineLips, SwapFace
from avatar.stages.registry import EngineSpec, build, installed, request_of
from avatar.stages.render import Render
from avatar.stages.request import Request
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.studio.workbench import RequestWorkbench
from avatar.testing.toys import TOYS
from avatar.testing.world import TOY_BRIEF, World
from avatar.voices.timings import SILENCE, Timings

LINE = "Bob may move five maps."


class NonconformityError(AssertionError):
    """An engine breaks a law; the sentence says which."""


@dataclass(frozen=True)
class ConformanceMaterial:
    """Files of a synthetic person to try an engine on; *footage* may hold frames without a face."""

    portrait: Path
    voice: Path
    transcript: Path
    footage: Path


def contract(name: str) -> None:
    """Check the class of the engine registered as *name*.

    Raises:
        NonconformityError: it is not as an engine must be.
        WeightsError: an option names a model that nobody declared (``weights.undeclared``).
    """
    kind = installed()[name]()
    frozen = is_dataclass(kind) and getattr(kind, "__dataclass_params__").frozen  # noqa: B009 - mypy does not know it
    _hold(frozen, name, "must be a frozen dataclass")
    _hold(kind() == kind(), name, "must need no options: give every field a default")
    cleared = get_type_hints(kind.run).get("cleared")
    _hold(
        get_origin(cleared) is Cleared and issubclass(get_args(cleared)[0], Request),
        name,
        "run must take a Cleared request",
    )
    public = {word for word in dir(kind) if not word.startswith("_")} - {field.name for field in fields(kind)}
    public -= {"languages"}  # of engines that speak more than English, or say that they do not
    _hold(public == {"run", "version", "weights"}, name, "has run, version, weights, options, and nothing else public")
    _hold(isinstance(kind.version, int) and kind.version >= 1, name, "version must be a number from 1")
    _hold(all(isinstance(each, Weights) and each.licence for each in kind.weights), name, "weights must name a licence")
    refuse_undeclared_models(name, kind)
    options = asdict(kind())
    _hold(bool(canonical(options)) and build(EngineSpec(name, options)) == kind(), name, "options must survive as JSON")


def trial(choice: EngineSpec, folder: Path, material: ConformanceMaterial, *, learning: str = "sample") -> None:
    """Run the engine of *choice* on *material* in a world below *folder*, and check the laws of its request.

    The other stages are toys. *learning* names the engine that learns the voice for one that speaks.

    Raises:
        NonconformityError: it breaks a law.
    """
    kind = request_of(build(choice))
    if kind not in _LAWS:
        raise NonconformityError(f"there is no trial for engines that do {kind.__name__}, like {choice.engine!r}")
    _LAWS[kind](_Stage.of(folder, material, learning), choice)


@dataclass(frozen=True)
class _Stage:
    """A world with one consenting person of real material in it."""

    world: World
    person: Person
    learning: str

    @classmethod
    def of(cls, folder: Path, material: ConformanceMaterial, learning: str) -> "_Stage":
        engines = {**installed(), **TOYS}
        world = World(folder, engines=engines)
        brought = [
            partial(samples.check_portrait, material.portrait),
            partial(samples.check_voice, material.voice, material.transcript),
            partial(samples.check_footage, material.footage),
        ]
        person = world.people.enroll("ada", "synthetic", brought)
        world.agree(person)
        return cls(world, person, learning)

    @property
    def likeness(self) -> CastMember:
        return self.world.likeness(self.person)

    def perform(self, request: Request[Any], choice: EngineSpec) -> Any:
        return self.world.perform(request, choice)

    def speech(self) -> Speech:
        """One line of beeps, an open mouth on each word: quick, and the laws of frames do not care what is said."""
        voice = self.perform(LearnVoice(_there(self.likeness.voice)), EngineSpec("ear"))
        made: Speech = self.perform(CloneVoice(voice, LINE), EngineSpec("beep"))
        return made

    def planes(self, footage: Footage, speech: Speech) -> list[NDArray[np.uint8]]:
        """Pull every frame of *footage*, as a renderer would, and return its planes."""
        return [frame.settle() for batch in self.pulled(footage, speech).batches for frame in batch]

    def pulled(self, footage: Footage, speech: Speech) -> Frames:
        room = self.world.folder / f"room-{len(list(self.world.folder.iterdir()))}"
        room.mkdir()
        cleared = self.world.clear(Render((footage,), speech))
        return RequestWorkbench(cleared, self.world.studio, room, "0" * 64, TOY_BRIEF).frames(footage)

    def timings(self, speech: Speech) -> Timings:
        path = self.world.store.fetch(speech, "timings.json", self.world.folder / f"timings-{speech.digest[:8]}.json")
        return Timings.model_validate_json(path.read_bytes())

    def refuses_without_consent(self, choice: EngineSpec, request: Request[Any]) -> None:
        """Take the agreement back and ask again: a remembered result is still a use."""
        self.world.people.withdraw(self.person)
        try:
            self.perform(request, choice)
        except ConsentError:
            return
        raise NonconformityError(f"engine {choice.engine!r} worked without consent")


def _learns(stage: _Stage, choice: EngineSpec) -> None:
    request = LearnVoice(_there(stage.likeness.voice))
    model = stage.perform(request, choice)
    _hold(bool(stage.world.store.manifest(model.digest).parts), choice.engine, "learned nothing")
    stage.refuses_without_consent(choice, request)


def _speaks(stage: _Stage, choice: EngineSpec) -> None:
    voice = stage.perform(LearnVoice(_there(stage.likeness.voice)), EngineSpec(stage.learning))
    request = CloneVoice(voice, LINE)
    timings = stage.timings(stage.perform(request, choice))
    times = [moment for phone in timings.phones for moment in (phone.start, phone.end)]
    _hold(times == sorted(times) and times[0] >= 0, choice.engine, "phones must follow each other")
    _hold(times[-1] <= timings.duration + 1e-6, choice.engine, "phones must end with the sound")
    _hold(any(phone.symbol != SILENCE for phone in timings.phones), choice.engine, "nothing is said")
    _hold([word.text for word in timings.words] == LINE.split(), choice.engine, "words must be the script's")
    stage.refuses_without_consent(choice, request)


def _animates(stage: _Stage, choice: EngineSpec) -> None:
    speech = stage.speech()
    request = AnimateFace(_there(stage.likeness.portrait), speech)
    footage = stage.perform(request, choice)
    planes = stage.planes(footage, speech)
    rate = stage.pulled(footage, speech).format.rate
    _hold(len(planes) == frame_count(stage.timings(speech).duration, rate), choice.engine, "a shot lasts as its speech")
    _hold(any(not np.array_equal(planes[0], each) for each in planes), choice.engine, "nothing moves")
    _twice(stage, choice, footage, speech, planes)
    stage.refuses_without_consent(choice, request)


def _swaps(stage: _Stage, choice: EngineSpec) -> None:
    _changes(stage, choice, lambda footage, _: SwapFace(footage, _there(stage.likeness.portrait)))


def _refines(stage: _Stage, choice: EngineSpec) -> None:
    _changes(stage, choice, RefineLips)


def _changes(stage: _Stage, choice: EngineSpec, request_of: Callable[[Footage, Speech], Request[Footage]]) -> None:
    from avatar.faces.detection.blazeface import DETECTOR
    from avatar.faces.detection.face_mesh import MESH
    from avatar.faces.detection.landmarker import Landmarker
    from avatar.media.frames import rgb_of
    from avatar.models.weights import locate

    speech, given = stage.speech(), _there(stage.likeness.footage)
    before = stage.planes(given, speech)
    request = request_of(given, speech)
    footage = stage.perform(request, choice)
    after = stage.planes(footage, speech)
    _hold(len(after) == len(before), choice.engine, f"made {len(after)} frames of {len(before)}")
    landmarker = Landmarker.load(locate(DETECTOR), locate(MESH))
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        if not np.array_equal(old, new) and not landmarker.detect(rgb_of(old)):
            raise NonconformityError(f"engine {choice.engine!r} changed frame {number}, which shows no face")
    _hold(any(not np.array_equal(*pair) for pair in zip(before, after, strict=True)), choice.engine, "changed nothing")
    _twice(stage, choice, footage, speech, after)
    stage.refuses_without_consent(choice, request)


def _twice(
    stage: _Stage, choice: EngineSpec, footage: Footage, speech: Speech, planes: list[NDArray[np.uint8]]
) -> None:
    again = stage.planes(footage, speech)
    same = len(again) == len(planes) and all(map(np.array_equal, planes, again))
    _hold(same, choice.engine, "must make the same bytes each time")


_LAWS: dict[type[Request[Any]], Callable[[_Stage, EngineSpec], None]] = {
    LearnVoice: _learns,
    CloneVoice: _speaks,
    AnimateFace: _animates,
    SwapFace: _swaps,
    RefineLips: _refines,
}


def _hold(law: bool, name: str, sentence: str) -> None:
    if not law:
        raise NonconformityError(f"engine {name!r}: {sentence}")


def _there(sample: Artifact | None) -> Any:
    if sample is None:
        raise KeyError("the material of a trial needs a portrait, a voice and footage")
    return sample
