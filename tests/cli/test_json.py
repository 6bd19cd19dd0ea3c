"""What lists or reports prints JSON on stdout, and nothing else there."""

import json

import pytest
from typer.testing import CliRunner

from avatar.app.context import open_app
from avatar.cli.main import app

PRODUCTION = "presenter --cast presenter=ada --script Hello. --purpose training --project toys"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("AVATAR_HOME", str(tmp_path / "home"))
    for name in ("AVATAR_STORE", "AVATAR_KEYS", "AVATAR_OPERATOR"):
        monkeypatch.delenv(name, raising=False)
    open_app().people.enroll("ada", "synthetic", [])


@pytest.mark.parametrize(
    "line",
    [
        *("people", "where ada", "consent show ada", "consent requests ada", "glossary ada", "operators list"),
        *("webhooks list", "engines", "engines wav2lip", "weights list", "weights verify", "sweep --dry-run", "doctor"),
        *("ledger verify", "ledger lock-status", f"plan {PRODUCTION}"),
    ],
)
def test_stdout_is_json_and_nothing_else(line):
    done = CliRunner().invoke(app, [*line.split(), "--json"])

    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert isinstance(json.loads(done.stdout), list | dict)


def test_people_as_json_hold_what_the_table_shows():
    (ada,) = json.loads(CliRunner().invoke(app, ["people", "--json"]).stdout)

    assert (ada["alias"], ada["capacity"], ada["brought"], ada["uses"]) == ("ada", "synthetic", [], [])
