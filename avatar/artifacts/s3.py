"""Objects in a bucket of S3, or of anything that speaks its protocol with conditional writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from avatar.artifacts.objects import checked, explained
from avatar.errors import StoreError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3.client import S3Client

_ABSENT = {"NoSuchKey", "404", "NotFound"}
_STANDS = {"PreconditionFailed", "412"}
_RACING = {"ConditionalRequestConflict", "409"}  # another writer is at the same key: ask again who won
_TRIES = 5


class S3Objects:
    """Objects below *prefix* in *bucket*. Credentials and endpoint come from boto3's own chain."""

    def __init__(self, bucket: str, prefix: str = "", client: "S3Client | None" = None) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client = client or _client()

    def __repr__(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}"

    def create(self, key: str, source: bytes | Path) -> bool:
        for _ in range(_TRIES):
            with self._explained(f"writing {key}"):
                try:
                    self._put(checked(key), source)
                except self._client.exceptions.ClientError as error:
                    if _code(error) in _STANDS:
                        return _retried(error) and self.read(key) == source
                    if _code(error) in _RACING:
                        continue
                    raise
                return True
        raise StoreError(f"writing {key} to {self!r}: the store stayed busy; run again", code="store.busy")

    def read(self, key: str) -> bytes | None:
        with self._explained(f"reading {key}"):
            try:
                return self._client.get_object(Bucket=self._bucket, Key=self._prefix + checked(key))["Body"].read()
            except self._client.exceptions.ClientError as error:
                if _code(error) in _ABSENT:
                    return None
                raise

    def download(self, key: str, to: Path) -> bool:
        with self._explained(f"reading {key}"):
            try:
                body = self._client.get_object(Bucket=self._bucket, Key=self._prefix + checked(key))["Body"]
            except self._client.exceptions.ClientError as error:
                if _code(error) in _ABSENT:
                    return False
                raise
            with explained(f"copying {key} from {self!r} to {to.parent}"), to.open("wb") as file:
                for piece in body.iter_chunks(1 << 20):
                    file.write(piece)
        return True

    def list(self, prefix: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2")
        with self._explained(f"listing {prefix}"):
            for page in pages.paginate(Bucket=self._bucket, Prefix=f"{self._prefix}{checked(prefix)}/"):
                for found in page.get("Contents", []):
                    yield found["Key"].removeprefix(self._prefix)

    def delete(self, key: str) -> None:
        # Every version of it: in a bucket with versioning a plain deletion only hides what must be gone.
        name = self._prefix + checked(key)
        pages = self._client.get_paginator("list_object_versions")
        with self._explained(f"deleting {key}"):
            for page in pages.paginate(Bucket=self._bucket, Prefix=name):
                for found in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                    if found["Key"] == name:
                        self._client.delete_object(Bucket=self._bucket, Key=name, VersionId=found["VersionId"])

    def _put(self, key: str, source: bytes | Path) -> None:
        # One conditional request; a file is streamed from disk. S3 takes up to 5 GiB this way: hours of video.
        if isinstance(source, bytes):
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + key, Body=source, IfNoneMatch="*")
        else:
            with source.open("rb") as file:
                self._client.put_object(Bucket=self._bucket, Key=self._prefix + key, Body=file, IfNoneMatch="*")

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            raise StoreError(
                f"{doing} in {self!r}: refused with {_code(error)}; check the bucket's name and your permissions",
                code="store.refused",
            ) from error
        except BotoCoreError as error:
            raise StoreError(
                f"{doing} in {self!r}: {error}; check the network, AWS_ENDPOINT_URL and your credentials",
                code="store.unreachable",
            ) from error


def _client() -> "S3Client":
    import boto3
    from botocore.config import Config

    # Standard retries are for weather (timeouts, 5xx); a refusal is raised at once.
    return boto3.client("s3", config=Config(retries={"mode": "standard", "total_max_attempts": 4}))


def _retried(error: "ClientError") -> bool:
    """Return whether botocore asked more than once: then the first, unheard answer may have been yes to ourselves."""
    return error.response.get("ResponseMetadata", {}).get("RetryAttempts", 0) > 0


def _code(error: Exception) -> str:
    response = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", "unknown"))
