"""Keys on disk: made once, for their owner only."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from avatar.consent.keys import key_at, new_key, verify
from avatar.errors import ConsentError


def test_a_key_is_made_once_and_for_its_owner_only(tmp_path):
    path = tmp_path / "keys" / "a.key"
    with ThreadPoolExecutor(8) as pool:
        made = {key.public for key in pool.map(lambda _: key_at(path, make=True), range(8))}

    assert made == {key_at(path).public}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["a.key"]


def test_a_missing_key_is_not_made_unasked(tmp_path):
    with pytest.raises(ConsentError) as refusal:
        key_at(tmp_path / "a.key")

    assert refusal.value.code == "key.missing"


@pytest.mark.parametrize("text", ["", "not hex", "00", "00" * 33])
def test_a_file_that_holds_no_key_is_refused(tmp_path, text):
    (tmp_path / "a.key").write_text(text)

    with pytest.raises(ConsentError) as refusal:
        key_at(tmp_path / "a.key")
    assert refusal.value.code == "key.unreadable"


def test_only_the_right_key_and_the_same_bytes_verify():
    key, other = new_key(), new_key()
    signature = key.sign(b"yes")

    assert verify(key.public, signature, b"yes")
    assert not verify(key.public, signature, b"no")
    assert not verify(other.public, signature, b"yes")
    assert not verify("zz", "zz", b"yes")
