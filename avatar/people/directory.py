"""The directory of enrolled people: by alias or id, with their samples and keys."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from avatar.artifacts.artifact import Artifact, GivenFootage, Portrait, Voiceover, VoiceSample
from avatar.artifacts.objects import Objects
from avatar.artifacts.store import Store
from avatar.artifacts.vault import Label, Vault
from avatar.consent.keys import Key, key_at
from avatar.consent.ledger import Ledger, now
from avatar.errors import InputError, StoreError
from avatar.production.production import CastMember
from avatar.runtime.spelling import did_you_mean
from avatar.studio.voice_guard import VoiceGuard

A = TypeVar("A", bound=Artifact)

ALIAS = re.compile(r"[a-z][a-z0-9-]{0,30}")


def check_alias(alias: str) -> None:
    """Refuse an *alias* that is malformed.

    Raises:
        InputError: ``person.bad-alias``.
    """
    if not ALIAS.fullmatch(alias):
        raise InputError(
            f"alias {alias!r}: use a lower-case letter, then letters, digits and dashes (31 at most)",
            code="person.bad-alias",
        )


@dataclass(frozen=True)
class Person:
    """Someone with a likeness: a random *id*, and the *alias* that this store knows them by (never in the ledger)."""

    id: str
    alias: str
    capacity: str


@dataclass(frozen=True)
class Directory:
    """Everyone enrolled in a store, and where what is known of them lies."""

    objects: Objects
    store: Store
    vault: Vault
    ledger: Ledger
    keys: Path  # one file a person; hand it to them, it is theirs
    organisation: str
    voice_guard: VoiceGuard
    clock: Callable[[], datetime] = now

    def find(self, name: str) -> Person:
        """Return the person with the alias or id *name*."""
        person = self._known(name) or self._enrolled(name)
        if person is None:
            aliases = [p.alias for p in self.all()]
            raise InputError(
                f"nobody here is called {name!r}{did_you_mean(name, aliases)}; "
                f"enrolled: {', '.join(aliases) or 'nobody yet'} "
                "(avatar enroll)",
                code="person.unknown",
            )
        return person

    def all(self) -> tuple[Person, ...]:
        """Return everyone, by alias."""
        everyone = (self._enrolled(id) for id in self.ledger.read().people)
        return tuple(sorted((person for person in everyone if person), key=lambda person: person.alias))

    def alias_key(self, alias: str) -> str:
        """Return where the store says who *alias* is: a name that tells the alias to nobody."""
        return f"aliases/{self.ledger.pseudonym(alias)}"

    def display_name(self, id: str) -> str:
        """Return the alias of the person with the *id*, or the id where there is none."""
        person = self._enrolled(id)
        return person.alias if person else id

    def likeness(self, person: Person) -> CastMember:
        """Return the newest of each kind of sample that *person* brought."""
        return CastMember(
            voice=self._newest(person, VoiceSample),
            portrait=self._newest(person, Portrait),
            footage=self._newest(person, GivenFootage),
            voiceover=self._newest(person, Voiceover),
        )

    def key(self, person: Person) -> Key:
        """Return *person*'s own key from the key folder."""
        return key_at(self.keys / f"{person.id}.key")

    def _newest(self, person: Person, kind: type[A]) -> A | None:
        state = self.ledger.read().people.get(person.id)
        brought = list(state.samples.values()) if state else []
        ours = [digest for digest in brought if self.store.manifest(digest).kind == kind.kind]
        return kind(ours[-1]) if ours else None

    def _known(self, alias: str) -> Person | None:
        found = self.objects.read(self.alias_key(alias)) if ALIAS.fullmatch(alias) else None
        person = self._enrolled(found.decode(errors="replace")) if found else None
        # Whoever exchanges two aliases would have one person sign what another agreed to.
        if person and person.alias != alias:
            raise StoreError(
                f"alias {alias!r} was altered in the store: it leads to someone else; restore the store from a backup",
                code="store.altered",
            )
        return person

    def _enrolled(self, id: str) -> Person | None:
        state = self.ledger.read().people.get(id)
        if state is None or state.erased:
            return None
        card = self._card(id)
        if sha256(card).hexdigest() != state.card:
            raise StoreError(
                f"the card of {id} was altered in the store: it leads to someone else; restore the store from a backup",
                code="store.altered",
            )
        return Person(id, json.loads(card)["alias"], state.capacity)

    def _card(self, id: str) -> bytes:
        sealed = self.objects.read(f"people/{id}/card")
        return self.vault.open(sealed, Label("card", (id,))) if sealed else b""
