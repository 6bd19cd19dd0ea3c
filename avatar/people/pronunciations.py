"""Each person's own pronunciations (of their name above all), used in every production with them."""

import json
from dataclasses import dataclass

from pydantic import ValidationError

from avatar.artifacts.objects import Objects
from avatar.artifacts.vault import Label, Vault
from avatar.canonical import canonical
from avatar.consent.ledger import Ledger
from avatar.consent.permission import require_role
from avatar.consent.roles import Role
from avatar.errors import StoreError
from avatar.voices.text.glossary import Glossary, dump_glossary, parse_glossary


@dataclass(frozen=True)
class Pronunciations:
    """The glossary of each person, sealed under their key: an erasure takes it along."""

    objects: Objects
    vault: Vault
    ledger: Ledger

    def of(self, person: str) -> Glossary:
        """Return the newest glossary of the *person* with this id."""
        kept = list(self.objects.list(_folder(person)))
        sealed = self.objects.read(kept[-1]) if kept else None
        if sealed is None:
            return {}
        try:
            return parse_glossary(json.loads(self.vault.open(sealed, Label("glossary", (person,)))))
        except ValidationError as error:
            raise StoreError(
                f"the glossary of {person} cannot be read; set it again (avatar glossary)", code="store.altered"
            ) from error

    def set(self, person: str, glossary: Glossary) -> None:
        """Let *glossary* be the one of the *person* with this id from now on."""
        require_role(self.ledger, Role.ENROLL, "Glossary")
        sealed = self.vault.seal(canonical(dump_glossary(glossary)), Label("glossary", (person,)))
        number = len(list(self.objects.list(_folder(person))))
        while not self.objects.create(f"{_folder(person)}/{number:06d}", sealed):
            number += 1


def _folder(person: str) -> str:
    return f"people/{person}/glossary"
