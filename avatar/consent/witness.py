"""A witness (C2SP tlog-witness): cosigns a checkpoint only if it extends the last one it saw."""

import base64
import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from avatar.artifacts.objects import Objects
from avatar.consent import checkpoint as checkpoints
from avatar.consent.checkpoint import Checkpoint, read_checkpoint
from avatar.consent.entries import Rekeyed, read_entry
from avatar.consent.key_succession import Succession, linked_keys
from avatar.consent.keys import Key
from avatar.consent.merkle import EMPTY_ROOT, Tree, verify_consistency
from avatar.consent.signed_note import Note, NoteKey, NoteKeyKind, NoteSignature, cosign, decode_base64, signed_by
from avatar.errors import InputError, LedgerError
from avatar.runtime.atomic import make_folder, write_text


class _Memory(BaseModel):
    """What a witness has seen: the largest *size* and the *root* there (base64), of the ledger that *log* signs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    log: str
    size: int = Field(ge=0)
    root: str


class Witness:
    """Keeps its memory in the file *state*, which nobody who can write the ledger should be able to write.

    One witness follows one ledger, signed by *log*; pointing it at another is refused.
    """

    def __init__(self, state: Path, key: Key, log: NoteKey) -> None:
        self._state = state
        self._key = key
        self._log = log

    @property
    def name(self) -> str:
        return witness_key(self._key).name

    @property
    def size(self) -> int:
        """The largest size seen so far."""
        return self._read().size

    def cosign(self, old: int, path: Sequence[bytes], note: Note, at: datetime) -> NoteSignature:
        """Return the cosignature of the checkpoint *note*, given the proof *path* that it continues size *old*.

        Raises:
            LedgerError: it does not continue what this witness saw, or is not signed by the ledger.
        """
        with self._alone():
            seen, checkpoint = self._read(), read_checkpoint(note)
            if not signed_by(note, self._log) or checkpoint.origin != self._log.name:
                raise LedgerError(f"this checkpoint is not signed by {self._log.name}", code="witness.unsigned")
            if checkpoint.size < seen.size:
                raise LedgerError(
                    f"the ledger had {seen.size} entries when last seen, and now shows {checkpoint.size}: "
                    "it was rolled back",
                    code="witness.rolled-back",
                )
            if old != seen.size:
                raise LedgerError(f"give a proof from size {seen.size}, not {old}", code="witness.other-size")
            if not verify_consistency(old, decode_base64(seen.root), checkpoint.size, checkpoint.root, path):
                raise LedgerError(
                    f"the ledger of {checkpoint.size} entries is not a continuation of the {seen.size} seen before: "
                    "its past was changed, or it shows different people different ledgers",
                    code="witness.split-view",
                )
            # Remembered before it is said: a witness that forgets what it signed could sign something else.
            self._write(checkpoint)
            return cosign(note.text, self.name, self._key, at)

    def follow(self, note: Note, successions: Sequence[Succession]) -> None:
        """Go on with the key that signed *note*, if the one that was followed so far gave way to it."""
        for key in linked_keys(self._log.public, successions):
            log = NoteKey(self._log.name, key)
            if log != self._log and signed_by(note, log):
                with self._alone():
                    memory = self._read()
                    self._log = log
                    self._keep(memory.model_copy(update={"log": str(log)}))
                return

    def _read(self) -> _Memory:
        if not self._state.exists():
            return _Memory(log=str(self._log), size=0, root=base64.b64encode(EMPTY_ROOT).decode())
        try:
            memory = _Memory.model_validate_json(self._state.read_bytes())
        except ValidationError as error:
            raise LedgerError(
                f"the witness's memory {self._state} is damaged; do not start a new one before someone has compared "
                "the ledger with its published checkpoints",
                code="witness.damaged",
            ) from error
        if memory.log != str(self._log):
            raise LedgerError(f"this witness follows {memory.log}, not {self._log}", code="witness.other-ledger")
        return memory

    def _write(self, checkpoint: Checkpoint) -> None:
        root = base64.b64encode(checkpoint.root).decode()
        self._keep(_Memory(log=str(self._log), size=checkpoint.size, root=root))

    def _keep(self, memory: _Memory) -> None:
        write_text(self._state, memory.model_dump_json(indent=2) + "\n", durable=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        # Two at once could both pass the check, and the later one would then write the smaller size.
        make_folder(self._state.parent, durable=True)
        with self._state.with_name(f"{self._state.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def witness_key(key: Key) -> NoteKey:
    """Return what others must believe in order to believe the witness that signs with *key*."""
    return NoteKey(f"avatar-witness/{key.public[:16]}", key.public, NoteKeyKind.COSIGNATURE)


def followed_log(state: Path) -> str | None:
    """Return the verifier key of the ledger that the witness with the memory *state* follows, or None if it is new."""
    try:
        return _Memory.model_validate_json(state.read_bytes()).log
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise LedgerError(f"the witness's memory {state} is damaged", code="witness.damaged") from error


def cosign_newest(objects: Objects, witness: Witness, at: datetime) -> tuple[Checkpoint, NoteSignature]:
    """Have *witness* cosign the newest checkpoint in *objects*, and keep the cosignature there.

    The proof is made from the entries as they stand, so an altered or missing entry is seen here too.
    """
    note = checkpoints.newest_checkpoint(objects)
    if note is None:
        raise InputError("there is no checkpoint to witness (avatar ledger checkpoint)", code="ledger.no-checkpoint")
    checkpoint, old, tree, successions = read_checkpoint(note), witness.size, Tree(), []
    for name in objects.list("ledger/entries"):
        if tree.size == checkpoint.size:
            break
        tree.append(data := objects.read(name) or b"")
        if b'"kind":"rekeyed"' in data and isinstance(fact := read_entry(data).fact, Rekeyed):
            successions.append(fact.succession)
    if tree.size != checkpoint.size or tree.root() != checkpoint.root:
        raise LedgerError(
            f"the entries in the store are not those of its checkpoint of {checkpoint.size}", code="witness.split-view"
        )
    witness.follow(note, successions)
    path = tree.consistency(old, checkpoint.size) if old <= checkpoint.size else []
    cosignature = witness.cosign(old, path, note, at)
    checkpoints.store_cosignature(objects, checkpoint.size, cosignature)
    return checkpoint, cosignature
