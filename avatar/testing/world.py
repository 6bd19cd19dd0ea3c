"""A small world with people in it: real store, ledger, gate and studio, toy engines, a clock that tests turn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

from avatar.artifacts.artifact import Artifact, GivenFootage, Portrait, VoiceSample
from avatar.artifacts.keyring import FolderKeyring
from avatar.artifacts.objects import FolderObjects, Objects
from avatar.artifacts.store import Store
from avatar.artifacts.vault import Vault
from avatar.consent import Cleared, Use
from avatar.consent.brief import Brief
from avatar.consent.gate import Gate
from avatar.consent.keys import Key, key_at, new_key
from avatar.consent.ledger import Ledger
from avatar.consent.record import Grant
from avatar.consent.terms import Terms
from avatar.consent.vocabulary import Channel, Purpose
from avatar.faces.detection.face_analyser import FaceAnalyser
from avatar.people.directory import Person
from avatar.people.operators import Operators
from avatar.people.people import People
from avatar.people.samples import CheckedSample
from avatar.production.blueprint.schema import Blueprint
from avatar.production.production import CastMember
from avatar.stages.registry import EngineSpec, assemble
from avatar.stages.request import Request
from avatar.studio.studio import Studio
from avatar.studio.voice_guard import EmbedVoice, VoiceGuard
from avatar.testing.toys import TOYS, NoFaceAnalyser, nobody_in

A = TypeVar("A", bound=Artifact)
R = TypeVar("R", bound=Request[Any])

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)

TOY_BLUEPRINT: Mapping[str, Any] = {
    "name": "toy",
    "speakers": ["presenter"],
    "learning": {"engine": "ear"},
    "voice": {"engine": "beep"},
    "animation": {"engine": "still"},
    "swap": {"engine": "tint", "face": "double"},
    "lips": {"engine": "hush"},
    "picture": {"engine": "reel"},
    "assembly": {"engine": "splice"},
    "publication": {"engine": "stamp"},
}


_EVERYONE = ("ada", "bob", "cleo", "dan", "eve", "mallory", "victim", "zoe")

TOY_BRIEF = Brief(Purpose.RESEARCH, "toys", ("en",), (Channel.INTERNAL,))
TOY_TERMS = Terms(tuple(Use), (Purpose.RESEARCH,), "toys", "A beep for every word of a lesson.", days=1)


@dataclass(frozen=True)
class ToySigner:
    """Signs with Ed25519; its certificates are only words."""

    key: Key = field(default_factory=new_key)
    algorithm: str = "ed25519"
    chain: str = "toy chain"
    root: str = "toy root"

    def sign(self, data: bytes) -> bytes:
        return bytes.fromhex(self.key.sign(data))


@dataclass
class World:
    """Everything a test needs, below one folder."""

    folder: Path
    given: Objects | None = None
    now: datetime = NOON
    acting: Key | None = None  # the operator; None: the founder
    engines: dict[str, Callable[[], type[Any]]] = field(default_factory=lambda: dict(TOYS))
    listen: EmbedVoice = nobody_in
    face_verifier: Callable[[], FaceAnalyser] = NoFaceAnalyser

    @cached_property
    def objects(self) -> Objects:
        return self.given or FolderObjects(self.folder / "store")

    @cached_property
    def store(self) -> Store:
        return Store(self.objects, self.vault)

    @cached_property
    def vault(self) -> Vault:
        return Vault(FolderKeyring(self.folder / "material"))

    @cached_property
    def ledger(self) -> Ledger:
        key = key_at(self.folder / "ledger.key", make=True)
        return Ledger(self.objects, key, self.operator.public, self.clock, self.snapshots)

    @property
    def snapshots(self) -> Objects:
        return FolderObjects(self.folder / "host")

    @cached_property
    def operator(self) -> Key:
        return self.acting or key_at(self.folder / "operator.key", make=True)

    @property
    def operators(self) -> Operators:
        return Operators(self.ledger, self.operator)

    @cached_property
    def gate(self) -> Gate:
        return Gate(self.ledger, self.store, self.clock)

    @cached_property
    def studio(self) -> Studio:
        return Studio(
            self.store,
            self.gate,
            self.ledger,
            ToySigner,
            self.voice_guard,
            build=self.build,
            face_verifier=self.face_verifier,
            measure=_length,
        )

    @cached_property
    def voice_guard(self) -> VoiceGuard:
        return VoiceGuard(
            self.objects, self.store, self.vault, self.ledger, lambda sound: self.listen(sound), self.clock
        )

    @cached_property
    def people(self) -> People:
        keys = self.folder / "people"
        return People(self.objects, self.store, self.vault, self.ledger, keys, "a studio", self.voice_guard, self.clock)

    @property
    def blueprint(self) -> Blueprint:
        """A blueprint that uses every stage, with toy engines."""
        return Blueprint.model_validate(TOY_BLUEPRINT)

    def clock(self) -> datetime:
        return self.now

    def wait(self, **duration: float) -> None:
        """Let time pass."""
        self.now += timedelta(**duration)

    def build(self, choice: EngineSpec) -> Any:
        return assemble(choice, self.engines)

    def enroll(self, alias: str) -> Person:
        """Bring in a synthetic person with a voice, a portrait and footage: bytes that no codec needs to like.

        The same alias has the same id in every world.
        """
        samples = [partial(_sample, alias, kind) for kind in (VoiceSample, Portrait, GivenFootage)]
        return self.people.enroll(alias, "synthetic", samples, id=id_of(alias))

    def agree(self, person: Person, *uses: Use, **terms: Any) -> Grant:
        """Have *person* agree to *uses* (all, when none is named) of the toy brief; *terms* say what is different."""
        return self.people.agree(person, self.terms(*uses, **terms))

    def terms(self, *uses: Use, **terms: Any) -> Terms:
        """Return terms that cover the toy brief, for a day, with everyone who may come as companions."""
        companions = (*map(id_of, _EVERYONE), *self.ledger.read().people)
        return replace(TOY_TERMS, **{"uses": uses or tuple(Use), "companions": companions, **terms})

    def perform(self, request: Request[A], choice: EngineSpec) -> A:
        """Do *request* in the studio, for the toy brief."""
        return self.studio.perform(request, choice, TOY_BRIEF)

    def clear(self, request: R) -> Cleared[R]:
        """Ask the gate about *request*, for the toy brief."""
        return self.gate.clear(request, TOY_BRIEF)

    def likeness(self, person: Person) -> CastMember:
        return self.people.likeness(person)


def id_of(alias: str) -> str:
    """Return the id that *alias* has in every world."""
    return f"p-{alias.encode().hex()[:16]:0>16}"


def _length(video: Path) -> int:
    return video.stat().st_size  # toys have no pictures to count: a millisecond a byte


def _sample(alias: str, kind: type[Artifact], room: Path) -> CheckedSample:
    parts = {}
    for part in kind.parts:
        parts[part] = room / part
        parts[part].write_bytes(f"{alias}'s {part}".encode())
    return CheckedSample(kind, parts)
