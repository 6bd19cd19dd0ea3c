"""Enrolling people, finding them again, and recording what they agree to."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from avatar.artifacts.artifact import Artifact, GivenFootage, Portrait, Voiceover, VoiceSample
from avatar.artifacts.objects import Objects
from avatar.artifacts.store import Store
from avatar.artifacts.vault import Label, Vault
from avatar.canonical import canonical, digest_of_file
from avatar.consent import Use
from avatar.consent.entries import (
    Enrolled,
    Fact,
    Granted,
    Narrowed,
    Reconfirmed,
    Refused,
    SampleAdded,
    Suspended,
    Withdrawn,
)
from avatar.consent.evidence import Attested, Evidence, Notice
from avatar.consent.keys import Key, key_at
from avatar.consent.ledger import Ledger, now
from avatar.consent.notice import VERSION as NOTICE_VERSION
from avatar.consent.notice import notice_of
from avatar.consent.permission import require_role
from avatar.consent.record import Grant, Narrowing, Reconfirmation, Suspension, Withdrawal
from avatar.consent.roles import Role
from avatar.consent.scope import Scope
from avatar.consent.terms import Terms
from avatar.errors import AvatarError, ConsentError, InputError, StoreError
from avatar.people.samples import CheckedSample
from avatar.production.production import CastMember
from avatar.runtime.workdir import private_tempdir
from avatar.stages.registry import did_you_mean
from avatar.studio.voice_guard import VoiceGuard

A = TypeVar("A", bound=Artifact)
S = TypeVar("S", Grant, Narrowing, Reconfirmation, Suspension)

Capacity = Literal["self", "estate", "synthetic"]
Prepare = Callable[[Path], CheckedSample]  # takes a private folder, gives a checked sample

_ALIAS = re.compile(r"[a-z][a-z0-9-]{0,30}")
_WORDS = "transcript.txt"  # of a sample that is speech
_CALLED = {"Audio": "voice", "Voiceover": "voiceover", "Image": "portrait", "GivenFootage": "footage"}


@dataclass(frozen=True)
class Person:
    """Someone with a likeness: a random *id*, and the *alias* that this store knows them by (never in the ledger)."""

    id: str
    alias: str
    capacity: str


class GrantText(BaseModel):
    """What a grant says in words: kept sealed under the person's key, while the ledger holds salted digests."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    project: str
    description: str
    notice: str


@dataclass(frozen=True)
class People:
    """Everyone enrolled in a store."""

    objects: Objects
    store: Store
    vault: Vault
    ledger: Ledger
    keys: Path  # one file a person; hand it to them, it is theirs
    organisation: str
    voice_guard: VoiceGuard
    clock: Callable[[], datetime] = now

    def enroll(self, alias: str, capacity: Capacity, samples: Sequence[Prepare], *, id: str = "") -> Person:
        """Bring *alias* in with *samples*, or bring more samples of someone who is here already.

        Every sample is checked before anything is written. A new person gets a random id, unless they have an *id*
        from another store: the same people and the same work then have the same digests in both.

        Raises:
            InputError: a sample will not do, is in the voice of somebody else here, was brought as something else
                (``sample.known``), or the alias is malformed.
        """
        if not _ALIAS.fullmatch(alias):
            raise InputError(
                f"alias {alias!r}: use a lower-case letter, then letters, digits and dashes (31 at most)",
                code="person.bad-alias",
            )
        require_role(self.ledger, Role.ENROLL, "Enroll")
        with private_tempdir() as room:
            known = self._known(alias)
            ready = [self._prepared(prepare, room, index, known) for index, prepare in enumerate(samples)]
            self._refuse_second_use(known, ready)
            person = self._known(alias) or self._new(alias, capacity, id or f"p-{token_hex(8)}")
            for sample in ready:
                self._add_sample(person, sample)
        return person

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

    def agree(
        self, person: Person, terms: Terms, *, evidence: Evidence | None = None, previous: Grant | None = None
    ) -> Grant:
        """Have *person* sign a grant on *terms* of every sample they brought, and record it.

        Without *evidence* of their own words it is the operator who attests it, and so needs the role to. A *previous*
        grant of theirs is replaced. The words that stay outside the ledger are kept sealed under the person's key.
        """
        if evidence is None:
            require_role(self.ledger, Role.GRANT, "Grant")
        known = self.ledger.read().people[person.id]
        if known.erased:
            self._refuse(person.id, "consent.erased")
            raise ConsentError(f"{person.id} was erased; nothing of them is recorded any more", code="consent.erased")
        begin, end = self._period(terms)
        text = notice_of(terms, self.organisation, tuple(self.display_name(id) for id in terms.companions))
        try:
            unsigned = Grant(
                record_id=token_hex(16),
                record_version=previous.record_version + 1 if previous else 1,
                previous=previous.digest if previous else None,
                created_at=self.clock(),
                person=person.id,
                grantee=self.organisation,
                scope=terms.scope(tuple(known.samples)),
                not_before=begin,
                not_after=end,
                reconfirm_days=terms.reconfirm_days,
                evidence=evidence or Attested(operator=self.ledger.operator),
                notice=Notice(text=sha256(text.encode()).hexdigest(), version=NOTICE_VERSION),
                signature="0" * 128,
            )
        except ValidationError as error:
            raise _unusable(error) from error
        grant = self._signed(person, unsigned)
        words = GrantText(project=terms.project, description=terms.description, notice=text)
        self._keep_words(grant, words)
        return self.record(grant)

    def _period(self, terms: Terms) -> tuple[datetime, datetime]:
        try:
            return terms.period(self.clock())
        except OverflowError as error:
            raise InputError(
                f"grant, field 'days' ({terms.days}): too many; a grant lasts ten years at most", code="grant.bad-value"
            ) from error

    def record(self, grant: Grant) -> Grant:
        """Record a *grant* that its person signed, here or elsewhere.

        Raises:
            ConsentError: it is not theirs, was edited, was recorded before, is already over, or is for someone else.
        """
        if isinstance(grant.evidence, Attested):
            require_role(self.ledger, Role.GRANT, "Grant")
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
        self._enter_signed(Granted(grant=grant), grant.person)
        return grant

    def read_grant(self, path: Path) -> Grant:
        """Return the signed grant in the JSON file *path*."""
        try:
            return Grant.model_validate_json(path.read_bytes())
        except OSError as error:
            raise InputError(f"grant {path}: cannot be read; give a JSON file", code="grant.unreadable") from error
        except ValidationError as error:
            raise _unusable(error) from error

    def words_of(self, grant: Grant) -> GrantText | None:
        """Return the words of *grant* that the ledger does not hold, or ``None`` if it was signed elsewhere."""
        return self.words_at(grant.person, grant.digest)

    def words_at(self, person: str, grant: str) -> GrantText | None:
        """Return the words of *person*'s grant with this digest, as ``words_of``, also when it stands no more."""
        sealed = self.objects.read(f"people/{person}/words/{grant}")
        if sealed is None:
            return None
        return GrantText.model_validate_json(self.vault.open(sealed, Label("words", (person,), grant)))

    def _keep_words(self, grant: Grant, words: GrantText) -> None:
        sealed = self.vault.seal(
            canonical(words.model_dump(mode="json")), Label("words", (grant.person,), grant.digest)
        )
        self.objects.create(f"people/{grant.person}/words/{grant.digest}", sealed)

    def narrow(self, person: Person, grant: Grant, scope: Scope) -> int:
        """Have *person* make the scope of *grant* as small as *scope*; return the ledger index."""
        unsigned = Narrowing(
            record_id=token_hex(16), person=person.id, grant=grant.digest, scope=scope, signature="0" * 128
        )
        index = self._enter_signed(Narrowed(narrowing=self._signed(person, unsigned)), person.id)
        self.voice_guard.forget(person.id)
        return index

    def reconfirm(self, person: Person, grant: Grant) -> int:
        """Have *person* say that they still agree to *grant*; return the ledger index."""
        unsigned = Reconfirmation(record_id=token_hex(16), person=person.id, grant=grant.digest, signature="0" * 128)
        return self._enter_signed(Reconfirmed(reconfirmation=self._signed(person, unsigned)), person.id)

    def suspend(self, person: Person) -> int:
        """Pause everything with *person* until they resume; return the ledger index. Anyone may, at any time."""
        return self._enter_signed(
            Suspended(suspension=Suspension(record_id=token_hex(16), person=person.id)), person.id
        )

    def resume(self, person: Person) -> int:
        """Have *person* end the pause; return the ledger index."""
        unsigned = Suspension(record_id=token_hex(16), person=person.id, ends=True, signature="0" * 128)
        return self._enter_signed(Suspended(suspension=self._signed(person, unsigned)), person.id)

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
        index = self.ledger.append(Withdrawn(withdrawal=withdrawal))
        self.voice_guard.forget(withdrawal.person)
        return index

    def _signed(self, person: Person, unsigned: S) -> S:
        return unsigned.model_copy(update={"signature": self.key(person).sign(unsigned.signed_bytes)})

    def _enter_signed(self, fact: Fact, person: str) -> int:
        try:
            return self.ledger.append(fact)
        except ConsentError as error:
            self._refuse(person, error.code)
            raise

    def display_name(self, id: str) -> str:
        """Return the alias of the person with the *id*, or the id where there is none."""
        person = self._enrolled(id)
        return person.alias if person else id

    def _prepared(self, prepare: Prepare, room: Path, index: int, known: Person | None) -> CheckedSample:
        own = room / str(index)
        own.mkdir()
        try:
            sample = prepare(own)
            if sample.kind in (VoiceSample, Voiceover):
                self.voice_guard.refuse_sample(sample.parts[sample.kind.parts[0]], [known.id] if known else [])
            return sample
        except AvatarError as error:
            self.ledger.append(Refused(code=error.code, request="Enroll"))
            raise

    def _refuse_second_use(self, known: Person | None, ready: Sequence[CheckedSample]) -> None:
        """Refuse what is here already as another kind of sample, or with other words: it would go unused."""
        here = self.ledger.read().people[known.id].samples if known else {}
        brought: dict[str, tuple[str, str | None]] = {}  # its sha256 -> its kind, and the digest of its words
        for sample in ready:
            digests = {name: digest_of_file(path) for name, path in sample.parts.items()}
            digest, what = digests[sample.kind.parts[0]], (sample.kind.kind, digests.get(_WORDS))
            if digest in here:
                manifest = self.store.manifest(here[digest])
                brought[digest] = manifest.kind, manifest.parts.get(_WORDS)
            first = brought.setdefault(digest, what)
            if first != what:
                self.ledger.append(Refused(code="sample.known", request="Enroll"))
                raise InputError(_second_use(what[0], first[0]), code="sample.known")

    def _new(self, alias: str, capacity: Capacity, id: str) -> Person:
        if id in self.ledger.read().people:
            known = self._known(alias)
            if known and known.id == id:  # another process was faster, by a moment
                return known
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

    def _add_sample(self, person: Person, sample: CheckedSample) -> None:
        artifact = self.store.keep(sample.kind, sample.parts, people=(person.id,))
        digest = self.store.manifest(artifact.digest).parts[sample.kind.parts[0]]
        if digest in self.ledger.read().people[person.id].samples:
            return
        self.ledger.append(SampleAdded(person=person.id, asset=digest, manifest=artifact.digest))

    def _newest(self, person: Person, kind: type[A]) -> A | None:
        state = self.ledger.read().people.get(person.id)
        brought = list(state.samples.values()) if state else []
        ours = [digest for digest in brought if self.store.manifest(digest).kind == kind.kind]
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


def _unusable(error: ValidationError) -> InputError:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    field = f", field {name!r}" if name else ""
    given = f" ({first['input']!r})" if name else ""
    message = first["msg"].removeprefix("Value error, ")
    return InputError(f"grant{field}{given}: {message}", code="grant.bad-value")


def _second_use(kind: str, first: str) -> str:
    has = "with another transcript" if kind == first else f"as their {_CALLED[first]}"
    return (
        f"{_CALLED[kind]}: this very recording is here already, {has}, and one recording serves once; bring another "
        "one, or the same with a moment cut off its end"
    )
