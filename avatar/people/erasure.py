"""Erase a person: destroy their key, so that their samples and all that was made from them cannot be read."""

from dataclasses import dataclass

from avatar.consent.entries import Erased
from avatar.consent.permission import require_role
from avatar.consent.roles import Role
from avatar.people.people import People
from avatar.runtime.workdir import reap_stale


@dataclass(frozen=True)
class Erasure:
    """Who was erased, and the sha256 of every published file that shows them: copies outside are not ours to erase."""

    person: str
    published: tuple[str, ...]


def erase(people: People, name: str) -> Erasure:
    """Erase the person with the alias or id *name*, for good. An erasure that broke off is finished by another.

    What shows them together with others becomes unreadable for all of them. The ledger stays whole: it never held more
    than random ids and digests.
    """
    require_role(people.ledger, Role.ERASE, "Erase")
    id = _id_of(people, name)
    # The ledger first: from here on nothing is cleared, published or brought back, whatever happens next.
    if not people.ledger.read().people[id].erased:
        people.withdraw_all(id)
        people.ledger.append(Erased(person=id))
    people.vault.keyring.destroy(id)
    for key in list(people.objects.list(f"people/{id}")):
        people.objects.delete(key)
    (people.keys / f"{id}.key").unlink(missing_ok=True)
    reap_stale()
    # Last, so that the alias still leads to an erasure that broke off.
    for key in [key for key in people.objects.list("aliases") if people.objects.read(key) == id.encode()]:
        people.objects.delete(key)
    published = people.ledger.read().published.items()
    return Erasure(id, tuple(file for file, publication in published if id in publication.people))


def _id_of(people: People, name: str) -> str:
    known = people.ledger.read().people
    if name in known:
        return name
    # What an erasure that broke off left behind: an alias that leads to someone who is erased.
    found = (people.objects.read(people.alias_key(name)) or b"").decode(errors="replace")
    return found if found in known and known[found].erased else people.find(name).id
