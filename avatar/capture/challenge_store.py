"""The encrypted challenge store: challenges, recordings and outcomes under the person's key."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from avatar.artifacts.objects import Objects
from avatar.artifacts.vault import Label, Vault
from avatar.canonical import canonical, digest_of_file
from avatar.capture.challenge import Challenge
from avatar.errors import InputError, StoreError
from avatar.runtime.workdir import private_tempdir

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class ChallengeStore:
    """The objects below ``people/<id>/challenges/<challenge>/``: what an erasure of the person removes with its key."""

    objects: Objects
    vault: Vault

    def put(self, person: str, challenge: str, name: str, record: BaseModel) -> bool:
        """Seal *record* as *name*; return False if there is one already."""
        label = Label(f"challenge-{name}", (person,), challenge)
        return self.objects.create(
            _key(person, challenge, name), self.vault.seal(canonical(record.model_dump(mode="json")), label)
        )

    def get(self, person: str, challenge: str, name: str, kind: type[M]) -> M | None:
        """Return the record *name*, or None."""
        sealed = self.objects.read(_key(person, challenge, name))
        if sealed is None:
            return None
        try:
            return kind.model_validate_json(self.vault.open(sealed, Label(f"challenge-{name}", (person,), challenge)))
        except ValidationError as error:
            sentence = f"the {name} of challenge {challenge[:12]} cannot be read; restore the store from a backup"
            raise StoreError(sentence, code="store.altered") from error

    def put_file(self, person: str, challenge: str, name: str, file: Path) -> None:
        """Seal *file* as *name*, with its digest beside it."""
        digest = digest_of_file(file)
        with private_tempdir() as room:
            sealed = self.vault.seal_file(file, Label(f"challenge-{name}", (person,), digest), room / "sealed")
            self.objects.create(_key(person, challenge, name), sealed)

    def get_file(self, person: str, challenge: str, name: str, digest: str, to: Path) -> Path:
        """Write the file *name* with the sha256 *digest* to the new file *to*, and return *to*."""
        with private_tempdir() as room:
            if not self.objects.download(_key(person, challenge, name), room / "sealed"):
                raise StoreError(f"the {name} of challenge {challenge[:12]} is missing", code="store.missing")
            return self.vault.open_file(room / "sealed", Label(f"challenge-{name}", (person,), digest), to)

    def ask(self, challenge: Challenge) -> None:
        """Keep a new *challenge*. Who it is for is found by its id; both are random, and say nothing of anyone."""
        self.put(challenge.person, challenge.id, "asked", challenge)
        self.objects.create(f"challenges/{challenge.id}", challenge.person.encode())

    def find(self, start: str) -> Challenge:
        """Return the challenge whose id is, or begins with, *start* (eight characters or more).

        Raises:
            InputError: ``capture.unknown``.
        """
        keys = self.objects.list("challenges") if len(start) >= 8 else iter(())
        found = [key for key in keys if key.removeprefix("challenges/").startswith(start)]
        person = self.objects.read(found[0]) if len(found) == 1 else None
        if person is None:
            raise _unknown(start)
        return self.read(person.decode(errors="replace"), found[0].removeprefix("challenges/"))

    def of(self, person: str) -> tuple[Challenge, ...]:
        """Return the challenges of *person*, the newest first."""
        keys = self.objects.list(f"people/{person}/challenges")
        known = [self.read(person, key.split("/")[3]) for key in keys if key.endswith("/asked")]
        return tuple(sorted(known, key=lambda challenge: challenge.asked_at, reverse=True))

    def read(self, person: str, id: str) -> Challenge:
        """Return the challenge *id* of *person*."""
        challenge = self.get(person, id, "asked", Challenge)
        if challenge is None:  # it went with its person
            raise _unknown(id)
        if challenge.id != id or challenge.person != person:
            raise StoreError(f"challenge {id[:12]} was altered in the store", code="store.altered")
        return challenge


def _unknown(start: str) -> InputError:
    return InputError(
        f"there is no challenge {start[:16]!r} here; list them (avatar consent requests)", code="capture.unknown"
    )


def _key(person: str, challenge: str, name: str) -> str:
    return f"people/{person}/challenges/{challenge}/{name}"
