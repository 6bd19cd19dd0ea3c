"""The ledger: an append-only log of signed entries, ordered by conditional writes to the object store."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256

from avatar.artifacts.objects import Objects
from avatar.canonical import canonical
from avatar.consent import checkpoint as checkpoints
from avatar.consent import snapshot
from avatar.consent.checkpoint import Checkpoint, read_checkpoint
from avatar.consent.claims import LedgerPosition
from avatar.consent.entries import Entry, Fact, LedgerCreated, Rekeyed, read_entry, signed_bytes_of
from avatar.consent.fold import fold
from avatar.consent.key_succession import make_succession
from avatar.consent.keys import Key
from avatar.consent.merkle import Tree
from avatar.consent.roles import operator_id
from avatar.consent.signed_note import Note
from avatar.consent.state import State
from avatar.consent.tlog_proof import Proof
from avatar.consent.validation import validate_entry
from avatar.errors import ConsentError, InputError, LedgerError

KEY_FILE, ORIGIN_FILE = "ledger.key", "ledger.origin"  # in the key folder; the second once the first was exchanged


def now() -> datetime:
    """Return the present moment, in UTC."""
    return datetime.now(UTC)


class Ledger:
    """Entries at ``ledger/entries/<index>``, each created only where nothing stands.

    Creating the next index is the one point where order is decided, on a folder and on S3 alike, with no lock and no
    database. A process keeps the fold of what it has read and reads only the tail; a fresh one begins with a snapshot.
    *operator* is the public key of whoever acts here: every entry says who that was. *snapshots* is where this host
    keeps what it has added up.
    """

    def __init__(
        self,
        objects: Objects,
        key: Key,
        operator: str,
        clock: Callable[[], datetime] = now,
        snapshots: Objects | None = None,
    ) -> None:
        self._objects = objects
        self._snapshots = snapshots
        self._key = key
        self._operator = operator
        self._clock = clock
        self._state = State()
        self._tree = Tree()
        self._newest = b""  # the entry that the state ends with, as it stands in the store
        self._kept = -1  # the newest entry that we know a snapshot of
        self._lock = threading.RLock()

    @property
    def operator(self) -> str:
        """The id of whoever acts here."""
        return operator_id(self._operator)

    def read(self) -> State:
        """Return the consent state at the newest entry. The state is shared: look, do not touch.

        Raises:
            LedgerError: an entry is missing, altered, forged, or signed with another key than ours.
        """
        with self._lock:
            self._catch_up()
            if self._state.index < 0:
                self._open()
            self._refuse_foreign()
            if self._state.index - self._kept >= snapshot.ENTRIES_PER_SNAPSHOT:
                self._remember()
            return self._state

    def _catch_up(self) -> None:
        if self._state.index < 0:
            self._refuse_gaps()
            self._resume()
        else:
            self._refuse_rollback()
        while (data := self._objects.read(_name(self._state.index + 1))) is not None:
            self._fold(data)

    def head(self) -> tuple[LedgerPosition, State]:
        """Return the place of the newest entry, and the consent state there (or, by now, a little later)."""
        with self._lock:
            state = self.read()
            return LedgerPosition(state.origin, state.index, state.digest), state

    def append(self, fact: Fact) -> int:
        """Record *fact* after whatever is newest, and return its index."""
        with self._lock:
            while True:
                position, _ = self.head()
                if self.append_at(position, fact):
                    return position.index + 1

    def append_at(self, position: LedgerPosition, fact: Fact) -> bool:
        """Record *fact* right behind *position*; return False if someone else recorded something there first."""
        with self._lock:
            if self._state.index > position.index:
                return False
            self._refuse_foreign()
            self._refuse(fact)
            data = self._entry(position, fact)
            won = self._objects.create(_name(position.index + 1), data)
            if won and self._state.index == position.index:
                self._fold(data)
            return won

    def entries(self, start: int, stop: int) -> Iterator[Entry]:
        """Yield the entries from index *start* to just before *stop*, as they were recorded.

        Raises:
            LedgerError: an entry is missing, or altered since it was signed.
        """
        self.read()
        for index in range(start, stop):
            yield read_entry(self._stored(index))

    def rekey(self, key: Key) -> None:
        """Have *key* sign every entry from now on: both keys sign that, and the ledger remembers it.

        Done before by a process that broke off, it is only taken up. Whoever still holds the old key is refused.
        """
        with self._lock:
            self._catch_up()
            if self._state.key != key.public:
                self.append(Rekeyed(succession=make_succession("entries", self.read().origin, self._key, key)))
            self._key = key
            self.read()
            self._remember()  # what the old key signed is no longer taken for ours

    def checkpoint(self, key: Key, *also: Key) -> Note:
        """Sign the size and root of the ledger as it stands, with *key* and *also* others, and keep that in the store.

        Raises:
            LedgerError: the ledger no longer begins as the newest checkpoint says.
        """
        with self._lock:
            state = self.read()
            before = checkpoints.newest_checkpoint(self._objects)
            if before and not self._extends(read_checkpoint(before)):
                raise LedgerError(
                    "the ledger is not a continuation of its newest checkpoint; restore the store from a backup",
                    code="ledger.split-view",
                )
            return checkpoints.store_checkpoint(
                self._objects, Checkpoint(state.origin, self._tree.size, self._tree.root()).signed(key, *also)
            )

    def prove(self, index: int) -> Proof:
        """Return the proof that entry *index* is in the ledger, in a checkpoint that a witness saw if there is one."""
        with self._lock:
            self.read()
            entry = self._stored(index)
            note = checkpoints.best_above(self._objects, index)
            if note is None:
                raise InputError(
                    f"no checkpoint holds entry {index} yet; make one (avatar ledger checkpoint)",
                    code="ledger.no-checkpoint",
                )
            checkpoint = read_checkpoint(note)
            if not self._extends(checkpoint):
                raise LedgerError(
                    f"the ledger is not a continuation of its checkpoint of {checkpoint.size} entries",
                    code="ledger.split-view",
                )
            return Proof(entry, index, tuple(self._tree.inclusion(index, checkpoint.size)), note)

    def entry(self, index: int) -> Entry:
        """Return entry *index*, as it was when it was folded.

        Raises:
            InputError: there is none (``ledger.no-entry``).
            LedgerError: it was altered since.
        """
        with self._lock:
            self.read()
            return read_entry(self._stored(index))

    def _stored(self, index: int) -> bytes:
        data = self._objects.read(_name(index)) if 0 <= index < self._tree.size else None
        if data is None:
            raise InputError(f"there is no ledger entry {index}", code="ledger.no-entry")
        if not self._tree.holds(data, index):
            raise LedgerError(
                f"ledger entry {index} was replaced since it was read; restore the store from a backup",
                code="ledger.rolled-back",
            )
        return data

    def _extends(self, checkpoint: Checkpoint) -> bool:
        return checkpoint.size <= self._tree.size and self._tree.root(checkpoint.size) == checkpoint.root

    def pseudonym(self, word: str) -> str:
        """Return a name (64 hex digits) for *word* that only who holds the ledger's key can tell, or guess and try."""
        return pseudonym(self._key, word)

    def _resume(self) -> None:
        found = snapshot.read_newest_snapshot(self._snapshots, self._objects, self._key) if self._snapshots else None
        if found:
            self._state, self._tree, self._newest = found.state, found.tree, found.entry
            self._kept = found.state.index

    def _remember(self) -> None:
        if self._snapshots:
            snapshot.write_snapshot(self._snapshots, self._key, self._state, self._tree)
        self._kept = self._state.index

    def _open(self) -> None:
        origin = origin_of(self._key)
        nowhere = LedgerPosition(origin, -1, "")
        opened = LedgerCreated(origin=origin, key=self._key.public, founder=self._operator)
        self._objects.create(_name(0), self._entry(nowhere, opened))
        self.read()

    def _refuse_gaps(self) -> None:
        # Reading stops at the first missing entry. Someone who removed a withdrawal must not be taken for its end.
        last = -1
        for name in self._objects.list("ledger/entries"):
            last += 1
            if name != _name(last):
                raise LedgerError(
                    f"ledger entry {last} is missing though later ones are there; restore the store from a backup",
                    code="ledger.broken-chain",
                )

    def _refuse_rollback(self) -> None:
        if self._objects.read(_name(self._state.index)) != self._newest:
            raise LedgerError(
                f"ledger entry {self._state.index} is gone or was replaced since it was read; "
                "restore the store from a backup",
                code="ledger.rolled-back",
            )

    def _entry(self, after: LedgerPosition, fact: Fact) -> bytes:
        index, at = after.index + 1, self._clock()
        signature = self._key.sign(signed_bytes_of(index, after.digest, at, self.operator, fact))
        entry = Entry(index=index, previous=after.digest, at=at, by=self.operator, fact=fact, signature=signature)
        return canonical(entry.model_dump(mode="json"))

    def _fold(self, data: bytes) -> None:
        index = self._state.index + 1
        try:
            entry = read_entry(data)
        except LedgerError as error:
            raise LedgerError(f"ledger entry {index} cannot be read", code=error.code) from error
        fold(self._state, entry)
        self._tree.append(data)
        self._newest = data

    def _refuse_foreign(self) -> None:
        # Checked against the key we hold, not only against the one the ledger names for itself.
        if self._state.key != self._key.public:
            raise LedgerError(
                "this store's ledger is signed with another key than the one in the key folder; "
                "point AVATAR_KEYS at the folder that belongs to the store, and start anew after "
                "`avatar keys rotate-ledger`",
                code="ledger.foreign-key",
            )

    def _refuse(self, fact: Fact) -> None:
        # A forged record must never get in: once in, it would stop every reader of the ledger.
        against = validate_entry(self._state, fact)
        if against:
            raise ConsentError(against.sentence, code=against.code)


def pseudonym(key: Key, word: str) -> str:
    """Return a name (64 hex digits) for *word* that only who holds *key* can tell, or guess and try."""
    # Ed25519 signs the same bytes the same way; no entry begins like this.
    return sha256(bytes.fromhex(key.sign(b"pseudonym\0" + word.encode(errors="replace")))).hexdigest()


def origin_of(key: Key) -> str:
    """Return the name of the ledger that *key* signed first."""
    return f"avatar-ledger/{key.public[:16]}"


def _name(index: int) -> str:
    return f"ledger/entries/{index:012d}"
