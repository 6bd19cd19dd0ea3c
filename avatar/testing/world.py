"""A small world with people in it: real store, ledger, gate and studio, toy engines, a clock that tests turn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from avatar.artifacts.artifact import Artifact, Audio, GivenFootage, Image
from avatar.artifacts.keyring import FolderKeyring
from avatar.artifacts.objects import FolderObjects, Objects
from avatar.artifacts.store import Store
from avatar.artifacts.vault import Vault
from avatar.blueprint.schema import Blueprint
from avatar.consent import Use
from avatar.consent.gate import Gate
from avatar.consent.keys import Key, key_at, new_key
from avatar.consent.ledger import Ledger
from avatar.intake import Sample
from avatar.people import People, Person
from avatar.production import Likeness
from avatar.registry import Choice, assemble
from avatar.studio import Studio
from avatar.testing.toys import TOYS

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
    engines: dict[str, Callable[[], type[Any]]] = field(default_factory=lambda: dict(TOYS))

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
        return Ledger(self.objects, key_at(self.folder / "ledger.key", make=True), self.clock)

    @cached_property
    def gate(self) -> Gate:
        return Gate(self.ledger, self.store, self.clock)

    @cached_property
    def studio(self) -> Studio:
        return Studio(self.store, self.gate, self.ledger, ToySigner, build=self.build)

    @cached_property
    def people(self) -> People:
        return People(self.objects, self.store, self.vault, self.ledger, self.folder / "people", "a studio", self.clock)

    @property
    def blueprint(self) -> Blueprint:
        """A blueprint that uses every stage, with toy engines."""
        return Blueprint.model_validate(TOY_BLUEPRINT)

    def clock(self) -> datetime:
        return self.now

    def wait(self, **duration: float) -> None:
        """Let time pass."""
        self.now += timedelta(**duration)

    def build(self, choice: Choice) -> Any:
        return assemble(choice, self.engines)

    def enroll(self, alias: str) -> Person:
        """Bring in a synthetic person with a voice, a portrait and footage: bytes that no codec needs to like.

        The same alias has the same id in every world.
        """
        samples = [partial(_sample, alias, kind) for kind in (Audio, Image, GivenFootage)]
        return self.people.enroll(alias, "synthetic", samples, id=f"p-{alias.encode().hex()[:16]:0>16}")

    def agree(self, person: Person, *uses: Use, days: int = 1) -> None:
        """Have *person* agree to *uses*; to everything when none is named."""
        self.people.agree(person, uses or tuple(Use), days=days)

    def likeness(self, person: Person) -> Likeness:
        return self.people.likeness(person)


def _sample(alias: str, kind: type[Artifact], room: Path) -> Sample:
    parts = {}
    for part in kind.parts:
        parts[part] = room / part
        parts[part].write_bytes(f"{alias}'s {part}".encode())
    return Sample(kind, parts)
