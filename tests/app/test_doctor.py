"""A diagnosis names what is wrong and what to do, and makes nothing."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from avatar.app.context import AppContext, open_app
from avatar.app.doctor import Finding, diagnose
from avatar.artifacts.objects import FolderObjects
from avatar.cli.main import app


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AVATAR_HOME", str(tmp_path / "home"))
    for name in ("AVATAR_STORE", "AVATAR_KEYS", "AVATAR_OPERATOR", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


def found(check: str, context: AppContext | None = None) -> list[Finding]:
    return [each for each in diagnose(context or open_app()) if each.check == check]


def test_a_fresh_place_has_no_problem_and_nothing_is_made_there(home: Path) -> None:
    assert not [each for each in diagnose(open_app()) if each.level == "problem"]
    assert not home.exists()


def test_a_store_in_use_is_tried_and_left_as_it_was(home: Path) -> None:
    open_app().people.enroll("ada", "synthetic", [])
    before = sorted(home.rglob("*.json"))

    assert [each.level for each in found("store")] == ["ok"]
    assert "1 people" in found("ledger")[0].found
    assert sorted(home.rglob("*.json")) == before
    assert not list((home / "store" / "doctor").iterdir())


def test_a_key_that_others_can_read_is_a_problem_with_the_command_that_mends_it(home: Path) -> None:
    open_app().people.enroll("ada", "synthetic", [])
    key = home / "keys" / "ledger.key"
    key.chmod(0o644)

    done = CliRunner().invoke(app, ["doctor", "--json"])

    assert done.exit_code == 1
    (problem,) = (each for each in json.loads(done.stdout) if each["level"] == "problem")
    assert (problem["check"], problem["to_do"]) == ("keys", f"chmod 600 {key}")


def test_keys_in_a_temporary_folder_are_warned_of(home: Path) -> None:
    open_app().people.enroll("ada", "synthetic", [])

    assert "warning" in {each.level for each in found("keys")}


def test_a_store_that_lets_objects_be_written_over_is_a_problem(home: Path, tmp_path: Path) -> None:
    class Careless(FolderObjects):
        def create(self, key: str, source: bytes | Path) -> bool:
            self.delete(key)
            return super().create(key, source)

    context = open_app()
    context.people.enroll("ada", "synthetic", [])
    context.__dict__["objects"] = Careless(tmp_path / "careless")

    assert [each.level for each in found("store", context)] == ["problem"]


def test_weights_that_are_not_here_are_a_problem_and_the_other_checks_go_on(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVATAR_WEIGHTS", str(tmp_path / "empty"))

    weights = found("weights")

    assert {(each.level, each.to_do) for each in weights} == {("problem", "avatar weights pull")}
    assert found("fonts")[0].level == "ok"


def test_a_ledger_that_was_tampered_with_is_a_problem(home: Path) -> None:
    open_app().people.enroll("ada", "synthetic", [])
    newest = sorted((home / "store" / "ledger" / "entries").iterdir())[-1]
    newest.write_text(newest.read_text().replace("synthetic", "self"))

    (ledger,) = found("ledger")

    assert ledger.level == "problem"
    assert "[ledger." in ledger.found


class Disk(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(("free", "level"), [(1 << 30, "problem"), (5 << 30, "warning"), (50 << 30, "ok")])
def test_a_full_disk_is_told(home: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: str) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: Disk(100 << 30, 0, free))

    assert {each.level for each in found("disk")} == {level}


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/api/health" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_prefect_server_that_is_named_must_answer(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = HTTPServer(("127.0.0.1", 0), Healthy)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{server.server_port}/api")
    assert [each.level for each in found("prefect")] == ["ok", "ok"]

    server.shutdown()
    server.server_close()

    assert [each.level for each in found("prefect")] == ["ok", "problem"]
