"""Making a person unreadable: their samples, all that was made from them, and what they are called here."""

from dataclasses import dataclass

from avatar.consent.entries import Erased
from avatar.people import People
from avatar.rooms import sweep


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
    aliases = _aliases(people)
    id = _id_of(people, name, aliases)
    # The ledger first: from here on nothing is cleared, published or brought back, whatever happens next.
    if not people.ledger.read().people[id].erased:
        people.withdraw_all(id)
        people.ledger.append(Erased(person=id))
    people.vault.keyring.destroy(id)
    for key in list(people.objects.list(f"people/{id}")):
        people.objects.delete(key)
    for alias in (alias for alias, leads_to in aliases.items() if leads_to == id):
        people.objects.delete(f"aliases/{alias}")
    (people.keys / f"{id}.key").unlink(missing_ok=True)
    sweep()
    published = people.ledger.read().published.items()
    return Erasure(id, tuple(file for file, publication in published if id in publication.people))


def _aliases(people: People) -> dict[str, str]:
    keys = list(people.objects.list("aliases"))
    return {key.removeprefix("aliases/"): (people.objects.read(key) or b"").decode(errors="replace") for key in keys}


def _id_of(people: People, name: str, aliases: dict[str, str]) -> str:
    known = people.ledger.read().people
    if name in known:
        return name
    left = known.get(aliases.get(name, ""))
    return aliases[name] if left and left.erased else people.find(name).id
