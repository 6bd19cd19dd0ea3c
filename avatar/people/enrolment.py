"""Enrolment: bring a person and their samples in, checked before anything is written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Literal

from avatar.artifacts.artifact import Voiceover, VoiceSample
from avatar.artifacts.vault import Label
from avatar.canonical import canonical, digest_of_file
from avatar.consent.entries import (
    Enrolled,
    Refused,
    SampleAdded,
)
from avatar.consent.keys import key_at
from avatar.consent.permission import require_role
from avatar.consent.roles import Role
from avatar.errors import AvatarError, InputError
from avatar.people.directory import Directory, Person, check_alias
from avatar.people.samples import CheckedSample
from avatar.runtime.workdir import private_tempdir

Capacity = Literal["self", "estate", "synthetic"]
Prepare = Callable[[Path], CheckedSample]  # takes a private folder, gives a checked sample

_TRANSCRIPT = "transcript.txt"  # of a sample that is speech
_SAMPLE_NAMES = {"Audio": "voice", "Voiceover": "voiceover", "Image": "portrait", "GivenFootage": "footage"}


@dataclass(frozen=True)
class Enrolment(Directory):
    """The directory, and how people come into it."""

    def enroll(self, alias: str, capacity: Capacity, samples: Sequence[Prepare], *, id: str = "") -> Person:
        """Bring *alias* in with *samples*, or bring more samples of someone who is here already.

        Every sample is checked before anything is written. A new person gets a random id, unless they have an *id*
        from another store: the same people and the same work then have the same digests in both.

        Raises:
            InputError: a sample will not do, is in the voice of somebody else here, was brought as something else
                (``sample.known``), or the alias is malformed.
        """
        check_alias(alias)
        require_role(self.ledger, Role.ENROLL, "Enroll")
        with private_tempdir() as room:
            known = self._known(alias)
            ready = [self._prepared(prepare, room, index, known) for index, prepare in enumerate(samples)]
            self._refuse_second_use(known, ready)
            person = self._known(alias) or self._new(alias, capacity, id or f"p-{token_hex(8)}")
            for sample in ready:
                self._add_sample(person, sample)
        return person

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
            digest, what = digests[sample.kind.parts[0]], (sample.kind.kind, digests.get(_TRANSCRIPT))
            if digest in here:
                manifest = self.store.manifest(here[digest])
                brought[digest] = manifest.kind, manifest.parts.get(_TRANSCRIPT)
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


def _second_use(kind: str, first: str) -> str:
    has = "with another transcript" if kind == first else f"as their {_SAMPLE_NAMES[first]}"
    return (
        f"{_SAMPLE_NAMES[kind]}: this very recording is here already, {has}, and one recording serves once; bring "
        "another one, or the same with a moment cut off its end"
    )
