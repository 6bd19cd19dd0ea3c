"""The object store in a bucket of S3, or of any server with its protocol and conditional writes."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avatar.artifacts.object_lock import ObjectLock
from avatar.artifacts.objects import as_store_error, validate_key
from avatar.errors import StoreError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3.client import S3Client

_NOT_FOUND_CODES = {"NoSuchKey", "404", "NotFound"}
_EXISTS_CODES = {"PreconditionFailed", "412"}
_CONFLICT_CODES = {"ConditionalRequestConflict", "409"}  # another writer is at the same key: ask again who won
_NO_LOCK_CODES = {"ObjectLockConfigurationNotFoundError", "NotImplemented", "MethodNotAllowed"}
_MAX_ATTEMPTS = 5

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Retention:
    """That a bucket keeps something in this *mode*; *until* is None for what it keeps by default."""

    mode: str
    until: datetime | None = None


class S3Objects:
    """Objects below *prefix* in *bucket*. Credentials and endpoint come from boto3's own chain.

    In a bucket with Object Lock, what *lock* covers is put there to stay.
    """

    def __init__(
        self, bucket: str, prefix: str = "", client: "S3Client | None" = None, *, lock: ObjectLock | None = None
    ) -> None:
        self._lock = lock or ObjectLock()
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client = client or _client()

    def __repr__(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}"

    def create(self, key: str, source: bytes | Path) -> bool:
        for _ in range(_MAX_ATTEMPTS):
            with self._explained(f"writing {key}"):
                try:
                    self._put(validate_key(key), source)
                except self._client.exceptions.ClientError as error:
                    if _code(error) in _EXISTS_CODES:
                        return _retried(error) and self.read(key) == source
                    if _code(error) in _CONFLICT_CODES:
                        continue
                    raise
                return True
        raise StoreError(f"writing {key} to {self!r}: the store stayed busy; run again", code="store.busy")

    def read(self, key: str) -> bytes | None:
        with self._explained(f"reading {key}"):
            try:
                return self._client.get_object(Bucket=self._bucket, Key=self._prefix + validate_key(key))["Body"].read()
            except self._client.exceptions.ClientError as error:
                if _code(error) in _NOT_FOUND_CODES:
                    return None
                raise

    def download(self, key: str, to: Path) -> bool:
        with self._explained(f"reading {key}"):
            try:
                body = self._client.get_object(Bucket=self._bucket, Key=self._prefix + validate_key(key))["Body"]
            except self._client.exceptions.ClientError as error:
                if _code(error) in _NOT_FOUND_CODES:
                    return False
                raise
            with as_store_error(f"copying {key} from {self!r} to {to.parent}"), to.open("wb") as file:
                for piece in body.iter_chunks(1 << 20):
                    file.write(piece)
        return True

    def list(self, prefix: str) -> Iterator[str]:
        return (key for key, _ in self.dated(prefix))

    def dated(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        pages = self._client.get_paginator("list_objects_v2")
        with self._explained(f"listing {prefix}"):
            for page in pages.paginate(Bucket=self._bucket, Prefix=f"{self._prefix}{validate_key(prefix)}/"):
                for found in page.get("Contents", []):
                    yield found["Key"].removeprefix(self._prefix), found["LastModified"]

    def start(self, key: str, size: int) -> bytes | None:
        with self._explained(f"reading {key}"):
            try:
                answer = self._client.get_object(
                    Bucket=self._bucket, Key=self._prefix + validate_key(key), Range=f"bytes=0-{size - 1}"
                )
            except self._client.exceptions.ClientError as error:
                if _code(error) in _NOT_FOUND_CODES:
                    return None
                if _code(error) == "InvalidRange":  # it has no bytes at all
                    return b""
                raise
            return answer["Body"].read()

    def exchange(self, key: str, source: bytes | Path) -> bool:
        name = self._prefix + validate_key(key)
        for _ in range(_MAX_ATTEMPTS):
            with self._explained(f"exchanging {key}"):
                try:
                    before = self._client.head_object(Bucket=self._bucket, Key=name)
                    self._upload(name, source, IfMatch=before["ETag"])
                except self._client.exceptions.ClientError as error:
                    if _code(error) in _NOT_FOUND_CODES:
                        return False
                    if (
                        _code(error) in _EXISTS_CODES | _CONFLICT_CODES
                    ):  # exchanged by another meanwhile, or by our own first try
                        continue
                    raise
                self._delete_older(key)
                return True
        raise StoreError(f"exchanging {key} in {self!r}: the store stayed busy; run again", code="store.busy")

    def delete(self, key: str) -> None:
        # Every version of it: in a bucket with versioning a plain deletion only hides what must be gone.
        name = self._prefix + validate_key(key)
        pages = self._client.get_paginator("list_object_versions")
        with self._explained(f"deleting {key}"):
            for page in pages.paginate(Bucket=self._bucket, Prefix=name):
                for found in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                    if found["Key"] == name:
                        self._delete_version(key, found["VersionId"])

    @cached_property
    def lockable(self) -> bool:
        """Whether the bucket has Object Lock. It can only get it for good, so asking once is enough."""
        return self._lock_configuration is not None

    @property
    def default_retention(self) -> Retention | None:
        """What the bucket does with objects that nobody asked it to keep."""
        found = ((self._lock_configuration or {}).get("Rule") or {}).get("DefaultRetention") or {}
        return Retention(found["Mode"].lower()) if found else None

    def retention(self, key: str) -> Retention | None:
        """Return how the bucket keeps the object at *key*, or None if anyone who may write here can delete it."""
        with self._explained(f"asking for {key}"):
            found = self._client.head_object(Bucket=self._bucket, Key=self._prefix + validate_key(key))
        mode = found.get("ObjectLockMode")
        return Retention(mode.lower(), found["ObjectLockRetainUntilDate"]) if mode else None

    def changed(self, prefix: str) -> Iterator[str]:
        """Yield the keys under the folder *prefix* at which more happened than one creation: replaced, or hidden."""
        pages = self._client.get_paginator("list_object_versions")
        with self._explained(f"listing {prefix}"):
            seen = set()
            for page in pages.paginate(Bucket=self._bucket, Prefix=f"{self._prefix}{validate_key(prefix)}/"):
                for version in page.get("Versions", []):
                    if version["Key"] in seen:
                        yield version["Key"].removeprefix(self._prefix)
                    seen.add(version["Key"])
                for marker in page.get("DeleteMarkers", []):
                    yield marker["Key"].removeprefix(self._prefix)

    @cached_property
    def _lock_configuration(self) -> Any:
        with self._explained("asking for Object Lock"):
            try:
                answer = self._client.get_object_lock_configuration(Bucket=self._bucket)
            except self._client.exceptions.ClientError as error:
                if _code(error) == "AccessDenied":
                    _log.warning("may not ask whether the bucket has Object Lock (s3:GetBucketObjectLockConfiguration)")
                elif _code(error) not in _NO_LOCK_CODES:
                    raise
                return None
        found = answer.get("ObjectLockConfiguration", {})
        return found if found.get("ObjectLockEnabled") == "Enabled" else None

    def _put(self, key: str, source: bytes | Path) -> None:
        # One conditional request; a file is streamed from disk. S3 takes up to 5 GiB this way: hours of video.
        said: dict[str, Any] = {"IfNoneMatch": "*"}
        if self._lock.covers(key) and self.lockable:
            # A lock is only taken together with a checksum of what it locks.
            said |= {"ObjectLockMode": self._lock.mode.upper(), "ObjectLockRetainUntilDate": self._lock.until}
            said |= {"ChecksumAlgorithm": "SHA256"}
        self._upload(self._prefix + key, source, **said)

    def _upload(self, name: str, source: bytes | Path, **said: Any) -> None:
        if isinstance(source, bytes):
            self._client.put_object(Bucket=self._bucket, Key=name, Body=source, **said)
        else:
            with source.open("rb") as file:
                self._client.put_object(Bucket=self._bucket, Key=name, Body=file, **said)

    def _delete_older(self, key: str) -> None:
        # What was sealed under a key that is to be destroyed must not stay behind as an older version.
        name = self._prefix + key
        for page in self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=name):
            for found in page.get("Versions", []):
                if found["Key"] == name and not found["IsLatest"]:
                    self._delete_version(key, found["VersionId"])

    def _delete_version(self, key: str, version: str) -> None:
        try:
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key, VersionId=version)
        except self._client.exceptions.ClientError as error:
            if _code(error) != "AccessDenied" or not self.lockable:
                raise
            raise StoreError(
                f"deleting {key} in {self!r}: Object Lock keeps it, or you may not delete (avatar ledger lock-status)",
                code="store.locked",
            ) from error

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
