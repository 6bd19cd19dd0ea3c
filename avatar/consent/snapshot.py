"""Signed snapshots of the ledger state: a new process reads only the entries that came after the newest one.

They lie on each host by itself, never in the shared store: a snapshot says who agreed without their signatures, so
nobody elsewhere, though they hold the ledger's key, may hand one over.
"""

import logging
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from avatar.artifacts.objects import Objects
from avatar.consent.keys import Key, verify
from avatar.consent.merkle import Tree
from avatar.consent.state import State
from avatar.errors import AvatarError, LedgerError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

ENTRIES_PER_SNAPSHOT = 1_000  # entries between two snapshots

_FOLDER = "snapshots"
_MAGIC = b"avatar-snapshot-1\n"  # no entry begins like this, so neither signature can be taken for the other
_SIGNATURE_BYTES = 64
_KEPT_SNAPSHOTS = 2  # snapshots; older ones help nobody

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Snapshot:
    """The *state* and the *tree* at one entry, and that *entry* as it stands in the store."""

    state: State
    tree: Tree
    entry: bytes


def write_snapshot(kept: Objects, key: Key, state: State, tree: Tree) -> None:
    """Keep a snapshot, signed with the ledger's *key*, in *kept*, and remove older ones. If it cannot be, no harm."""
    body = _spelled(state, tree)
    try:
        kept.create(_name(state.index), _MAGIC + bytes.fromhex(key.sign(_signed(body))) + body)
        for index in [index for index in snapshot_indices(kept) if index <= state.index][:-_KEPT_SNAPSHOTS]:
            kept.delete(_name(index))
    except AvatarError as error:
        _log.warning("no snapshot was kept: %s", error.code)


def read_newest_snapshot(kept: Objects, objects: Objects, key: Key) -> Snapshot | None:
    """Return the newest snapshot in *kept* that this version of the product signed with the ledger's *key*, or None.

    *objects* hold the ledger. Other snapshots are passed over. A snapshot promises nothing about the entries before it;
    ``examine`` reads those.

    Raises:
        LedgerError: a snapshot of ours knows an entry that is gone or was replaced (``ledger.rolled-back``).
    """
    for index in reversed(snapshot_indices(kept)):
        data = kept.read(_name(index)) or b""
        body = data[len(_MAGIC) + _SIGNATURE_BYTES :]
        signature = data[len(_MAGIC) :][:_SIGNATURE_BYTES].hex()
        if not data.startswith(_MAGIC) or not verify(key.public, signature, _signed(body)):
            _log.warning("snapshot %d is not ours, or of another version: the entries are read instead", index)
            continue
        state, tree = _read(body)
        if state.index != index or tree.size != index + 1 or state.key != key.public:
            _log.warning("snapshot %d lies in the place of another: the entries are read instead", index)
            continue
        return Snapshot(state, tree, _entry(objects, state, tree))
    return None


def contradicts_entries(kept: Objects, state: State, tree: Tree) -> bool:
    """Return whether a snapshot that readers believe says something else than the entries up to its own: *state*.

    It is signed with the ledger's key, so only who holds that key could have made it; the entries are the truth.
    """
    data = kept.read(_name(state.index)) or b""
    body, signature = data[len(_MAGIC) + _SIGNATURE_BYTES :], data[len(_MAGIC) :][:_SIGNATURE_BYTES].hex()
    if not data.startswith(_MAGIC) or not verify(state.key, signature, _signed(body)):
        return False  # nobody believes it
    said, leaves = _read(body)
    return said != state or leaves.leaves != tree.leaves


def _entry(objects: Objects, state: State, tree: Tree) -> bytes:
    # Our own key said that this entry was there. An older state of the store ends before it, or went another way.
    entry = objects.read(f"ledger/entries/{state.index:012d}") or b""
    if sha256(entry).hexdigest() != state.digest or not tree.holds(entry, state.index):
        raise LedgerError(
            f"ledger entry {state.index} is gone or was replaced since a snapshot of it was signed; "
            "restore the whole store from a backup",
            code="ledger.rolled-back",
        )
    return entry


def _spelled(state: State, tree: Tree) -> bytes:
    said = _states().dump_json(state)
    return len(said).to_bytes(8, "big") + said + tree.leaves


def _read(body: bytes) -> tuple[State, Tree]:
    length = int.from_bytes(body[:8], "big")
    return _states().validate_json(body[8 : 8 + length]), Tree.of(body[8 + length :])


def _signed(body: bytes) -> bytes:
    return _MAGIC + _version() + sha256(body).digest()


@cache
def _version() -> bytes:
    """Return what only this version of the rules has: by other rules the same entries may add up to something else."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return sha256(b"".join(sha256(source.read_bytes()).digest() for source in sources)).digest()


@cache
def _states() -> "TypeAdapter[State]":
    from pydantic import TypeAdapter

    return TypeAdapter(State)


def snapshot_indices(kept: Objects) -> list[int]:
    """Return the indices of the entries that snapshots were made at, growing."""
    names = (key.removeprefix(f"{_FOLDER}/") for key in kept.list(_FOLDER))
    return sorted(int(name) for name in names if name.isascii() and name.isdecimal() and len(name) == 12)


def _name(index: int) -> str:
    return f"{_FOLDER}/{index:012d}"
