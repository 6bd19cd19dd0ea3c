"""A ledger with something to hide, an insider who holds its keys, and people outside who do not believe it blindly."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from avatar.canonical import canonical
from avatar.consent.checkpoint import read_checkpoint
from avatar.consent.entries import Entry, signed_bytes_of
from avatar.consent.keys import Key, new_key
from avatar.consent.signed_note import Note, NoteKey
from avatar.consent.witness import Witness
from tests.redteam.attacks import overwrite, reopened
from tests.redteam.conftest import Scene


@dataclass
class Insider:
    """Holds the bucket, the ledger's key and the checkpoint key."""

    scene: Scene
    checkpoint_key: Key

    @property
    def names(self) -> list[str]:
        return list(self.scene.world.objects.list("ledger/entries"))

    def data(self, name: str) -> bytes:
        return self.scene.world.objects.read(name) or b""

    def put(self, name: str, data: bytes) -> None:
        overwrite(self.scene.world.objects, name, data)

    def rebuild(self, without: str) -> None:
        """Write the whole ledger anew, signed and chained as it should be, but *without* entries of that kind."""
        held = [Entry.model_validate_json(self.data(name)) for name in self.names]
        for name in self.names:
            self.scene.world.objects.delete(name)
        previous, index = "", 0
        for old in held:
            if old.fact.kind == without:
                continue
            signature = self.scene.world.ledger._key.sign(signed_bytes_of(index, previous, old.at, old.by, old.fact))
            entry = Entry(index=index, previous=previous, at=old.at, by=old.by, fact=old.fact, signature=signature)
            assert self.scene.world.objects.create(
                f"ledger/entries/{index:012d}", canonical(entry.model_dump(mode="json"))
            )
            previous, index = entry.digest, index + 1

    def checkpoint(self) -> Note:
        """Sign the ledger as it stands, as a fresh process sees it."""
        return reopened(self.scene.world).ledger.checkpoint(self.checkpoint_key)

    @property
    def log(self) -> NoteKey:
        return NoteKey(read_checkpoint(self.checkpoint()).origin, self.checkpoint_key.public)


@pytest.fixture
def insider(scene) -> Iterator[Insider]:
    """In a world where the victim agreed, was published, and withdrew."""
    scene.world.agree(scene.victim)
    scene.publish(scene.victim)
    scene.world.people.withdraw(scene.victim)
    scene.world.agree(scene.accomplice)
    return Insider(scene, new_key())


@pytest.fixture
def witness(insider, tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness.json", new_key(), insider.log)


def edited(data: bytes, **changes: object) -> bytes:
    """Return the entry *data* with *changes*, in canonical form."""
    return canonical({**json.loads(data), **changes})
