"""Retention: find and remove artifacts whose retention period is over."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from avatar.artifacts.artifact import SignedVideo
from avatar.artifacts.vault import MAX_HEADER_BYTES, Label, people_in
from avatar.consent.entries import Expired, Performed
from avatar.consent.permission import require_role
from avatar.consent.roles import Role
from avatar.consent.state import State
from avatar.people.people import People

Why = Literal["intermediate", "published", "consent-ended"]

_MIN_AGE = timedelta(days=1)  # what was stored so recently may belong to work that the ledger does not know of yet
_ARTIFACTS_PER_ENTRY = 200  # artifacts that one entry of the ledger speaks of


@dataclass(frozen=True)
class RetentionPolicy:
    """For how long things are kept. ``None`` keeps them.

    *intermediate*: what was made on the way (voices, speech, shots, videos without a signature), since it was last made
    or recalled. *published*: the store's copies of signed videos, likewise. *person*: everything that shows someone,
    since their last agreement ended.
    """

    intermediate: timedelta | None = None
    published: timedelta | None = None
    person: timedelta | None = None

    @classmethod
    def of_days(cls, intermediate: int | None, published: int | None, person: int | None) -> "RetentionPolicy":
        """Return the policy with these numbers of days."""
        return cls(*(None if days is None else timedelta(days=days) for days in (intermediate, published, person)))


@dataclass(frozen=True)
class StoredArtifact:
    """An artifact in the store: its *digest*, what it is, who is in it, when it was stored, and where its parts are."""

    digest: str
    kind: str
    recipe: str | None  # None: brought in by the person it shows
    people: tuple[str, ...]
    stored: datetime
    blobs: frozenset[str]


@dataclass(frozen=True)
class ExpiredArtifact:
    """An artifact that is to go, and why."""

    held: StoredArtifact
    why: Why


def find_expired(
    people: People, policy: RetentionPolicy, tell: Callable[[int, int], None] = lambda *_: None
) -> tuple[ExpiredArtifact, ...]:
    """Return what in the store is due by *policy* now. Nothing is removed. *tell* hears how much was looked at."""
    return _Look(people, policy, tuple(_everything(people, tell))).due


def sweep(
    people: People, policy: RetentionPolicy, tell: Callable[[int, int], None] = lambda *_: None
) -> tuple[ExpiredArtifact, ...]:
    """Remove what is due by *policy* now, with entries in the ledger that name digests alone; return what went.

    What is in use is spared: whoever recalls an artifact leaves an entry, and the removal is entered only right behind
    a state of the ledger in which nobody has. *tell* hears how much was removed. A sweep that broke off is finished by
    another.
    """
    require_role(people.ledger, Role.ERASE, "Sweep")
    look = _Look(people, policy, tuple(_everything(people, lambda *_: None)))
    gone: list[ExpiredArtifact] = []
    for why in sorted({due.why for due in look.due}):
        due = [each for each in look.due if each.why == why]
        for start in range(0, len(due), _ARTIFACTS_PER_ENTRY):
            some = due[start : start + _ARTIFACTS_PER_ENTRY]
            entered = _entered(look, some)
            look.needed |= {blob for each in some if each not in entered for blob in each.held.blobs}
            for each in entered:
                people.store.remove(each.held.digest, look.needed)
                gone.append(each)
                tell(len(gone), len(look.due))
    people.voice_guard.sweep()
    return tuple(gone)


class _Look:
    """What was found in the store at one moment: what of it is *due*, and which blobs the rest of it *needs*."""

    def __init__(self, people: People, policy: RetentionPolicy, everything: Sequence[StoredArtifact]) -> None:
        self.people, self._policy = people, policy
        self._uses = _Uses(people, policy)
        # Who never agreed to anything has had as long to do so, since they last brought something.
        self._brought: dict[str, datetime] = {}
        for held in everything:
            for id in held.people if held.recipe is None else ():
                self._brought[id] = max(held.stored, self._brought.get(id, held.stored))
        self.due = self.still_due(everything)
        staying = {held.digest for held in everything} - {due.held.digest for due in self.due}
        self.needed = {blob for held in everything if held.digest in staying for blob in held.blobs}

    def still_due(self, some: Iterable[StoredArtifact]) -> tuple[ExpiredArtifact, ...]:
        """Return which of *some* are due by what the ledger says now."""
        some = tuple(some)
        self._uses.refresh()
        ended = {id for id in {id for held in some for id in held.people} if self._ended(id)}
        return tuple(ExpiredArtifact(held, why) for held in some if (why := self._reason(held, ended)))

    def _reason(self, held: StoredArtifact, ended: set[str]) -> Why | None:
        if not ended.isdisjoint(held.people):
            return "consent-ended"
        why: Why = "published" if held.kind == SignedVideo.kind else "intermediate"
        kept = self._policy.published if why == "published" else self._policy.intermediate
        now = self.people.clock()
        if kept is None or held.recipe is None or held.stored > now - _MIN_AGE:
            return None
        last = self._uses.last.get(held.digest)
        return why if last is None or last <= now - kept else None

    def _ended(self, id: str) -> bool:
        """Return whether the last agreement of the person *id* ended longer ago than what shows them is kept."""
        person = self.people.ledger.read().people.get(id)
        if self._policy.person is None or person is None or person.erased:
            return False
        ends = [standing.grant.not_after for standing in person.standing]
        if person.withdrawn is not None:
            ends.append(self.people.ledger.entry(person.withdrawn).at)
        last = max(ends, default=self._brought.get(id))
        return last is not None and last <= self.people.clock() - self._policy.person


class _Uses:
    """When each artifact was last made or recalled, as far back as *policy* wants to know."""

    def __init__(self, people: People, policy: RetentionPolicy) -> None:
        self.last: dict[str, datetime] = {}
        self._ledger, self._seen = people.ledger, people.ledger.read().index
        longest = max((kept for kept in (policy.intermediate, policy.published) if kept), default=None)
        if longest is None:
            return
        # Studios' clocks differ a little, so this goes a little farther back than it must.
        since = people.clock() - longest - _MIN_AGE
        for index in range(self._seen, -1, -1):
            if self._note(index) < since:
                break

    def refresh(self) -> None:
        """Take in what was entered since the last look."""
        for index in range(self._seen + 1, self._ledger.read().index + 1):
            self._note(index)
            self._seen = index

    def _note(self, index: int) -> datetime:
        entry = self._ledger.entry(index)
        if isinstance(entry.fact, Performed):
            self.last[entry.fact.made] = max(entry.at, self.last.get(entry.fact.made, entry.at))
        return entry.at


def _everything(people: People, tell: Callable[[int, int], None]) -> Iterator[StoredArtifact]:
    state, found = people.ledger.read(), list(people.objects.dated("manifests"))
    for done, (key, stored) in enumerate(found, start=1):
        digest = key.removeprefix("manifests/")
        start = people.objects.start(key, MAX_HEADER_BYTES)
        # What shows someone who was erased nobody can open, and so nobody can say what belongs to it.
        if start is not None and not any(_erased(state, id) for id in people_in(start, Label("manifest", (), digest))):
            manifest = people.store.look(digest)
            *blobs, _ = people.store.objects_of(manifest)
            recipe = manifest.work.recipe if manifest.work else None
            yield StoredArtifact(digest, manifest.kind, recipe, manifest.people, stored, frozenset(blobs))
        tell(done, len(found))


def _erased(state: State, id: str) -> bool:
    return id in state.people and state.people[id].erased


def _entered(look: _Look, some: Sequence[ExpiredArtifact]) -> list[ExpiredArtifact]:
    """Enter the removal of *some* in the ledger, right behind a state in which they are still due; return those."""
    store, ledger = look.people.store, look.people.ledger
    for due in some:
        # First of all, so that nobody recalls what is about to go.
        if due.held.recipe:
            store.forget(due.held.recipe, due.held.digest)
    while True:
        position, state = ledger.head()
        now_due = look.still_due(due.held for due in some)
        still = [due for due in some if due in now_due]
        known = sorted(due.held.digest for due in still if _known(state, due.held))
        if not known or ledger.append_at(position, Expired(artifacts=tuple(known), why=some[0].why)):
            return still


def _known(state: State, held: StoredArtifact) -> bool:
    """Return whether the ledger still speaks of *held*: not after a sweep that broke off behind its entry."""
    brought = (held.digest in state.people[id].samples.values() for id in held.people if id in state.people)
    return held.digest in state.made or any(brought)
