"""A keyring in AWS KMS: each person's key is wrapped by a key that never leaves KMS."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from avatar.artifacts.keyring import derive_naming_key, missing_key_error, retired_key_error, validate_person_id
from avatar.artifacts.objects import Objects
from avatar.errors import ConsentError, StoreError


class KmsKeyring:
    """Wrapped keys below ``people/<id>/`` in *objects*; the KMS key *master* (id, ARN or alias) wraps and unwraps them.

    The first generation stands at ``key``, later ones at ``keys/<generation>``. *before* are KMS keys that wrapped keys
    may still be wrapped by: they are tried after *master*, until ``rewrap`` was run.

    Unwrapped keys are kept in memory for as long as the wrapped key stands: a use costs one small read, not a call of
    KMS. A copy of a wrapped key keeps its person readable for whoever may use *master*: leave ``people/*/key*`` out of
    backups and replication.
    """

    def __init__(self, objects: Objects, master: str, before: tuple[str, ...] = (), client: Any = None) -> None:
        self._objects = objects
        self._masters = (master, *before)
        with self._explained("opening KMS"):
            self._client = client or _client()
        self._unwrapped: dict[str, tuple[bytes, bytes]] = {}  # name in the store -> wrapped, plain
        self._naming: dict[str, bytes] = {}  # by person

    def generations(self, person: str) -> tuple[int, ...]:
        found = self._found(person)
        if not found:
            raise missing_key_error(person)
        return found

    def key_of(self, person: str, generation: int) -> bytes:
        try:
            return self._unwrap(person, _name(person, generation), _context(person, generation))
        except ConsentError:
            if self._found(person):
                raise retired_key_error(person) from None
            raise

    def naming_key_of(self, person: str) -> bytes:
        if person not in self._naming:  # it opens nothing: remembering it does no harm
            name = _naming(person)
            stands = self._objects.read(name) is not None
            self._naming[person] = (
                self._unwrap(person, name, _naming_context(person))
                if stands
                else derive_naming_key(self.key_of(person, 1))
            )
        return self._naming[person]

    def make(self, person: str) -> None:
        if not self._found(person):
            self._generate(person, 1)

    def renew(self, person: str) -> None:
        newest = self.generations(person)[-1]
        # Before anything is sealed under the next generation: the first one, which it comes from, will be gone.
        with self._explained(f"keeping the naming key of {person}"):
            wrapped = self._client.encrypt(
                KeyId=self._masters[0],
                Plaintext=self.naming_key_of(person),
                EncryptionContext=_naming_context(person),
            )
        self._objects.create(_naming(person), wrapped["CiphertextBlob"])
        self._generate(person, newest + 1)

    def retire(self, person: str) -> None:
        for generation in self._found(person)[:-1]:
            self._delete(_name(person, generation))

    def destroy(self, person: str) -> None:
        for generation in self._found(person):
            self._delete(_name(person, generation))
        self._delete(_naming(person))
        self._naming.pop(person, None)

    def rewrap(self, person: str) -> None:
        """Have KMS wrap every key of *person* with the present master alone. No key is seen outside of KMS."""
        wrapped = {_name(person, number): _context(person, number) for number in self._found(person)}
        wrapped[_naming(person)] = _naming_context(person)
        for name, context in wrapped.items():
            before = self._objects.read(name)
            if before is None:
                continue
            with self._explained(f"wrapping the material key of {person} anew"):
                after = self._client.re_encrypt(
                    CiphertextBlob=before,
                    SourceEncryptionContext=context,
                    DestinationKeyId=self._masters[0],
                    DestinationEncryptionContext=context,
                )
            self._objects.exchange(name, after["CiphertextBlob"])

    def _found(self, person: str) -> tuple[int, ...]:
        first = (1,) if self._objects.read(_name(person, 1)) is not None else ()
        later = (name.rsplit("/", 1)[-1] for name in self._objects.list(f"people/{validate_person_id(person)}/keys"))
        return (*first, *sorted(int(number) for number in later if number.isdecimal()))

    def _generate(self, person: str, generation: int) -> None:
        with self._explained(f"making the material key of {person}"):
            made = self._client.generate_data_key(
                KeyId=self._masters[0], KeySpec="AES_256", EncryptionContext=_context(person, generation)
            )
        # If another process was first, its key is the key.
        self._objects.create(_name(person, generation), made["CiphertextBlob"])

    def _delete(self, name: str) -> None:
        self._objects.delete(name)
        self._unwrapped.pop(name, None)

    def _unwrap(self, person: str, name: str, context: dict[str, str]) -> bytes:
        wrapped = self._objects.read(name)
        if wrapped is None:
            self._unwrapped.pop(name, None)
            raise missing_key_error(person)
        before = self._unwrapped.get(name)
        if before is None or before[0] != wrapped:
            before = self._unwrapped[name] = wrapped, self._decrypt(person, wrapped, context)
        return before[1]

    def _decrypt(self, person: str, wrapped: bytes, context: dict[str, str]) -> bytes:
        with self._explained(f"unwrapping the material key of {person}"):
            for master in self._masters[:-1]:
                try:
                    return self._asked(master, wrapped, context)
                except self._client.exceptions.ClientError:
                    continue  # wrapped by another; what the last one says is said aloud
            return self._asked(self._masters[-1], wrapped, context)

    def _asked(self, master: str, wrapped: bytes, context: dict[str, str]) -> bytes:
        # The context is authenticated: one person's wrapped key put in another's place does not unwrap.
        answer = self._client.decrypt(KeyId=master, CiphertextBlob=wrapped, EncryptionContext=context)
        plain: bytes = answer["Plaintext"]
        return plain

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown")
            raise StoreError(
                f"{doing}: KMS refused with {code}; check AVATAR_KMS_KEY and your permissions to use it",
                code="keys.refused",
            ) from error
        except BotoCoreError as error:
            raise StoreError(
                f"{doing}: {error}; check the network, AWS_ENDPOINT_URL and your credentials", code="keys.unreachable"
            ) from error


def _name(person: str, generation: int) -> str:
    return (
        f"people/{validate_person_id(person)}/keys/{generation}"
        if generation > 1
        else f"people/{validate_person_id(person)}/key"
    )


def _naming(person: str) -> str:
    return f"people/{validate_person_id(person)}/naming"


def _context(person: str, generation: int) -> dict[str, str]:
    return {"person": person, "generation": str(generation)} if generation > 1 else {"person": person}


def _naming_context(person: str) -> dict[str, str]:
    return {"person": person, "for": "naming"}


def _client() -> Any:
    import boto3
    from botocore.config import Config

    return boto3.client("kms", config=Config(retries={"mode": "standard", "total_max_attempts": 4}))
