"""Pages over a small world: everything is real but the ears and eyes, which report what a test tells them."""

import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fastapi.testclient import TestClient

from avatar.artifacts.artifact import Artifact, Portrait, VoiceSample
from avatar.capture.capture import Capture
from avatar.capture.measurements import FaceMeasurements, VoiceMeasurements, VoiceSimilarity
from avatar.consent import Use
from avatar.people.samples import CheckedSample
from avatar.portal.app import build_app
from avatar.portal.middleware import SiteAddress
from avatar.portal.sessions import RequestedTerms, Sessions
from avatar.portal.site import PortalState
from avatar.publishing.status import Statuses
from avatar.testing.world import World
from avatar.voices.timings import Word

ORIGIN = "http://127.0.0.1:8790"
RATE = 16_000


@dataclass
class ToldSenses:
    """Hears the statement of the newest challenge, in the right voice, unless a test says otherwise."""

    world: World
    voice: float = 0.95
    marked: float = 0.0
    said: str = ""
    models: dict[str, str] = field(default_factory=dict)
    statement: str = ""

    def hear(self, _):
        said = (self.said or self.statement).split()
        return tuple(Word(text=word, start=n * 0.5, end=n * 0.5 + 0.4) for n, word in enumerate(said))

    def voices(self, _, samples, __):
        alike = VoiceSimilarity(self.voice, self.voice)
        return VoiceMeasurements(tuple(alike for _ in samples), alike)

    def faces(self, *_):
        return FaceMeasurements((0.2,), 1.0, 1, 0.6)

    def mark(self, _):
        return self.marked


@dataclass
class Visitor:
    """Someone with a browser, at the pages of a world."""

    world: World
    site: PortalState
    analyzer: ToldSenses
    browser: TestClient

    def link(self, asked=True, hours=1, **changes):
        """Return the path of a new personal link for ada."""
        ada = self.world.people.find("ada")
        terms = self.world.terms(**{"uses": (Use.CLONE_VOICE, Use.PUBLISH), "companions": (), **changes})
        token = self.site.links.make(
            ada.id, RequestedTerms(terms=terms, locale="en-GB") if asked else None, hours=hours
        )
        return f"/c/{token}"

    def enter(self, **how):
        """Open a personal link."""
        return self.browser.post(self.link(**how))

    @property
    def csrf(self):
        page = self.browser.get("/you")
        return re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text)[1]

    def send(self, path, **fields):
        """Send a form of our own pages."""
        return self.browser.post(path, data={"csrf": self.csrf, **fields})

    def agree(self, uses=("clone-voice", "publish")):
        """Go all the way to a recorded agreement."""
        self.enter()
        self.send("/consent/begin", use=list(uses), adult="18")
        return self.speak()

    def speak(self, sound=None):
        """Send a recording of the statement."""
        person = self.world.people.find("ada")
        self.analyzer.statement = self.site.capture.challenges(person)[0].statement
        return self.browser.post(
            "/consent/recording", content=sound or noise(self.world.folder), headers={"x-csrf-token": self.csrf}
        )


def brought(kind: type[Artifact], room: Path) -> CheckedSample:
    """Bring a sample of this *kind*, of bytes that nobody looks at."""
    parts = {part: room / part for part in kind.parts}
    for part, path in parts.items():
        path.write_bytes(f"ada's {part}".encode())
    return CheckedSample(kind, parts)


def noise(folder: Path, seconds: float = 25.0) -> bytes:
    """Return a sound that nobody sent before."""
    path = folder / "noise.wav"
    soundfile.write(path, 0.1 * np.random.default_rng().standard_normal(round(seconds * RATE)), RATE, "PCM_16")
    return path.read_bytes()


@pytest.fixture
def analyzer(world: World) -> ToldSenses:
    return ToldSenses(world)


@pytest.fixture
def site(world: World, analyzer: ToldSenses) -> PortalState:
    statuses = Statuses(world.objects, world.ledger, world.operator)
    return PortalState(
        people=world.people,
        capture=Capture(world.people, analyzer),
        links=Sessions(world.objects, world.vault, world.clock),
        address=SiteAddress(ORIGIN),
        status=statuses.of,
        prove=lambda index: f"a proof of entry {index}\n",
    )


@pytest.fixture
def ada(world: World, site: PortalState, analyzer: ToldSenses) -> Visitor:
    """Ada, enrolled, with a browser."""
    world.people.enroll("ada", "synthetic", [partial(brought, VoiceSample), partial(brought, Portrait)])
    return Visitor(world, site, analyzer, TestClient(build_app(site), base_url=ORIGIN))
