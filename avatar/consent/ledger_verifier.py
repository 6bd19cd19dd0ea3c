"""Verify a whole ledger from outside, with no key of its own: what holds, what fails, what cannot be shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from avatar.artifacts.objects import Objects
from avatar.consent import checkpoint as checkpoints
from avatar.consent import snapshot
from avatar.consent.checkpoint import read_checkpoint
from avatar.consent.entries import Rekeyed, read_entry
from avatar.consent.fold import fold
from avatar.consent.key_succession import Succession, linked_keys
from avatar.consent.merkle import Tree
from avatar.consent.signed_note import Note, NoteKey, cosigned_at, signed_by
from avatar.consent.state import State
from avatar.errors import LedgerError


class FindingStatus(StrEnum):
    """Whether something was found to be so."""

    HOLDS = "holds"
    BROKEN = "broken"
    NOT_SHOWN = "not shown"


@dataclass(frozen=True)
class LedgerFinding:
    """The *answer* to one question about the ledger, in plain words, and the code of what is wrong."""

    question: str
    answer: FindingStatus
    words: str
    code: str = ""


@dataclass(frozen=True)
class LedgerReport:
    """Everything that was found. *size* is the number of entries that hold."""

    origin: str
    size: int
    found: tuple[LedgerFinding, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is broken."""
        return all(finding.answer != FindingStatus.BROKEN for finding in self.found)

    def explain(self) -> str:
        """Return all of it in plain words, a line each."""
        lines = [f"{finding.answer:<10} {finding.question}: {finding.words}" for finding in self.found]
        verdict = "Nothing is broken." if self.sound else "THIS LEDGER IS NOT TO BE BELIEVED."
        return "\n".join([*lines, verdict])

    def as_json(self) -> dict[str, Any]:
        found = [
            {"question": f.question, "answer": str(f.answer), "words": f.words, "code": f.code} for f in self.found
        ]
        return {"sound": self.sound, "origin": self.origin, "entries": self.size, "findings": found}


@dataclass(frozen=True)
class TrustAnchor:
    """What the one who asks already believes: the ledger's checkpoint key, witnesses, and checkpoints they kept."""

    log: NoteKey | None = None
    witnesses: tuple[NoteKey, ...] = ()
    kept: tuple[Note, ...] = ()


class Replay:
    """Entries read from the first on, each checked against the ones before it."""

    def __init__(self) -> None:
        self.state = State()
        self.tree = Tree()
        self.successions: list[Succession] = []

    def add(self, data: bytes) -> None:
        """Take the stored bytes *data* as the next entry.

        Raises:
            LedgerError: they are not what must come next; nothing has changed.
        """
        entry = read_entry(data)
        if not self.tree.size:
            fold(State(), entry)  # a first entry that is refused must leave no trace
        fold(self.state, entry)
        if isinstance(entry.fact, Rekeyed):
            self.successions.append(entry.fact.succession)
        self.tree.append(data)


def verify_ledger(objects: Objects, believed: TrustAnchor, snapshots: Objects | None = None) -> LedgerReport:
    """Check every signature, the chain, what it adds up to, and the root against checkpoints and cosignatures.

    This host's own *snapshots* are held against the entries, too.
    """
    replay = Replay()
    found = [_entries(objects, replay, snapshots)]
    if found[0].answer == FindingStatus.HOLDS:
        found += _checkpoints(objects, replay, believed)
    return LedgerReport(replay.state.origin, replay.tree.size, tuple(found))


def verify_ledger_consistency(tree: Tree, note: Note, origin: str) -> LedgerFinding:
    """Find out whether the ledger *origin* with the entries in *tree* continues the checkpoint *note*."""
    try:
        checkpoint = read_checkpoint(note)
    except LedgerError as error:
        return LedgerFinding("checkpoint", FindingStatus.BROKEN, str(error), error.code)
    question = f"checkpoint of {checkpoint.size} entries"
    if checkpoint.origin != origin:
        words = f"it is of another ledger, {checkpoint.origin}"
        return LedgerFinding(question, FindingStatus.BROKEN, words, "ledger.other-ledger")
    if checkpoint.size > tree.size:
        words = f"only {tree.size} entries are left: the newest {checkpoint.size - tree.size} were cut off"
        return LedgerFinding(question, FindingStatus.BROKEN, words, "ledger.truncated")
    if tree.root(checkpoint.size) != checkpoint.root:
        words = "the entries are not those that were signed: the ledger's past was changed"
        return LedgerFinding(question, FindingStatus.BROKEN, words, "ledger.split-view")
    return LedgerFinding(question, FindingStatus.HOLDS, "the entries are those that were signed")


def _entries(objects: Objects, replay: Replay, kept: Objects | None) -> LedgerFinding:
    question, summed = "entries", set(snapshot.snapshot_indices(kept) if kept else ())
    for name in objects.list("ledger/entries"):
        size = replay.tree.size
        if name != f"ledger/entries/{size:012d}":
            words = f"entry {size} is missing, or a stranger lies in its place: {name}"
            return LedgerFinding(question, FindingStatus.BROKEN, words, "ledger.broken-chain")
        try:
            replay.add(objects.read(name) or b"")
        except LedgerError as error:
            return LedgerFinding(question, FindingStatus.BROKEN, f"entry {size}: {error}", error.code)
        if kept and size in summed and snapshot.contradicts_entries(kept, replay.state, replay.tree):
            words = f"the snapshot at entry {size}, which new processes begin with, says something else: it was forged"
            return LedgerFinding(question, FindingStatus.BROKEN, words, "ledger.forged-snapshot")
    if not replay.tree.size:
        return LedgerFinding(question, FindingStatus.BROKEN, "there are none", "ledger.empty")
    words = f"all {replay.tree.size} are signed with the ledger's key {replay.state.key[:16]}, in order, and add up"
    return LedgerFinding(question, FindingStatus.HOLDS, words)


def _checkpoints(objects: Objects, replay: Replay, believed: TrustAnchor) -> Iterator[LedgerFinding]:
    origin = replay.state.origin
    try:
        notes = [checkpoints.fetch_checkpoint(objects, size) for size in checkpoints.checkpoint_sizes(objects)]
    except LedgerError as error:
        yield LedgerFinding("checkpoints", FindingStatus.BROKEN, str(error), error.code)
        return
    checks = [verify_ledger_consistency(replay.tree, note, origin) for note in notes]
    yield from (check for check in checks if check.answer != FindingStatus.HOLDS)
    yield from checks[-1:] if checks and checks[-1].answer == FindingStatus.HOLDS else ()
    keys = _keys(believed.log, replay.successions)
    yield _signed(notes, believed.log, keys)
    yield from _witnessed(notes, believed, replay.tree.size)
    yield from (_kept(replay.tree, note, origin, keys) for note in believed.kept)


def _keys(log: NoteKey | None, successions: Sequence[Succession]) -> tuple[NoteKey, ...]:
    """Return the keys that are as good as *log*: those that it gave way to, and those that gave way to it."""
    return tuple(NoteKey(log.name, key) for key in sorted(linked_keys(log.public, successions))) if log else ()


def _by_any(note: Note, keys: Sequence[NoteKey]) -> bool:
    return any(signed_by(note, key) for key in keys)


def _signed(notes: Sequence[Note], log: NoteKey | None, keys: Sequence[NoteKey]) -> LedgerFinding:
    question = "checkpoint signatures"
    if log is None:
        words = f"{len(notes)} are here, but nobody said which key to believe (--log-key)"
        return LedgerFinding(question, FindingStatus.NOT_SHOWN, words)
    if not notes:
        # The key was made, or handed out, with a first checkpoint: that none is left is no accident.
        return LedgerFinding(question, FindingStatus.BROKEN, f"there is none by {log.name}", "ledger.no-checkpoint")
    bad = [read_checkpoint(note).size for note in notes if not _by_any(note, keys)]
    if bad:
        words = f"the one of {bad[0]} entries is not signed by {log.name}"
        return LedgerFinding(question, FindingStatus.BROKEN, words, "ledger.forged")
    return LedgerFinding(question, FindingStatus.HOLDS, f"all {len(notes)} are signed by {log.name}")


def _witnessed(notes: Sequence[Note], believed: TrustAnchor, size: int) -> Iterator[LedgerFinding]:
    if not believed.witnesses:
        words = "nobody named one (--witness): whoever holds the keys could show others a different ledger"
        yield LedgerFinding("witness", FindingStatus.NOT_SHOWN, words)
    for witness in believed.witnesses:
        question, seen = f"witness {witness.name}", [note for note in notes if cosigned_at(note, witness)]
        if not seen:
            yield LedgerFinding(question, FindingStatus.BROKEN, "it cosigned nothing that is here", "ledger.no-witness")
            continue
        newest, at = read_checkpoint(seen[-1]), cosigned_at(seen[-1], witness)
        later = f"; {size - newest.size} came later, unseen" if size > newest.size else ""
        yield LedgerFinding(
            question, FindingStatus.HOLDS, f"it saw the first {newest.size} entries at {at:%Y-%m-%d %H:%M} UTC{later}"
        )


def _kept(tree: Tree, note: Note, origin: str, keys: Sequence[NoteKey]) -> LedgerFinding:
    if not _by_any(note, keys):
        words = "it is not signed by a key that is believed (--log-key)"
        return LedgerFinding("checkpoint you kept", FindingStatus.BROKEN, words, "ledger.forged")
    found = verify_ledger_consistency(tree, note, origin)
    return LedgerFinding(f"{found.question} that you kept", found.answer, found.words, found.code)
