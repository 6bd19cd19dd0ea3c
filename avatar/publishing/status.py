"""The signed public status of a published file: valid, consent withdrawn or erased; never who is in it."""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from avatar.artifacts.objects import Objects
from avatar.canonical import canonical
from avatar.consent.entries import Entry
from avatar.consent.keys import Key
from avatar.consent.ledger import Ledger
from avatar.consent.signed_note import Note, NoteKey, malformed_error, read_note, sign, signed_by
from avatar.consent.state import State
from avatar.consent.vocabulary import Digest
from avatar.errors import InputError, LedgerError
from avatar.publishing.ledger_lookup import lookup_publication


class FileState(StrEnum):
    """Whether a published file may still be shown."""

    VALID = "valid"
    WITHDRAWN = "consent withdrawn"
    ERASED = "erased"


class Status(BaseModel):
    """Where the published *file* (sha256) stands, by which entry of which ledger, since when.

    It names the file, the ledger *origin*, the entry that let the file out, and the entry that *decided* what it is
    now. No person, no title, no grant.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str = "avatar-status/1"
    file: Digest
    state: FileState
    since: AwareDatetime
    origin: str
    published: int = Field(ge=0)
    decided: int = Field(ge=0)

    def explain(self) -> str:
        """Return this status in plain words."""
        word = {FileState.VALID: "Consent for this file stands."}.get(self.state, "Do NOT show this file.")
        since = f"{self.since:%Y-%m-%d %H:%M} UTC"
        return (
            f"{word}\n  state: {self.state}, since {since} (entry {self.decided})\n"
            f"  published as entry {self.published} of {self.origin}\n  sha256 {self.file}"
        )

    def signed(self, key: Key) -> Note:
        """Return this status as a note (C2SP signed-note: one line of canonical JSON) that *key* signed.

        The key and the name are those of the ledger's checkpoints, so verifiers need no second key; a checkpoint has
        three lines and this has one, so neither can be taken for the other.
        """
        text = canonical(self.model_dump(mode="json")).decode() + "\n"
        return Note(text, (sign(text, self.origin, key),))


@dataclass(frozen=True)
class StatusRecord:
    """What a ledger's state says of a published file, still without the time."""

    file: str
    state: FileState
    published: int
    decided: int

    def status(self, origin: str, entry: Entry) -> Status:
        """Return the whole of it, given the *entry* that decided."""
        return Status(
            file=self.file,
            state=self.state,
            since=entry.at,
            origin=origin,
            published=self.published,
            decided=self.decided,
        )


def find_status_record(state: State, file: str) -> StatusRecord:
    """Return where the file with the sha256 *file* stands in the ledger that adds up to *state*.

    Raises:
        InputError: that ledger never let it out.
    """
    facts = lookup_publication(state, file)
    if facts is None:
        raise InputError(
            f"the ledger {state.origin} never let out a file with the sha256 {file}", code="status.unknown-file"
        )
    people = {person: state.people[person] for person in facts.people}
    erased = [each.withdrawn or 0 for each in people.values() if each.erased]
    if erased:
        return StatusRecord(file, FileState.ERASED, facts.index, min(erased))
    if facts.withdrawn:
        ends = [people[person].narrowed_at or 0 for person in facts.withdrawn]
        return StatusRecord(file, FileState.WITHDRAWN, facts.index, min(ends))
    # Someone who withdrew since and agreed again: it is valid by that later agreement.
    again = [
        max(standing.index for standing in each.standing)
        for each in people.values()
        if each.narrowed_at is not None and each.narrowed_at > facts.index and each.standing
    ]
    return StatusRecord(file, FileState.VALID, facts.index, max([facts.index, *again]))


@dataclass(frozen=True)
class Statuses:
    """The signed statuses of everything published, at ``published/<sha256>/status/<deciding entry>`` in the store.

    Objects are never overwritten: each change is a new name, and the last name in order is the newest. They are a
    convenience for web pages and players; the ledger decides, and anyone can derive the same from it.
    """

    objects: Objects
    ledger: Ledger
    key: Key

    def of(self, file: str) -> Status:
        """Return where the file with the sha256 *file* stands now."""
        state = self.ledger.read()
        return self._dated(find_status_record(state, file), state)

    def note(self, file: str) -> Note:
        """Return ``of`` *file*, signed."""
        return self.of(file).signed(self.key)

    def refresh(self, files: Iterable[str] | None = None) -> int:
        """Write whatever status changed of *files*, or of everything published; return how many did."""
        state = self.ledger.read()
        chosen = tuple(state.published if files is None else files)
        standing = set(self.objects.list("published")) if files is None else frozenset()
        return sum(self._written(find_status_record(state, file), state, standing) for file in chosen)

    def _written(self, place: StatusRecord, state: State, standing: Set[str]) -> bool:
        name = f"published/{place.file}/status/{place.decided:012d}"
        if name in standing:
            return False
        return self.objects.create(name, str(self._dated(place, state).signed(self.key)).encode())

    def _dated(self, place: StatusRecord, state: State) -> Status:
        (entry,) = self.ledger.entries(place.decided, place.decided + 1)
        return place.status(state.origin, entry)


def read_status(data: bytes, log: NoteKey) -> Status:
    """Return the status that *data* spells, if the ledger's checkpoint key *log* signed it.

    Raises:
        LedgerError: it is no status, or somebody else's.
    """
    note = read_note(data)
    try:
        status = Status.model_validate_json(note.text)
    except ValidationError as error:
        raise malformed_error("a status", "it has other fields") from error
    if not signed_by(note, log) or status.origin != log.name:
        raise LedgerError(f"this status is not signed by {log.name}", code="status.unsigned")
    return status
