"""Renewing the key that a person's material is sealed under, without losing a byte of it on the way."""

from collections.abc import Callable
from dataclasses import dataclass

from avatar.artifacts.vault import HEADER, Label, generations_in, is_sealed, people_in
from avatar.errors import StoreError
from avatar.people import People


@dataclass(frozen=True)
class Rotation:
    """Whose key was renewed, and how many objects of the store were sealed anew."""

    person: str
    resealed: int


def rotate(people: People, name: str, tell: Callable[[int, int], None] = lambda *_: None) -> Rotation:
    """Seal everything that shows the person *name* (alias or id) under a new key of theirs, then destroy the old one.

    One that broke off is finished by another: what was sealed anew stays so, and the old key goes only when nothing
    needs it any more. Digests and names stay what they are. *tell* hears how many of how many artifacts are done.

    Raises:
        StoreError: something is left that cannot be sealed anew; both keys stay.
    """
    id, keyring = people.find(name).id, people.vault.keyring
    if len(keyring.generations(id)) == 1:
        keyring.renew(id)
    total = 0
    # What other processes sealed under the old key before they saw the new one is found by another look.
    while resealed := _card(people, id) + _artifacts(people, id, tell):
        total += resealed
    _refuse_left(people, id)
    keyring.retire(id)
    return Rotation(id, total)


def _artifacts(people: People, id: str, tell: Callable[[int, int], None]) -> int:
    digests, resealed = [key.rsplit("/", 1)[-1] for key in people.objects.list(f"people/{id}/shown")], 0
    for done, digest in enumerate(digests, start=1):
        if not _is_lost(people, digest):
            resealed += people.store.reseal(digest)
        tell(done, len(digests))
    return resealed


def _is_lost(people: People, digest: str) -> bool:
    """Return whether the artifact shows someone who was erased too, so that nobody can open it any more."""
    start, state = people.objects.start(f"manifests/{digest}", HEADER), people.ledger.read()
    shown = people_in(start, Label("manifest", (), digest)) if start is not None else ()
    return any(other in state.people and state.people[other].erased for other in shown)


def _card(people: People, id: str) -> int:
    key, label = f"people/{id}/card", Label("card", (id,))
    data = people.objects.read(key)
    if data is None or generations_in(data, label) == people.vault.newest((id,)):
        return 0
    return int(people.objects.exchange(key, people.vault.seal(people.vault.open(data, label), label)))


def _refuse_left(people: People, id: str) -> None:
    # Whoever seals something new below a person's folder and forgets it here must not lose it by a rotation.
    for key in people.objects.list(f"people/{id}"):
        start = people.objects.start(key, HEADER) or b""
        newest = people.vault.keyring.generations(id)[-1]
        if is_sealed(start) and generations_in(start, Label("object", (id,))).get(id, newest) != newest:
            raise StoreError(
                f"{key} is sealed under the old key of {id} and cannot be sealed anew; both keys stay",
                code="rotation.left",
            )
