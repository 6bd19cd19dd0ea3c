"""A flat space of immutable objects: the same promises on a folder and on S3."""

import errno
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.artifacts.objects import FolderObjects, validate_key
from avatar.artifacts.s3 import S3Objects
from avatar.errors import StoreError

WRITERS = 12


def test_what_is_created_can_be_read(objects):
    assert objects.create("blobs/a", b"one")

    assert objects.read("blobs/a") == b"one"


def test_what_is_not_there_reads_as_nothing(objects, tmp_path):
    assert objects.read("blobs/a") is None
    assert not objects.download("blobs/a", tmp_path / "a")
    assert list(objects.list("blobs")) == []


def test_creating_never_overwrites(objects):
    assert objects.create("blobs/a", b"one")
    assert not objects.create("blobs/a", b"two")

    assert objects.read("blobs/a") == b"one"


def test_of_many_who_create_at_once_exactly_one_wins(objects):
    together = Barrier(WRITERS)

    def create(number: int) -> bool:
        together.wait()
        return objects.create("ledger/entries/0", str(number).encode() * 1000)

    with ThreadPoolExecutor(WRITERS) as pool:
        won = list(pool.map(create, range(WRITERS)))

    assert won.count(True) == 1
    assert objects.read("ledger/entries/0") == str(won.index(True)).encode() * 1000


def test_files_go_in_and_come_out_whole(objects, tmp_path):
    given_file = tmp_path / "given"
    given_file.write_bytes(os.urandom(3 << 20))

    assert objects.create("blobs/a", given_file)
    assert objects.download("blobs/a", tmp_path / "taken")

    assert (tmp_path / "taken").read_bytes() == given_file.read_bytes()


def test_a_download_replaces_what_was_there(objects, tmp_path):
    objects.create("blobs/a", b"one")
    (tmp_path / "taken").write_bytes(b"something longer")

    assert objects.download("blobs/a", tmp_path / "taken")
    assert (tmp_path / "taken").read_bytes() == b"one"


def test_keys_are_listed_in_order_and_only_below_the_folder(objects):
    for key in ("people/b/card", "people/a/card", "people/a/shown/x", "peoples/c", "blobs/a"):
        objects.create(key, b"")

    assert list(objects.list("people")) == ["people/a/card", "people/a/shown/x", "people/b/card"]
    assert list(objects.list("people/a")) == ["people/a/card", "people/a/shown/x"]


def test_deleting_is_harmless_twice(objects):
    objects.create("blobs/a", b"one")
    objects.delete("blobs/a")
    objects.delete("blobs/a")

    assert objects.read("blobs/a") is None


def test_the_start_of_an_object_can_be_read(objects):
    objects.create("blobs/a", b"one two")
    objects.create("blobs/b", b"")

    assert objects.start("blobs/a", 3) == b"one"
    assert objects.start("blobs/a", 99) == b"one two"
    assert objects.start("blobs/b", 3) == b""
    assert objects.start("blobs/c", 3) is None


def test_objects_are_listed_with_the_time_they_were_written(objects):
    before = datetime.now(UTC).replace(microsecond=0)
    for key in ("blobs/b", "blobs/a"):
        objects.create(key, b"")

    found = dict(objects.dated("blobs"))
    assert list(found) == ["blobs/a", "blobs/b"]
    assert all(before - timedelta(seconds=2) <= at <= datetime.now(UTC) + timedelta(seconds=2) for at in found.values())


def test_only_what_stands_is_exchanged(objects, tmp_path):
    objects.create("blobs/a", b"one")
    (tmp_path / "given").write_bytes(b"three")

    assert objects.exchange("blobs/a", b"two")
    assert objects.read("blobs/a") == b"two"
    assert objects.exchange("blobs/a", tmp_path / "given")
    assert objects.read("blobs/a") == b"three"
    assert not objects.exchange("blobs/b", b"two")
    assert objects.read("blobs/b") is None


def test_an_exchange_leaves_no_older_version_in_a_versioned_bucket(s3_endpoint):
    import boto3

    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="exchanging")
    objects = S3Objects("exchanging", "x")
    objects.create("a", b"before there were versions")
    s3.put_bucket_versioning(Bucket="exchanging", VersioningConfiguration={"Status": "Enabled"})
    objects.exchange("a", b"one")
    objects.exchange("a", b"two")

    (left,) = s3.list_object_versions(Bucket="exchanging")["Versions"]
    assert s3.get_object(Bucket="exchanging", Key="x/a", VersionId=left["VersionId"])["Body"].read() == b"two"


@pytest.mark.parametrize(
    "key",
    ["../a", "a/../b", "/etc/passwd", "a//b", "", "a/", ".drafts/a", "a/.b", "A", "a b", "a\nb", "a\n", "a\\b"],
)
def test_keys_that_leave_the_store_are_refused(objects, key, tmp_path):
    for use in (
        objects.read,
        objects.delete,
        lambda k: objects.create(k, b""),
        lambda k: objects.exchange(k, b""),
        lambda k: objects.start(k, 1),
        lambda k: list(objects.list(k)),
        lambda k: list(objects.dated(k)),
    ):
        with pytest.raises(StoreError, match="malformed") as refusal:
            use(key)
        assert refusal.value.code == "store.key"
    with pytest.raises(StoreError, match="malformed"):
        objects.download(key, tmp_path / "taken")


@given(st.text(st.sampled_from("ab./-_\\~\0"), max_size=12))
def test_no_key_that_is_let_through_leaves_the_store(key):
    try:
        validate_key(key)
    except StoreError:
        return
    root = Path("/srv/store")
    assert Path(os.path.normpath(root / key)).is_relative_to(root)
    assert Path(os.path.normpath(root / key)) != root


def test_a_full_disk_leaves_nothing_half_written_and_says_so(tmp_path, monkeypatch):
    objects = FolderObjects(tmp_path / "store")
    source = tmp_path / "given"
    source.write_bytes(b"some sound")

    def full(source, target, *_):
        target.write(b"so")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(StoreError, match="the disk is full; free some space and run again") as refusal:
        objects.create("blobs/a", source)

    assert refusal.value.code == "store.full"
    assert objects.read("blobs/a") is None
    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == []


def test_a_disk_that_fills_up_at_the_last_moment_leaves_nothing_either(tmp_path, monkeypatch):
    objects = FolderObjects(tmp_path / "store")

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="full"):
        objects.create("blobs/a", b"one")

    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == []


def test_a_folder_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "store").write_text("a file where the store should be")

    with pytest.raises(StoreError, match="check the folder and its permissions") as refusal:
        FolderObjects(tmp_path / "store").create("blobs/a", b"one")
    assert refusal.value.code == "store.io"


def test_a_bucket_that_refuses_says_what_to_check(s3_endpoint):
    objects = S3Objects("no-such-bucket", "x")

    for use in (lambda: objects.create("a", b""), lambda: list(objects.list("a"))):
        with pytest.raises(StoreError, match="check the bucket's name and your permissions") as refusal:
            use()
        assert refusal.value.code == "store.refused"


def test_a_missing_bucket_is_not_taken_for_an_empty_one(s3_endpoint, tmp_path):
    objects = S3Objects("no-such-bucket", "x")

    with pytest.raises(StoreError, match="NoSuchBucket"):
        objects.read("a")
    with pytest.raises(StoreError, match="NoSuchBucket"):
        objects.download("a", tmp_path / "a")


def test_a_server_that_is_not_there_says_what_to_check(s3_endpoint):
    import boto3
    from botocore.config import Config

    nowhere = boto3.client("s3", endpoint_url="http://127.0.0.1:9", config=Config(retries={"total_max_attempts": 1}))

    with pytest.raises(StoreError, match="check the network, AWS_ENDPOINT_URL and your credentials") as refusal:
        S3Objects("any", client=nowhere).read("a")
    assert refusal.value.code == "store.unreachable"


def test_an_answer_that_was_lost_on_the_way_is_asked_for_again(s3_endpoint):
    """A first attempt may have been written though nobody heard: the retry is then refused by our own object."""
    from tests.conftest import BUCKET

    objects = S3Objects(BUCKET, "lost-answer")
    objects.create("ledger/0", b"ours")
    client = objects._client

    def refused_at_the_second_attempt(**_):
        raise client.exceptions.ClientError(
            {"Error": {"Code": "PreconditionFailed"}, "ResponseMetadata": {"RetryAttempts": 1}}, "PutObject"
        )

    client.put_object = refused_at_the_second_attempt
    assert objects.create("ledger/0", b"ours")
    assert not objects.create("ledger/0", b"theirs")


@pytest.mark.slow
def test_large_files_stream(tmp_path):
    """200 MB pass through a folder store without being held in memory."""
    import tracemalloc

    source = tmp_path / "large"
    with source.open("wb") as file:
        file.truncate(200 << 20)
    objects = FolderObjects(tmp_path / "store")

    tracemalloc.start()
    objects.create("blobs/a", source)
    objects.download("blobs/a", tmp_path / "taken")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (tmp_path / "taken").stat().st_size == 200 << 20
    assert peak < 16 << 20


@pytest.mark.slow
def test_large_files_stream_to_a_bucket(s3_endpoint, tmp_path):
    import tracemalloc

    from tests.conftest import BUCKET

    source = tmp_path / "large"
    with source.open("wb") as file:
        file.truncate(100 << 20)
    objects = S3Objects(BUCKET, "large")
    objects.read("warm")

    tracemalloc.start()
    objects.create("blobs/a", source)
    objects.download("blobs/a", tmp_path / "taken")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (tmp_path / "taken").stat().st_size == 100 << 20
    assert peak < 32 << 20
