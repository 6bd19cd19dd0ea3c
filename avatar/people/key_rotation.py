"""Key rotation: re-encrypt a person's material under a new key; exchange the ledger's and checkpoint keys."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from avatar.artifacts.vault import MAX_HEADER_BYTES, Label, generations_in, is_sealed, people_in
from avatar.consent.checkpoint import KEY_FILE as CHECKPOINT_KEY
from avatar.consent.entries import Rekeyed
from avatar.consent.key_succession import make_succession
from avatar.consent.keys import key_at
from avatar.consent.ledger import KEY_FILE, ORIGIN_FILE, Ledger, pseudonym
from avatar.consent.permission import require_role
from avatar.consent.roles import Role
from avatar.consent.tlog_proof import Proof
from avatar.people.people import People
from avatar.runtime.atomic import move, write_text
from avatar.runtime.workdir import private_tempdir

_OTHER_FOLDERS = ("links", "visits")  # sealed objects that are not below their person's folder, nor an artifact's
_SETTLE_TIME_S = 3.0  # seconds: longer than anyone takes from sealing something small to storing it
_ANY_LABEL = Label("object", ())


@dataclass(frozen=True)
class Rotation:
    """Whose key was renewed, and how many objects of the store were sealed anew."""

    person: str
    resealed: int


def rotate(people: People, name: str, tell: Callable[[int, int], None] = lambda *_: None) -> Rotation:
    """Seal everything that shows the person *name* (alias or id) under a new key of theirs, then destroy the old one.

    One that broke off is finished by another: what was sealed anew stays so, and the old key goes only when nothing
    needs it any more. Digests and names stay what they are. *tell* hears how many of how many artifacts are done.
    """
    require_role(people.ledger, Role.APPOINT, "Rotate")
    id, keyring = people.find(name).id, people.vault.keyring
    if len(keyring.generations(id)) == 1:
        keyring.renew(id)
    total = _until_nothing(people, id, tell)
    # What other processes were sealing under the old key when the new one came stands by now: one more look finds it.
    time.sleep(_SETTLE_TIME_S)
    total += _until_nothing(people, id, tell)
    keyring.retire(id)
    return Rotation(id, total)


def rotate_ledger_key(people: People, keys: Path) -> str:
    """Exchange the key in the folder *keys* that signs the ledger's entries, and return the public half of the new one.

    The old one is destroyed. What broke off is finished by another call; other processes have to start anew.
    """
    path, next_path, ledger = keys / KEY_FILE, keys / f"{KEY_FILE}.next", people.ledger
    old, new = key_at(path), key_at(next_path, make=True)
    ledger.rekey(new)
    write_text(keys / ORIGIN_FILE, ledger.read().origin + "\n", durable=True)
    # What people are called stands under names that come from the key.
    everyone = people.all()
    for person in everyone:
        people.objects.create(people.alias_key(person.alias), person.id.encode())
    move(next_path, path, durable=True)
    for person in everyone:
        people.objects.delete(f"aliases/{pseudonym(old, person.alias)}")
    return new.public


def rotate_checkpoint_key(ledger: Ledger, keys: Path) -> Proof:
    """Exchange the key in the folder *keys* that signs checkpoints, and return the proof of that, signed with both.

    Who believed the old key checks the proof with it, and believes the new one.
    """
    require_role(ledger, Role.APPOINT, "Rotate")
    path, next_path = keys / CHECKPOINT_KEY, keys / f"{CHECKPOINT_KEY}.next"
    old, new = key_at(path), key_at(next_path, make=True)
    index = ledger.append(Rekeyed(succession=make_succession("checkpoints", ledger.read().origin, old, new)))
    ledger.checkpoint(new, old)
    proof = ledger.prove(index)
    move(next_path, path, durable=True)
    return proof


def _until_nothing(people: People, id: str, tell: Callable[[int, int], None]) -> int:
    total = 0
    while resealed := _resealed(people, id, tell):
        total += resealed
    return total


def _resealed(people: People, id: str, tell: Callable[[int, int], None]) -> int:
    """Look at everything once, and return how much of it had to be sealed anew."""
    own = [key for key in people.objects.list(f"people/{id}") if not key.startswith(f"people/{id}/shown/")]
    others = (key for folder in _OTHER_FOLDERS for key in people.objects.list(folder))
    count = sum(_reseal(people, id, key) for key in chain(own, others))
    digests = [key.rsplit("/", 1)[-1] for key in people.objects.list(f"people/{id}/shown")]
    for done, digest in enumerate(digests, start=1):
        count += sum(_reseal(people, id, key) for key in _objects_of(people, digest))
        tell(done, len(digests))
    return count


def _objects_of(people: People, digest: str) -> Iterator[str]:
    start = people.objects.start(f"manifests/{digest}", MAX_HEADER_BYTES)
    # Not there (any more); or it shows someone too who was erased, so that nobody can open it.
    if start is not None and not _lost(people, people_in(start, _ANY_LABEL)):
        yield from people.store.objects_of(people.store.look(digest))


def _lost(people: People, shown: tuple[str, ...]) -> bool:
    state = people.ledger.read()
    return any(other in state.people and state.people[other].erased for other in shown)


def _reseal(people: People, id: str, key: str) -> bool:
    """Seal the object at *key* anew, if it shows the person *id* and is not under the newest keys."""
    start = people.objects.start(key, MAX_HEADER_BYTES)
    if start is None or not is_sealed(start):
        return False
    sealed_under = generations_in(start, _ANY_LABEL)
    if id not in sealed_under or sealed_under == people.vault.newest(sealed_under):
        return False
    with private_tempdir() as room:
        return people.objects.download(key, room / "sealed") and people.objects.exchange(
            key, people.vault.reseal_file(room / "sealed", room / "anew")
        )
