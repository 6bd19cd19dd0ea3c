"""The ledger's commands, from the first checkpoint to a proof on a machine that has nothing."""

import json
import re
import stat

import pytest
from typer.testing import CliRunner

from avatar.app.context import open_app
from avatar.cli.main import app
from avatar.consent.entries import Refused
from avatar.errors import AvatarError
from tests.consent.grants import published

VKEY = re.compile(r"this key: (\S+)")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("AVATAR_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AVATAR_STORE", raising=False)
    monkeypatch.delenv("AVATAR_KEYS", raising=False)
    video = tmp_path / "video.mp4"
    video.write_bytes(b"a video")
    context = open_app()
    context.ledger.append(Refused(code="a.b", request="Test"))
    context.ledger.append(published(sha256(video), ()))
    return tmp_path


def sha256(path):
    from avatar.canonical import digest_of_file

    return digest_of_file(path)


def run(*words, status: int = 0) -> str:
    result = CliRunner().invoke(app, ["ledger", *(str(word) for word in words)])
    if isinstance(result.exception, AvatarError):
        raise result.exception
    assert result.exit_code == status, result.output
    return result.output


def refusal_of(*words) -> str:
    with pytest.raises(AvatarError) as refusal:
        run(*words)
    return refusal.value.code


def vkey(said: str) -> str:
    return VKEY.search(said)[1]


def test_a_publication_is_proven_to_someone_who_has_only_keys(home, monkeypatch):
    log = vkey(run("checkpoint"))
    witness = vkey(run("witness", "--state", home / "elsewhere" / "memory", "--log-key", log))
    for what in (home / "video.mp4", sha256(home / "video.mp4"), 2):
        run("prove", what, "--out", home / "proofs" / "p.tlog-proof")
    monkeypatch.setenv("AVATAR_HOME", str(home / "another machine"))
    believed = ("--log-key", log, "--witness", witness)

    said = run("check-proof", home / "proofs" / "p.tlog-proof", "--of", home / "video.mp4", *believed)

    assert said.startswith("holds: entry 2 of avatar-ledger/")
    assert "seen by avatar-witness/" in said
    assert not (home / "another machine").exists()
    assert refusal_of("check-proof", home / "proofs" / "p.tlog-proof") == "ledger.no-key"
    assert (
        refusal_of("check-proof", home / "proofs" / "p.tlog-proof", "--of", __file__, *believed) == "proof.other-file"
    )


def test_an_export_is_verified_by_its_own(home, monkeypatch):
    log = vkey(run("checkpoint"))
    run("export", home / "copy")
    run("export", home / "copy")  # again is no harm
    monkeypatch.setenv("AVATAR_HOME", str(home / "another machine"))

    assert "Nothing is broken." in run("verify", "--folder", home / "copy", "--log-key", log)
    (home / "copy/ledger/entries/000000000002").unlink()
    found = json.loads(run("verify", "--folder", home / "copy", "--log-key", log, "--json", status=1))
    assert [finding["code"] for finding in found["findings"] if finding["answer"] == "broken"] == ["ledger.truncated"]


def test_an_export_is_never_mixed_with_another(home):
    (home / "copy/ledger/entries").mkdir(parents=True)
    (home / "copy/ledger/entries/000000000001").write_bytes(b"another")

    assert refusal_of("export", home / "copy") == "ledger.other-export"


def test_the_store_is_verified_with_the_key_folder_and_with_what_was_kept(home):
    assert "not shown  checkpoint signatures" in run("verify")
    (home / "kept").write_text(run("checkpoint").split("\nTo check")[0])
    run("prove", 1, "--out", home / "proof")

    said = run("verify", "--kept", home / "kept", "--kept", home / "proof")

    assert "holds      checkpoint signatures" in said
    assert said.count("that you kept: the entries are those that were signed") == 2


def test_keys_are_made_for_their_owner_alone(home):
    log = vkey(run("checkpoint"))
    run("witness", "--state", home / "memory", "--log-key", log)

    for key in (home / "home/keys/checkpoint.key", home / "memory.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_witness_is_told_once_whom_to_follow(home):
    log = vkey(run("checkpoint"))

    assert refusal_of("witness", "--state", home / "memory") == "ledger.no-key"
    run("witness", "--state", home / "memory", "--log-key", log)
    assert "grew to 3 entries" in run("witness", "--state", home / "memory")


def test_what_cannot_be_proven_says_why(home):
    assert refusal_of("prove", 1, "--out", home / "proof") == "ledger.no-checkpoint"
    assert refusal_of("prove", "nothing.mp4", "--out", home / "proof") == "ledger.no-entry"
    assert refusal_of("check-proof", home / "none", "--log-key", "x") == "ledger.bad-key"
    run("checkpoint")
    assert refusal_of("check-proof", home / "none") == "ledger.no-file"
    assert refusal_of("check-proof", home / "video.mp4") == "ledger.malformed"
