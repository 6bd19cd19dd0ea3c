"""A withdrawal at the command line reaches statuses and webhooks, and waits for neither."""

import json
import socket
import threading
from functools import partial

import pytest
from typer.testing import CliRunner

from avatar.app.context import AppContext, open_app
from avatar.artifacts.artifact import Portrait
from avatar.canonical import digest_of_file
from avatar.cli.main import app
from avatar.errors import AvatarError
from avatar.people.samples import CheckedSample
from avatar.testing.world import TOY_TERMS
from tests.consent.grants import published
from tests.publishing.webhooks.receiver import receiving


@pytest.fixture
def context(tmp_path, monkeypatch) -> AppContext:
    monkeypatch.setenv("AVATAR_HOME", str(tmp_path / "home"))
    for name in ("AVATAR_STORE", "AVATAR_KEYS", "AVATAR_WEBHOOK_HOSTS"):
        monkeypatch.delenv(name, raising=False)
    context = open_app()
    ada = context.people.enroll("ada", "synthetic", [partial(_sample, tmp_path)])
    context.people.agree(ada, TOY_TERMS)
    (tmp_path / "video.mp4").write_bytes(b"a video")
    file = digest_of_file(tmp_path / "video.mp4")
    context.ledger.append(published(file, (ada.id,)))
    return context


def _sample(folder, room) -> CheckedSample:
    (room / "picture.png").write_bytes(b"ada")
    return CheckedSample(Portrait, {"picture.png": room / "picture.png"})


def run(*words, status: int = 0) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(result.exception, AvatarError):
        raise result.exception
    assert result.exit_code == status, result.output
    return result.output


def test_a_withdrawal_flips_the_public_status_and_tells_who_must_know(context, tmp_path):
    with receiving() as receiver:
        said = run("webhooks", "add", receiver.url, "--event", "withdrawn")
        id = said.split()[0]
        assert "whsec_" in said
        assert "delivered" in run("webhooks", "test", id)
        assert "stands" in run("status", tmp_path / "video.mp4")

        run("withdraw", "ada")

        assert receiver.kinds == ["ledger.test", "ledger.withdrawn"]
        assert receiver.got[1].json["data"]["files"] == [digest_of_file(tmp_path / "video.mp4")]
        assert "secret" not in run("webhooks", "list", "--json")
    note = tmp_path / "notes" / "status"
    told = run("status", digest_of_file(tmp_path / "video.mp4"), "--out", note, status=1)
    assert "consent withdrawn" in told
    assert "consent withdrawn" in run("check-status", note, "--of", tmp_path / "video.mp4", status=1)
    (listed,) = json.loads(run("where", "ada", "--json"))
    assert listed["state"] == "consent withdrawn"
    assert len(list(context.objects.list("published"))) == 1  # of a time when nobody looked yet there is none


def test_an_erasure_does_too(context, tmp_path):
    with receiving() as receiver:
        run("webhooks", "add", receiver.url, "--event", "erased")

        run("erase", "ada", "--yes")

        assert receiver.kinds == ["ledger.erased"]
    assert "erased" in run("status", tmp_path / "video.mp4", status=1)


def test_a_receiver_that_is_away_delays_no_withdrawal_and_is_told_later(context):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    run("webhooks", "add", f"http://127.0.0.1:{port}/", "--event", "withdrawn")

    said = run("withdraw", "ada")

    assert "has withdrawn" in said
    (row,) = json.loads(run("webhooks", "list", "--json"))
    assert row["waiting"][0]["why"] == "no answer"
    assert "no answer" in run("webhooks", "list")
    assert "0 delivered, 0 failed" in run("webhooks", "deliver")  # it is not due yet
    assert "removed" in run("webhooks", "remove", row["id"])
    assert "There are no webhooks" in run("webhooks", "list")


def test_a_withdrawal_is_over_though_a_receiver_never_answers(context, monkeypatch):
    monkeypatch.setattr("avatar.app.propagate._TIMEOUT_S", 0.2)
    over = threading.Event()
    with receiving() as receiver:
        receiver.before = lambda: over.wait(30)
        run("webhooks", "add", receiver.url)
        try:
            said = run("withdraw", "ada")
        finally:
            over.set()

    assert "has withdrawn" in said


def test_a_withdrawal_stands_whatever_happens_to_those_who_would_be_told(context, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("ada's secret")

    monkeypatch.setattr("avatar.publishing.webhooks.dispatcher.Dispatcher.carry", broken)

    assert "has withdrawn" in run("withdraw", "ada")


def test_what_was_given_up_can_be_sent_again(context):
    with receiving() as receiver:
        id = run("webhooks", "add", receiver.url, "--event", "withdrawn").split()[0]

        assert "0 queued again" in run("webhooks", "redeliver", id)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("status", "nothing"), "file.missing"),
        (("status", "0" * 64), "status.unknown-file"),
        (("webhooks", "test", "wh-0"), "webhook.unknown"),
        (("webhooks", "add", "http://hooks.example/"), "webhook.bad-url"),
        (("webhooks", "add", "https://hooks.example/", "--event", "withdraw"), "webhook.bad-event"),
    ],
)
def test_what_cannot_be_is_explained(context, words, code):
    with pytest.raises(AvatarError) as refusal:
        run(*words)

    assert refusal.value.code == code
