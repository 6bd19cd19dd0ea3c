"""Enrolling people, finding them again, and recording what they agree to."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Literal, TypeVar

from pydantic import ValidationError

from avatar.artifacts.artifact import Artifact, Audio, GivenFootage, Image
from avatar.artifacts.objects import Objects
from avatar.artifacts.store import Store
from avatar.artifacts.vault import Label, Vault
from avatar.canonical import canonical
from avatar.consent import Use
from avatar.consent.entries import Brought, Enrolled, Granted, Refused, Withdrawn
from avatar.consent.keys import Key, key_at
from avatar.consent.ledger import Ledger, now
from avatar.consent.record import Grant, Withdrawal
from avatar.errors import AvatarError, ConsentError, InputError, StoreError
from avatar.intake import Sample
from avatar.production import Likeness
from avatar.registry import hint
from avatar.rooms import private_room

A = TypeVar("A", bound=Artifact)

Capacity = Literal["self", "estate", "synthetic"]
Prepare = Callable[[Path], Sample]  # takes a private folder, gives a checked sample

_ALIAS = re.compile(r"[a-z][a-z0-9-]{0,30}")


@dataclass(frozen=True)
class Person:
    """Someone with a likeness: a random *id*, and the *alias* that this store knows them by (never in the ledger)."""

    id: str
    alias: str
    capacity: str


@dataclass(frozen=True)
class People:
    """Everyone enrolled in a store."""

    objects: Objects
    store: Store
    vault: Vault
    ledger: Ledger
    keys: Path  # one file a person; hand it to them, it is theirs
    organisation: str
    clock: Callable[[], datetime] = now

    def enroll(self, alias: str, capacity: Capacity, samples: Sequence[Prepare], *, id: str = "") -> Person:
        """Bring *alias* in with *samples*, or bring more samples of someone who is here already.

        Every sample is checked before anything is written. A new person gets a random id, unless they have an *id*
        from another store: the same people and the same work then have the same digests in both.

        Raises:
            InputError: a sample will not do, or the alias is malformed.
        """
        if not _ALIAS.fullmatch(alias):
            raise InputError(
                f"alias {alias!r}: use a lower-case letter, then letters, digits and dashes (31 at most)",
                code="person.bad-alias",
            )
        with private_room() as room:
            ready = [self._prepared(prepare, room, index) for index, prepare in enumerate(samples)]
            person = self._known(alias) or self._new(alias, capacity, id or f"p-{token_hex(8)}")
            for sample in ready:
                self._bring(person, sample)
        return person

    def find(self, name: str) -> Person:
        """Return the person with the alias or id *name*."""
        person = self._known(name) or self._enrolled(name)
        if person is None:
            aliases = [p.alias for p in self.all()]
            raise InputError(
                f"nobody here is called {name!r}{hint(name, aliases)}; enrolled: {', '.join(aliases) or 'nobody yet'} "
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

    def likeness(self, person: Person) -> Likeness:
        """Return the newest of each kind of sample that *person* brought."""
        return Likeness(
            voice=self._newest(person, Audio),
            portrait=self._newest(person, Image),
            footage=self._newest(person, GivenFootage),
        )

    def key(self, person: Person) -> Key:
        """Return *person*'s own key from the key folder."""
        return key_at(self.keys / f"{person.id}.key")

    def agree(self, person: Person, uses: Sequence[Use], *, days: int, start: datetime | None = None) -> Grant:
        """Have *person* sign a grant of *uses* of every sample they brought, for *days*, and record it."""
        begin = start or self.clock()
        state = self.ledger.read().people[person.id]
        try:
            unsigned = Grant(
                record_id=token_hex(16),
                person=person.id,
                grantee=self.organisation,
                uses=tuple(sorted(set(uses))),
                assets=tuple(sorted(state.assets)),
                not_before=begin,
                not_after=begin + timedelta(days=days),
                signature="0" * 128,
            )
        except (ValidationError, OverflowError) as error:
            raise _unusable(error) from error
        return self.record(unsigned.model_copy(update={"signature": self.key(person).sign(unsigned.signed_bytes)}))

    def record(self, grant: Grant) -> Grant:
        """Record a *grant* that its person signed, here or elsewhere.

        Raises:
            ConsentError: it is not theirs, was edited, was recorded before, is already over, or is for someone else.
        """
        if grant.grantee != self.organisation:
            self._refuse(grant.person, "consent.other-grantee")
            raise ConsentError(
                f"grant of {grant.person}, grantee {grant.grantee!r}: this is {self.organisation!r}; ask for a grant "
                "that names this organisation, or set AVATAR_ORGANISATION",
                code="consent.other-grantee",
            )
        if grant.not_after <= self.clock():
            self._refuse(grant.person, "consent.expired")
            raise ConsentError(
                f"grant of {grant.person}, not_after {grant.not_after:%Y-%m-%d %H:%M} UTC: it is already over; "
                "ask for a new one with a later end",
                code="consent.expired",
            )
        try:
            self.ledger.append(Granted(grant=grant))
        except ConsentError as error:
            self._refuse(grant.person, error.code)
            raise
        return grant

    def read_grant(self, path: Path) -> Grant:
        """Return the signed grant in the JSON file *path*."""
        try:
            return Grant.model_validate_json(path.read_bytes())
        except OSError as error:
            raise InputError(f"grant {path}: cannot be read; give a JSON file", code="grant.unreadable") from error
        except ValidationError as error:
            raise _unusable(error) from error

    def withdraw(self, person: Person, uses: Sequence[Use] = ()) -> int:
        """Record that *person* takes back *uses*, or everything; return the ledger index."""
        return self._withdraw(Withdrawal(person=person.id, uses=tuple(sorted(set(uses)))))

    def withdraw_all(self, id: str) -> int:
        """Record that the person with the *id* takes everything back, also when nobody knows their alias any more."""
        return self._withdraw(Withdrawal(person=id))

    def _withdraw(self, withdrawal: Withdrawal) -> int:
        key = self.keys / f"{withdrawal.person}.key"
        if key.exists():
            signature = key_at(key).sign(withdrawal.signed_bytes)
            withdrawal = withdrawal.model_copy(update={"signature": signature})
        return self.ledger.append(Withdrawn(withdrawal=withdrawal))

    def _prepared(self, prepare: Prepare, room: Path, index: int) -> Sample:
        own = room / str(index)
        own.mkdir()
        try:
            return prepare(own)
        except AvatarError as error:
            self.ledger.append(Refused(code=error.code, request="Enroll"))
            raise

    def _new(self, alias: str, capacity: Capacity, id: str) -> Person:
        if id in self.ledger.read().people:
            raise InputError(
                f"id {id!r} is someone else's here, or was erased for good; leave it out", code="person.id-taken"
            )
        # The alias decides who was first. One that stands without an entry in the ledger is an enrolment that broke
        # off, or runs right now: it is finished under the id that it began with.
        self.objects.create(self.alias_key(alias), id.encode())
        id = (self.objects.read(self.alias_key(alias)) or b"").decode(errors="replace")
        self.vault.keyring.make(id)
        card = canonical({"alias": alias, "salt": token_hex(16)})
        self.objects.create(f"people/{id}/card", self.vault.seal(card, Label("card", (id,))))
        card = self._card(id)
        key = key_at(self.keys / f"{id}.key", make=True)
        self._enter(Enrolled(person=id, key=key.public, card=sha256(card).hexdigest(), capacity=capacity))
        person = self._known(alias)
        if person is None or self.ledger.read().people[id].key != key.public:
            raise InputError(f"alias {alias!r} was taken a moment ago; choose another", code="person.alias-taken")
        return person

    def _enter(self, enrolled: Enrolled) -> None:
        # Right behind a state in which they are not there: two entries for one person would stop every reader.
        while True:
            position, state = self.ledger.head()
            if enrolled.person in state.people or self.ledger.append_at(position, enrolled):
                return

    def _bring(self, person: Person, sample: Sample) -> None:
        artifact = self.store.keep(sample.kind, sample.parts, people=(person.id,))
        asset = self.store.manifest(artifact.digest).parts[sample.kind.parts[0]]
        if asset in self.ledger.read().people[person.id].assets:
            return
        self.ledger.append(Brought(person=person.id, asset=asset, manifest=artifact.digest))

    def _newest(self, person: Person, kind: type[A]) -> A | None:
        state = self.ledger.read().people.get(person.id)
        brought = list(state.assets.values()) if state else []
        ours = [digest for digest in brought if self.store.manifest(digest).kind == kind.__name__]
        return kind(ours[-1]) if ours else None

    def _known(self, alias: str) -> Person | None:
        found = self.objects.read(self.alias_key(alias)) if _ALIAS.fullmatch(alias) else None
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

    def _refuse(self, person: str, code: str) -> None:
        self.ledger.append(Refused(code=code, request="Grant", people=(person,)))


def _unusable(error: ValidationError | OverflowError) -> InputError:
    if isinstance(error, OverflowError):
        return InputError("grant, field 'days': too many; a grant lasts ten years at most", code="grant.bad-value")
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    field = f", field {name!r}" if name else ""
    given = f" ({first['input']!r})" if name else ""
    message = first["msg"].removeprefix("Value error, ")
    return InputError(f"grant{field}{given}: {message}", code="grant.bad-value")
