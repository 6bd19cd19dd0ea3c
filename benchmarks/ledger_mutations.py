"""Mutations of a ledger and of its proofs: how many are made a second, and that none goes unseen.

Run as ``python -m benchmarks.ledger_mutations [--entries 1000] [--mutations 1000000] [--seconds 180] [--json FILE]``.
"""

import argparse
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from avatar.consent.checkpoint import store_checkpoint
from avatar.consent.claims import LedgerPosition
from avatar.consent.entries import read_entry
from avatar.consent.keys import Key
from avatar.consent.ledger import Ledger
from avatar.consent.ledger_verifier import FindingStatus, Replay, TrustAnchor, verify_ledger, verify_ledger_consistency
from avatar.consent.merkle import Tree
from avatar.consent.signed_note import Note, NoteKey, cosign
from avatar.consent.tlog_proof import Proof, check_proof, read_proof
from avatar.consent.witness import witness_key
from avatar.errors import LedgerError
from benchmarks.ledgers import NOON, Memory, entries, name, signed
from benchmarks.rows import Row, show

_LEDGER, _CHECKPOINT, _WITNESS = (Key(sha256(word).digest()) for word in (b"ledger", b"checkpoint", b"witness"))


@dataclass
class Tally:
    """How many mutations of each kind were made, and those that nobody noticed."""

    made: Counter[str] = field(default_factory=Counter)
    undetected: list[str] = field(default_factory=list)

    def count(self, kind: str, *, detected: bool, which: str) -> None:
        self.made[kind] += 1
        if not detected:
            self.undetected.append(f"{kind} {which}")


@dataclass(frozen=True)
class Subject:
    """A ledger's stored *entries*, a cosigned checkpoint over all of them, and the keys that are believed."""

    entries: tuple[bytes, ...]
    checkpoint: Note
    log: NoteKey
    witness: NoteKey
    tree: Tree

    def sound(self, stored: Sequence[bytes]) -> bool:
        """Return whether a whole examination finds nothing wrong with *stored*, the checkpoint being at hand."""
        objects = Memory()
        objects.held = {name(index): data for index, data in enumerate(stored)}
        store_checkpoint(objects, self.checkpoint)
        return verify_ledger(objects, TrustAnchor(self.log, (self.witness,))).sound


def subject(count: int) -> Subject:
    """Return a sound ledger of *count* entries."""
    made = tuple(entries(count, _LEDGER))
    objects = Memory()
    objects.held = {name(index): data for index, data in enumerate(made)}
    note = Ledger(objects, _LEDGER, _LEDGER.public).checkpoint(_CHECKPOINT)
    origin = note.text.split("\n")[0]
    own = witness_key(_WITNESS)
    tree = Tree()
    for data in made:
        tree.append(data)
    cosigned = note.with_signatures(cosign(note.text, own.name, _WITNESS, NOON))
    return Subject(made, cosigned, NoteKey(origin, _CHECKPOINT.public), own, tree)


def mutate_entries(whole: Subject, count: int, rng: random.Random, tally: Tally, deadline: float = 1e18) -> None:
    """Make about *count* mutations of the entries, spread over all of them.

    What stands before a mutation is as it was, so it is read once and each mutation is judged from there on. One that
    the entry itself does not betray is judged again by a whole examination.
    """
    replay = Replay()
    each, more = divmod(count, len(whole.entries))
    for index, honest in enumerate(whole.entries):
        for _ in range(each + (index < more)):
            kind, stored = mutation(whole.entries, index, rng)
            if not _refused(replay, stored, whole, index):
                tally.count(kind, detected=not whole.sound(stored), which=f"at {index}")
                replay = _replayed(whole.entries[:index])
            else:
                tally.count(kind, detected=True, which="")
        replay.add(honest)
        if time.monotonic() > deadline:
            return


def mutate_proofs(whole: Subject, count: int, rng: random.Random, tally: Tally, deadline: float = 1e18) -> None:
    """Forge *count* proofs."""
    for number in range(count):
        index = rng.randrange(len(whole.entries))
        kind, forged = forgery(whole, proof_of(whole, index), rng)
        tally.count(kind, detected=not believed(whole, forged), which=f"of {index}")
        if number % 256 == 0 and time.monotonic() > deadline:
            return


def rewrite(whole: Subject, count: int, rng: random.Random, tally: Tally) -> None:
    """Rewrite history *count* times with the ledger's own key: no signature and no link is wrong, only the root."""
    for _ in range(count):
        index = rng.randrange(1, len(whole.entries))
        stored = list(whole.entries[:index])
        for data in whole.entries[index + 1 :]:  # entry *index* never was
            at = LedgerPosition("", len(stored) - 1, sha256(stored[-1]).hexdigest())
            stored.append(signed(at, read_entry(data).fact, _LEDGER))
        tally.count("history rewritten with the real key", detected=not whole.sound(stored), which=f"at {index}")


def proof_of(whole: Subject, index: int) -> Proof:
    """Return the honest proof of entry *index*."""
    path = tuple(whole.tree.inclusion(index, len(whole.entries)))
    return Proof(whole.entries[index], index, path, whole.checkpoint)


def mutation(honest: tuple[bytes, ...], index: int, rng: random.Random) -> tuple[str, list[bytes]]:
    """Return a mutated ledger whose first change is at *index*, and the kind of change."""
    stored, last = list(honest), len(honest) - 1
    kind = rng.choices(_KINDS, _OFTEN)[0]
    if index == last and kind in {"insert", "reorder"}:
        kind = "bit"
    if kind == "bit":
        stored[index] = _flipped(stored[index], rng)
    elif kind == "byte":
        at = rng.randrange(len(stored[index]) + 1)
        stored[index] = stored[index][:at] + rng.choice((b" ", b"\n", b"0", b"\x00", b"}")) + stored[index][at:]
    elif kind == "cut short":
        stored[index] = stored[index][: rng.randrange(len(stored[index]))]
    elif kind == "drop":
        del stored[index]
    elif kind == "insert":
        stored.insert(index, honest[rng.randrange(index + 1, last + 1)] if index == 0 else honest[rng.randrange(index)])
    elif kind == "reorder":
        other = rng.randrange(index + 1, last + 1)
        stored[index], stored[other] = stored[other], stored[index]
    else:
        del stored[index:]
    return kind, stored


_KINDS = ("bit", "byte", "cut short", "drop", "insert", "reorder", "truncate")
_OFTEN = (50, 10, 10, 8, 8, 8, 6)


def forgery(whole: Subject, proof: Proof, rng: random.Random) -> tuple[str, bytes]:
    """Return a forged proof, and the kind of forgery."""
    honest = str(proof).encode()
    kind = rng.choices(("bit of a proof", "line of a proof", "proof of another entry"), (6, 2, 2))[0]
    if kind == "bit of a proof":
        return kind, _flipped(honest, rng)
    if kind == "line of a proof":
        lines = honest.splitlines(keepends=True)
        lines[rng.randrange(len(lines))] = rng.choice((b"", b"\n", lines[2], lines[-1]))
        forged = b"".join(lines)
    else:
        other = rng.randrange(len(whole.entries))
        entry, index = rng.choice(((proof.entry, other), (whole.entries[other], proof.index)))
        forged = str(Proof(entry, index, proof.path, proof.checkpoint)).encode()
    return (kind, forged) if forged != honest else forgery(whole, proof, rng)


def believed(whole: Subject, forged: bytes) -> bool:
    """Return whether the proof *forged* is taken for one that holds."""
    try:
        check_proof(read_proof(forged), whole.log, [whole.witness])
    except LedgerError:
        return False
    return True


def _refused(replay: Replay, stored: list[bytes], whole: Subject, index: int) -> bool:
    if index == len(stored):
        return (
            verify_ledger_consistency(replay.tree, whole.checkpoint, replay.state.origin).answer == FindingStatus.BROKEN
        )
    try:
        replay.add(stored[index])
    except LedgerError:
        return True
    return False


def _replayed(stored: Sequence[bytes]) -> Replay:
    replay = Replay()
    for data in stored:
        replay.add(data)
    return replay


def _flipped(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def main() -> None:
    """Mutate, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1000)
    parser.add_argument("--mutations", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after about this long")
    parser.add_argument("--json", type=Path, help="also write the rows to this file, as JSON")
    wanted = parser.parse_args()
    rng, tally, whole = random.Random(1), Tally(), subject(wanted.entries)
    if not whole.sound(whole.entries):
        raise SystemExit("the ledger is refused before anything was changed: this would prove nothing")
    start = time.monotonic()
    rewrite(whole, 20, rng, tally)
    forged = wanted.mutations // 5
    mutate_proofs(whole, forged, rng, tally, start + wanted.seconds / 5)
    mutate_entries(whole, wanted.mutations - forged - 20, rng, tally, start + wanted.seconds)
    took, made = time.monotonic() - start, tally.made.total()
    rows = [Row(kind, number, "mutations") for kind, number in sorted(tally.made.items())]
    rows += [Row("all", made, "mutations"), Row("undetected", len(tally.undetected), "mutations")]
    rows += [Row("took", took, "s"), Row("a million would take", took / made * 1e6, "s")]
    show(rows, wanted.json)
    raise SystemExit(bool(tally.undetected))


if __name__ == "__main__":
    main()
