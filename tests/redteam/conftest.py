"""A victim, who agreed to nothing, and an accomplice, who agreed to everything."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from avatar.artifacts.artifact import Artifact, SignedVideo
from avatar.errors import AvatarError, ConsentError
from avatar.people.directory import Person
from avatar.stages.face import AnimateFace
from avatar.stages.registry import EngineSpec
from avatar.stages.render import Assemble, Publish, Render
from avatar.stages.request import Request
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.testing.world import World
from tests.redteam.attacks import reopened
from tests.redteam.cases import Attack


@dataclass
class Scene:
    """A world under attack. *case* is what the test says it tries; *held* collects the codes it was met with."""

    world: World
    victim: Person
    accomplice: Person
    case: Attack | None = None
    held: list[str] = field(default_factory=list)

    def perform(self, request: Request, engine: str) -> Artifact:
        return self.world.perform(request, EngineSpec(engine))

    def model(self, person: Person):
        return self.perform(LearnVoice(self.world.likeness(person).voice), "ear")

    def speech(self, person: Person, line: str = "hello there"):
        return self.perform(CloneVoice(self.model(person), line), "beep")

    def footage(self, person: Person):
        return self.perform(AnimateFace(self.world.likeness(person).portrait, self.speech(person)), "still")

    def shot(self, person: Person):
        return self.perform(Render((self.footage(person),), self.speech(person)), "reel")

    def video(self, person: Person):
        return self.perform(Assemble((self.shot(person),)), "splice")

    def publish(self, person: Person):
        return self.perform(Publish(self.video(person)), "stamp")

    def restart(self) -> "Scene":
        """The same scene in a fresh process."""
        return Scene(reopened(self.world), self.victim, self.accomplice, self.case, self.held)

    @contextmanager
    def attacked(self, leaving: int = 0) -> Iterator[None]:
        """Hold what the block does to its end: the case's code, an entry in the ledger, nothing that could leave.

        *leaving* is how many things do all the same, because somebody honest publishes meanwhile.
        """
        assert self.case
        entries, before = self._refusals(), self._publishable()
        with pytest.raises(AvatarError) as refusal:
            yield
        assert refusal.value.code == self.case.code
        assert str(refusal.value).strip()
        if self.case.entry:
            assert self._refusals()[len(entries) :].count(self.case.code) >= 1
        assert len(self._publishable() - before) == leaving
        self.held.append(refusal.value.code)

    def refused(self, request: Request, engine: str) -> None:
        """Hold *request* to the case's refusal."""
        with self.attacked():
            self.perform(request, engine)

    def shut(self) -> None:
        """Hold the ledger to being shut for everyone, in a fresh process, with the case's code: not as a refusal of
        someone's consent, which is not what is wrong."""
        for person in (self.victim, self.accomplice):
            fresh = self.restart()
            with fresh.attacked():
                try:
                    fresh.speech(person)
                except ConsentError as error:
                    pytest.fail(f"taken for a matter of consent: {error.code}")

    def _refusals(self) -> list[str]:
        # As they lie there, not as the ledger reads them: it may be what is under attack.
        raw = (self.world.objects.read(key) or b"{}" for key in self.world.objects.list("ledger/entries"))
        facts = [json.loads(data).get("fact", {}) for data in raw if data.startswith(b"{") and data.endswith(b"}")]
        return [fact["code"] for fact in facts if fact.get("kind") == "refused"]

    def _publishable(self) -> set[str]:
        """Return everything in the store that could be given away as finished: signed videos, and publications."""
        found = set()
        for key in self.world.objects.list("manifests"):
            try:
                manifest = self.world.store.manifest(key.removeprefix("manifests/"))
            except AvatarError:
                continue  # what nobody can read, nobody can publish
            if manifest.kind == SignedVideo.kind:
                found.add(key)
        raw = (self.world.objects.read(key) or b"" for key in self.world.objects.list("ledger/entries"))
        return found | {str(data) for data in raw if b'"kind":"published"' in data}


@pytest.fixture
def scene(world: World, request: pytest.FixtureRequest) -> Iterator[Scene]:
    victim, accomplice = world.enroll("victim"), world.enroll("mallory")
    world.agree(accomplice)
    case = getattr(request.function, "attack", None)
    scene = Scene(world, victim, accomplice, case)
    yield scene
    if case and case.code:
        assert scene.held, "the case was not held to its refusal"


@pytest.fixture
def worn(scene) -> Callable[..., str]:
    """Register a toy whose ``run`` is another function, and return its name."""

    def worn(toy: str, run: Callable[..., object]) -> str:
        kind = scene.world.engines[toy]()
        run.__annotations__ = kind.run.__annotations__
        scene.world.engines["worn"] = lambda: type("Worn", (kind,), {"run": run})
        return "worn"

    return worn
