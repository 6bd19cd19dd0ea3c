"""A victim, who agreed to nothing, and an accomplice, who agreed to everything."""

from dataclasses import dataclass

import pytest

from avatar.artifacts.artifact import Artifact
from avatar.consent.entries import Refused
from avatar.errors import AvatarError, ConsentError
from avatar.people import Person
from avatar.registry import Choice
from avatar.stages.face import AnimateFace
from avatar.stages.picture import Assemble, Publish, Render
from avatar.stages.request import Request
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.testing.world import World
from tests.consent.reading import entries
from tests.redteam.attacks import reopened


@dataclass
class Scene:
    """A world under attack."""

    world: World
    victim: Person
    accomplice: Person

    def perform(self, request: Request, engine: str) -> Artifact:
        return self.world.studio.perform(request, Choice(engine))

    def speech(self, person: Person, line: str = "hello there"):
        model = self.perform(LearnVoice(self.world.likeness(person).voice), "ear")
        return self.perform(CloneVoice(model, line), "beep")

    def footage(self, person: Person):
        return self.perform(AnimateFace(self.world.likeness(person).portrait, self.speech(person)), "still")

    def video(self, person: Person):
        shot = self.perform(Render((self.footage(person),), self.speech(person)), "reel")
        return self.perform(Assemble((shot,)), "splice")

    def publish(self, person: Person):
        return self.perform(Publish(self.video(person)), "stamp")

    def restart(self) -> "Scene":
        """The same scene in a fresh process."""
        return Scene(reopened(self.world), self.victim, self.accomplice)

    def refuses(self, request: Request, engine: str) -> str:
        """Return the code that *request* is refused with; the same code is in the ledger."""
        with pytest.raises(AvatarError) as refusal:
            self.perform(request, engine)
        newest = entries(self.world.objects)[-1].fact
        assert isinstance(newest, Refused)
        assert newest.code == refusal.value.code
        return refusal.value.code

    def is_shut(self) -> str:
        """Return the code that stops everything, whatever is asked."""
        codes = set()
        for person in (self.victim, self.accomplice):
            with pytest.raises(AvatarError) as refusal:
                self.speech(person)
            assert not isinstance(refusal.value, ConsentError)
            codes.add(refusal.value.code)
        (code,) = codes
        return code


@pytest.fixture
def scene(world):
    victim, accomplice = world.enroll("victim"), world.enroll("mallory")
    world.agree(accomplice)
    return Scene(world, victim, accomplice)
