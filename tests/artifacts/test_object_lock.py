"""A bucket with Object Lock keeps the ledger; one without works as ever and says so."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from avatar.artifacts.object_lock import ObjectLock
from avatar.artifacts.object_lock_status import lock_status
from avatar.artifacts.objects import FolderObjects
from avatar.artifacts.s3 import S3Objects
from avatar.cli.main import app
from avatar.consent.entries import Refused
from avatar.consent.keys import new_key
from avatar.errors import LedgerError, StoreError
from avatar.testing.world import World

ENTRY, CHECKPOINT = "ledger/entries/000000000000", "ledger/checkpoints/000000000002"


def bucket(*, locking: bool = True, default: bool = False) -> str:
    name, s3 = f"locking-{uuid4().hex}", boto3.client("s3")
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=locking)
    if default:
        rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
        s3.put_object_lock_configuration(
            Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
        )
    return name


@pytest.fixture(params=["governance", "compliance"])
def locking(request, s3_endpoint, tmp_path) -> World:
    """A world in a bucket with Object Lock: two entries and a checkpoint."""
    world = World(tmp_path, S3Objects(bucket(), "main", lock=ObjectLock(30, request.param)))
    world.ledger.append(Refused(code="a.b", request="Test"))
    world.ledger.checkpoint(new_key())
    return world


def status(objects) -> list[str]:
    return list(lock_status(objects, lambda *_: None).words)


def test_entries_and_checkpoints_are_locked_for_as_long_as_the_setting_says(locking):
    for key in (ENTRY, CHECKPOINT):
        retention = locking.objects.retention(key)
        assert retention.mode == locking.objects._lock.mode
        assert abs(retention.until - datetime.now(UTC) - timedelta(days=30)) < timedelta(minutes=5)


@pytest.mark.parametrize("key", [ENTRY, CHECKPOINT])
def test_a_locked_object_cannot_be_deleted_with_all_its_versions(locking, key):
    with pytest.raises(StoreError, match="Object Lock keeps it") as refusal:
        locking.objects.delete(key)

    assert refusal.value.code == "store.locked"
    assert locking.objects.read(key)


def test_who_may_bypass_governance_still_cannot_bypass_compliance(locking):
    s3, where = boto3.client("s3"), {"Bucket": locking.objects._bucket, "Key": f"main/{ENTRY}"}
    where["VersionId"] = s3.head_object(**where)["VersionId"]

    if locking.objects._lock.mode == "governance":
        s3.delete_object(**where, BypassGovernanceRetention=True)
        assert locking.objects.read(ENTRY) is None
    else:
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.delete_object(**where, BypassGovernanceRetention=True)


def test_creating_still_decides_who_was_first(locking):
    assert not locking.objects.create(ENTRY, b"another")


def test_material_is_never_locked(locking):
    zoe = locking.enroll("zoe")
    key = f"people/{zoe.id}/card"

    assert locking.objects.retention(key) is None
    locking.objects.delete(key)
    assert locking.objects.read(key) is None


def test_the_status_counts_what_is_locked_and_until_when(locking):
    day = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"

    (said,) = status(locking.objects)

    assert said.startswith("3 of 3 are locked")
    assert said.endswith(f"before {day}")


@pytest.mark.parametrize("how", ["hidden", "replaced"])
def test_what_is_put_over_an_entry_is_found_and_the_entry_is_still_there(locking, how):
    s3, where = boto3.client("s3"), {"Bucket": locking.objects._bucket, "Key": f"main/{ENTRY}"}
    entry = locking.objects.read(ENTRY)
    if how == "hidden":
        s3.delete_object(**where)
    else:
        s3.put_object(**where, Body=b"another")

    found = lock_status(locking.objects, lambda *_: None)

    assert found.code == "ledger.hidden"
    assert ENTRY in found.words[-1]
    oldest = s3.list_object_versions(Bucket=where["Bucket"], Prefix=where["Key"])["Versions"][-1]
    assert s3.get_object(**where, VersionId=oldest["VersionId"])["Body"].read() == entry
    with pytest.raises(LedgerError):
        World(locking.folder, locking.objects).ledger.read()


def test_a_bucket_without_object_lock_works_and_says_so(s3_endpoint, tmp_path):
    world = World(tmp_path, S3Objects(bucket(locking=False)))
    world.ledger.append(Refused(code="a.b", request="Test"))

    assert status(world.objects) == [
        "this bucket has no Object Lock that we can see: whoever may write here can delete entries"
    ]
    world.objects.delete(ENTRY)


def test_a_folder_says_that_it_locks_nothing(tmp_path):
    assert "a folder, which locks nothing" in status(FolderObjects(tmp_path))[0]


def test_entries_from_before_the_lock_are_counted(s3_endpoint):
    name = bucket()
    boto3.client("s3").put_object(Bucket=name, Key=ENTRY, Body=b"x")

    assert status(S3Objects(name)) == [f"1 of 1 are not locked ({ENTRY})"]


def test_a_bucket_that_locks_everything_is_named_as_what_hinders_erasure(s3_endpoint):
    objects = S3Objects(bucket(default=True))
    objects.create("people/p-00000000000000ad/key", b"wrapped")

    assert "take the default retention away" in status(objects)[-1]
    with pytest.raises(StoreError) as refusal:
        objects.delete("people/p-00000000000000ad/key")
    assert refusal.value.code == "store.locked"


def test_who_may_not_ask_about_the_lock_is_told_and_goes_on(s3_endpoint, caplog):
    class Shut:
        def __init__(self):
            self._client = boto3.client("s3")

        def __getattr__(self, name):
            return getattr(self._client, name)

        def get_object_lock_configuration(self, **_):
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObjectLockConfiguration")

    objects = S3Objects(bucket(), client=Shut())

    assert objects.create(ENTRY, b"x")
    assert "s3:GetBucketObjectLockConfiguration" in caplog.text
    assert "that we can see" in status(objects)[0]


def test_the_command_line_tells_the_status_and_verify_mentions_it(s3_endpoint, tmp_path, monkeypatch):
    for name, value in {"HOME": str(tmp_path), "STORE": f"s3://{bucket()}/x", "LOCK_DAYS": "7"}.items():
        monkeypatch.setenv(f"AVATAR_{name}", value)
    monkeypatch.delenv("AVATAR_KEYS", raising=False)

    def run(*words: str) -> str:
        result = CliRunner().invoke(app, ["ledger", *words])
        assert result.exit_code == 0, result.output
        return result.output

    run("checkpoint")
    assert "2 of 2 are locked (governance): nobody without s3:BypassGovernanceRetention" in run("lock-status")
    assert "holds      deletion: the bucket has Object Lock" in run("verify")
    monkeypatch.setenv("AVATAR_STORE", str(tmp_path / "folder"))
    run("checkpoint")
    assert "not shown  deletion: this store is a folder" in run("verify")
