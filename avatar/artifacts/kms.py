"""A keyring for teams: each person's key is wrapped by a key that never leaves AWS KMS."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from avatar.artifacts.keyring import gone, known
from avatar.artifacts.objects import Objects
from avatar.errors import StoreError


class KmsKeyring:
    """Wrapped keys at ``people/<id>/key`` in *objects*; the KMS key *master* (id, ARN or alias) unwraps them.

    Unwrapped keys are kept in memory for as long as the wrapped key stands: a use costs one small read, not a call of
    KMS. A copy of a wrapped key keeps its person readable for whoever may use *master*: leave ``people/*/key`` out of
    backups and replication.
    """

    def __init__(self, objects: Objects, master: str, client: Any = None) -> None:
        self._objects = objects
        self._master = master
        with self._explained("opening KMS"):
            self._client = client or _client()
        self._unwrapped: dict[str, tuple[bytes, bytes]] = {}  # person -> wrapped, plain

    def key_of(self, person: str) -> bytes:
        wrapped = self._objects.read(_name(person))
        if wrapped is None:
            self._unwrapped.pop(person, None)
            raise gone(person)
        before = self._unwrapped.get(person)
        if before is None or before[0] != wrapped:
            before = self._unwrapped[person] = wrapped, self._unwrap(person, wrapped)
        return before[1]

    def make(self, person: str) -> None:
        if self._objects.read(_name(person)) is not None:
            return
        with self._explained(f"making the material key of {person}"):
            made = self._client.generate_data_key(
                KeyId=self._master, KeySpec="AES_256", EncryptionContext={"person": person}
            )
        self._objects.create(_name(person), made["CiphertextBlob"])  # if another process was first, its key is the key

    def destroy(self, person: str) -> None:
        self._objects.delete(_name(person))
        self._unwrapped.pop(person, None)

    def _unwrap(self, person: str, wrapped: bytes) -> bytes:
        with self._explained(f"unwrapping the material key of {person}"):
            # The context is authenticated: one person's wrapped key put in another's place does not unwrap.
            answer = self._client.decrypt(
                KeyId=self._master, CiphertextBlob=wrapped, EncryptionContext={"person": person}
            )
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


def _name(person: str) -> str:
    return f"people/{known(person)}/key"


def _client() -> Any:
    import boto3
    from botocore.config import Config

    return boto3.client("kms", config=Config(retries={"mode": "standard", "total_max_attempts": 4}))
