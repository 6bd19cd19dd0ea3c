"""The pages on the command line: links are made, and a server answers them."""

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from functools import partial

import pytest
from typer.testing import CliRunner

from avatar.app.context import open_app
from avatar.artifacts.artifact import VoiceSample
from avatar.cli.main import app
from avatar.errors import InputError, RoleError
from tests.portal.browser import free_port
from tests.portal.conftest import brought

ASK = ["--use", "publish", "--purpose", "education", "--project", "P", "--description", "Lessons for new colleagues."]


@pytest.fixture
def context(tmp_path, monkeypatch):
    """A context of its own, in which ada is enrolled."""
    monkeypatch.setenv("AVATAR_HOME", str(tmp_path / "home"))
    context = open_app()
    context.people.enroll("ada", "synthetic", [partial(brought, VoiceSample)])
    return context


def run(*words):
    result = CliRunner().invoke(app, words)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def token_in(said):
    return re.search(r"^http://127\.0\.0\.1:8780/c/([\w-]{43})$", said, re.MULTILINE)[1]


def test_a_link_leads_to_what_was_asked(context):
    from avatar.portal.sessions import Sessions

    token = token_in(run("consent", "request", "ada", *ASK, "--days", "30", "--link", "48"))

    link = Sessions(context.objects, context.vault).look(token)
    assert link.person == context.people.find("ada").id
    assert (link.asked.terms.uses, link.asked.terms.days, link.asked.locale) == (("publish",), 30, "en-GB")


def test_a_link_for_a_later_visit_asks_nothing(context, monkeypatch):
    from avatar.portal.sessions import Sessions

    token = token_in(run("consent", "link", "ada"))
    assert Sessions(context.objects, context.vault).look(token).asked is None

    monkeypatch.setenv("AVATAR_PAGES", "https://consent.example/")
    assert run("consent", "link", "ada").startswith("https://consent.example/c/")


@pytest.mark.parametrize("bad", [["--locale", "xx-XX"], ["--use", "everything"]])
def test_what_could_not_be_asked_makes_no_link(context, bad):
    with pytest.raises(InputError):
        run("consent", "request", "ada", *ASK, *bad, "--link", "1")
    assert list(context.objects.list("links")) == []


def test_only_who_may_record_consent_makes_links_and_serves(context, tmp_path, monkeypatch):
    from avatar.consent.keys import key_at

    key_at(tmp_path / "stranger.key", make=True)
    monkeypatch.setenv("AVATAR_OPERATOR", str(tmp_path / "stranger.key"))
    for words in (["link", "ada"], ["request", "ada", *ASK, "--link", "1"], ["serve"]):
        with pytest.raises(RoleError):
            run("consent", *words)


@pytest.mark.parametrize("words", [["--host", "0.0.0.0"], ["--behind", "http://consent.example"]])
def test_faces_do_not_travel_unencrypted(context, words):
    with pytest.raises(InputError, match="https"):
        run("consent", "serve", *words)


@pytest.mark.slow
def test_the_server_answers_opens_a_link_and_writes_nothing_personal(context, tmp_path):
    token, port = token_in(run("consent", "link", "ada")), free_port()
    log = tmp_path / "log"
    with log.open("wb") as out:
        command = [sys.executable, "-c", "from avatar.cli import main; main()", "consent", "serve", "--port", str(port)]
        server = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        address = f"http://127.0.0.1:{port}"
        assert b"Your likeness" in answered(opener, address, server)
        assert opener.open(f"{address}/static/page.css").headers["content-type"].startswith("text/css")
        assert b"You agree to nothing" in opener.open(f"{address}/c/{token}", data=b"").read()
        with pytest.raises(urllib.error.HTTPError) as unknown:
            opener.open(f"{address}/status/{'0' * 64}.json")
        assert json.load(unknown.value)["state"] == "unknown"
    finally:
        server.terminate()
        server.wait(20)
    said = log.read_text()
    assert token not in said
    assert "GET" not in said
    assert "ada" not in said


def answered(opener, address, server):
    for _ in range(600):
        try:
            return opener.open(address).read()
        except urllib.error.URLError:
            assert server.poll() is None
            time.sleep(0.1)
    raise AssertionError("the server did not start")
