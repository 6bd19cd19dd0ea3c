"""Keys of people: made once, read by nobody else, gone for good."""

import stat
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import boto3
import pytest

from avatar.artifacts.keyring import FolderKeyring, Keyring
from avatar.artifacts.kms import KmsKeyring
from avatar.artifacts.s3 import S3Objects
from avatar.errors import ConsentError, StoreError
from tests.conftest import BUCKET

ADA, BOB = "p-00000000000000ad", "p-00000000000000b0"


@pytest.fixture
def team(s3_endpoint):
    """A team's store in a bucket, and the KMS key that wraps its people's keys."""
    return S3Objects(BUCKET, uuid4().hex), boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]


@pytest.fixture(params=["folder", "kms"])
def opened(request, tmp_path):
    """Open the same keyring again and again, as several processes would."""
    if request.param == "folder":
        return lambda: FolderKeyring(tmp_path / "keys")
    team = request.getfixturevalue("team")
    return lambda: KmsKeyring(*team)


def test_everyone_has_a_key_of_their_own_that_stays_the_same(opened):
    keyring: Keyring = opened()
    keyring.make(ADA)
    keyring.make(BOB)
    ada = keyring.key_of(ADA, 1)
    keyring.make(ADA)

    assert len(ada) == 32
    assert opened().key_of(ADA, 1) == keyring.key_of(ADA, 1) == ada != keyring.key_of(BOB, 1)


def test_a_destroyed_key_is_gone_in_every_process_at_once(opened):
    here, there = opened(), opened()
    here.make(ADA)
    there.key_of(ADA, 1)
    here.destroy(ADA)
    here.destroy(ADA)

    for keyring in (here, there):
        with pytest.raises(ConsentError, match="their key is gone") as refusal:
            keyring.key_of(ADA, 1)
        assert refusal.value.code == "person.erased"


def test_a_renewed_key_is_another_and_the_old_one_opens_until_it_is_retired(opened):
    here, there = opened(), opened()
    here.make(ADA)
    old, name = here.key_of(ADA, 1), here.naming_key_of(ADA)
    here.renew(ADA)

    assert there.generations(ADA) == (1, 2)
    assert there.key_of(ADA, 1) == old != there.key_of(ADA, 2)
    there.retire(ADA)
    for keyring in (here, there, opened()):
        assert keyring.generations(ADA) == (2,)
        assert keyring.naming_key_of(ADA) == name
        with pytest.raises(StoreError, match="was retired") as refusal:
            keyring.key_of(ADA, 1)
        assert refusal.value.code == "store.retired"


def test_a_key_can_be_renewed_again_and_again(opened):
    keyring = opened()
    keyring.make(ADA)
    name = keyring.naming_key_of(ADA)
    for _ in range(10):
        keyring.renew(ADA)
        keyring.retire(ADA)
    keyring.make(ADA)

    assert keyring.generations(ADA) == (11,)
    assert opened().naming_key_of(ADA) == name


def test_of_several_who_renew_at_once_all_get_the_same(opened):
    together = Barrier(4)
    opened().make(ADA)

    def renewed(_: int) -> bytes:
        keyring = opened()
        together.wait()
        keyring.renew(ADA)
        return keyring.key_of(ADA, 2)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(renewed, range(4)))) == 1


@pytest.mark.parametrize("retired", [False, True])
def test_destroying_takes_every_generation_and_the_name(opened, retired):
    keyring = opened()
    keyring.make(ADA)
    keyring.renew(ADA)
    if retired:
        keyring.retire(ADA)
    keyring.destroy(ADA)

    for asked in (opened().generations, opened().naming_key_of, lambda who: opened().key_of(who, 2)):
        with pytest.raises(ConsentError) as refusal:
            asked(ADA)
        assert refusal.value.code == "person.erased"


def test_the_name_does_not_lead_to_the_key(opened):
    keyring = opened()
    keyring.make(ADA)

    assert keyring.naming_key_of(ADA) != keyring.key_of(ADA, 1)


def test_of_several_who_make_a_key_at_once_all_get_the_same(opened):
    together = Barrier(4)

    def made(_: int) -> bytes:
        keyring = opened()
        together.wait()
        keyring.make(ADA)
        return keyring.key_of(ADA, 1)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(made, range(4)))) == 1


@pytest.mark.parametrize("person", ["", "ada", "../ledger", "p-00000000000000ad/x"])
def test_only_people_have_keys(opened, person):
    keyring = opened()
    for act in (
        keyring.make,
        keyring.generations,
        keyring.naming_key_of,
        keyring.renew,
        keyring.retire,
        keyring.destroy,
    ):
        with pytest.raises(StoreError):
            act(person)
    with pytest.raises(StoreError):
        keyring.key_of(person, 1)


def test_a_key_file_is_for_its_owner_only(tmp_path):
    FolderKeyring(tmp_path / "keys").make(ADA)

    (file,) = (tmp_path / "keys").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


@pytest.mark.parametrize("data", [b"", b"short", b"x" * 33])
def test_a_damaged_key_is_not_taken_for_an_erased_person(tmp_path, data):
    keyring = FolderKeyring(tmp_path)
    (tmp_path / f"{ADA}.key").write_bytes(data)

    with pytest.raises(StoreError) as refusal:
        keyring.key_of(ADA, 1)
    assert refusal.value.code == "person.bad-key"


def test_a_team_stores_no_key_that_kms_has_not_wrapped(team):
    objects, master = team
    keyring = KmsKeyring(objects, master)
    keyring.make(ADA)

    assert list(objects.list("people")) == [f"people/{ADA}/key"]
    assert keyring.key_of(ADA, 1) not in objects.read(f"people/{ADA}/key")


def test_the_wrapped_key_of_one_person_does_not_unwrap_as_anothers(team):
    objects, master = team
    KmsKeyring(objects, master).make(ADA)
    objects.create(f"people/{BOB}/key", objects.read(f"people/{ADA}/key"))

    with pytest.raises(StoreError, match="KMS refused") as refusal:
        KmsKeyring(objects, master).key_of(BOB, 1)
    assert refusal.value.code == "keys.refused"


def test_a_kms_key_that_is_not_there_is_named_as_the_setting_it_comes_from(team):
    objects, _ = team

    with pytest.raises(StoreError, match="AVATAR_KMS_KEY") as refusal:
        KmsKeyring(objects, str(uuid4())).make(ADA)
    assert refusal.value.code == "keys.refused"
    assert list(objects.list("people")) == []


def test_kms_is_asked_once_for_each_person(team):
    calls = []

    class Counting:
        def __getattr__(self, name):
            calls.append(name)
            return getattr(client, name)

    client = boto3.client("kms")
    keyring = KmsKeyring(*team, client=Counting())
    keyring.make(ADA)
    for _ in range(5):
        keyring.key_of(ADA, 1)

    assert calls == ["generate_data_key", "decrypt"]


def test_a_deleted_key_has_no_older_version_in_a_versioned_bucket(team):
    _, master = team
    bucket, s3 = f"versioned-{uuid4().hex}", boto3.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    keyring = KmsKeyring(S3Objects(bucket, "x"), master)
    keyring.make(ADA)
    keyring.make(BOB)
    keyring.destroy(ADA)

    left = s3.list_object_versions(Bucket=bucket)
    assert [found["Key"] for found in left["Versions"]] == [f"x/people/{BOB}/key"]
    assert "DeleteMarkers" not in left


def test_a_key_of_kms_can_be_changed_while_everybody_works(team):
    objects, old = team
    kms = boto3.client("kms")
    new = kms.create_key()["KeyMetadata"]["KeyId"]
    before, both = KmsKeyring(objects, old), KmsKeyring(objects, new, (old,))
    before.make(ADA)
    before.renew(ADA)
    keys = [before.key_of(ADA, 1), before.key_of(ADA, 2), before.naming_key_of(ADA)]
    both.make(BOB)

    assert [both.key_of(ADA, 1), both.key_of(ADA, 2), both.naming_key_of(ADA)] == keys
    both.rewrap(ADA)
    both.rewrap(ADA)  # again is no harm
    kms.disable_key(KeyId=old)
    after = KmsKeyring(objects, new)
    assert [after.key_of(ADA, 1), after.key_of(ADA, 2), after.naming_key_of(ADA)] == keys
    assert after.key_of(BOB, 1) == both.key_of(BOB, 1)
    with pytest.raises(StoreError) as refusal:
        KmsKeyring(objects, old).key_of(ADA, 1)
    assert refusal.value.code == "keys.refused"
