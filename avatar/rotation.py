"""Renewing the key that a person's material is sealed under, without losing a byte of it on the way."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from avatar.artifacts.vault import HEADER, Label, generations_in, is_sealed, people_in
from avatar.people import People
from avatar.rooms import private_room

_ELSEWHERE = ("links", "visits")  # sealed objects that are not below their person's folder, nor an artifact's
_ANY = Label("object", ())


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
    id, keyring = people.find(name).id, people.vault.keyring
    if len(keyring.generations(id)) == 1:
        keyring.renew(id)
    total = 0
    # What other processes sealed under the old key before they saw the new one is found by another look.
    while resealed := _resealed(people, id, tell):
        total += resealed
    keyring.retire(id)
    return Rotation(id, total)


def _resealed(people: People, id: str, tell: Callable[[int, int], None]) -> int:
    """Look at everything once, and return how much of it had to be sealed anew."""
    own = [key for key in people.objects.list(f"people/{id}") if not key.startswith(f"people/{id}/shown/")]
    others = (key for folder in _ELSEWHERE for key in people.objects.list(folder))
    count = sum(_reseal(people, id, key) for key in chain(own, others))
    digests = [key.rsplit("/", 1)[-1] for key in people.objects.list(f"people/{id}/shown")]
    for done, digest in enumerate(digests, start=1):
        count += sum(_reseal(people, id, key) for key in _objects_of(people, digest))
        tell(done, len(digests))
    return count


def _objects_of(people: People, digest: str) -> Iterator[str]:
    start = people.objects.start(f"manifests/{digest}", HEADER)
    # Not there (any more); or it shows someone too who was erased, so that nobody can open it.
    if start is not None and not _lost(people, people_in(start, _ANY)):
        yield from people.store.objects_of(people.store.look(digest))


def _lost(people: People, shown: tuple[str, ...]) -> bool:
    state = people.ledger.read()
    return any(other in state.people and state.people[other].erased for other in shown)


def _reseal(people: People, id: str, key: str) -> bool:
    """Seal the object at *key* anew, if it shows the person *id* and is not under the newest keys."""
    start = people.objects.start(key, HEADER)
    if start is None or not is_sealed(start):
        return False
    sealed_under = generations_in(start, _ANY)
    if id not in sealed_under or sealed_under == people.vault.newest(sealed_under):
        return False
    with private_room() as room:
        return people.objects.download(key, room / "sealed") and people.objects.exchange(
            key, people.vault.reseal_file(room / "sealed", room / "anew")
        )
