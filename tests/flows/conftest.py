"""One real Prefect server for the whole run, and a process that serves deployments to it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from avatar.app.context import AppContext
from avatar.app.settings import Settings
from avatar.artifacts.artifact import Artifact, Portrait, VoiceSample
from avatar.consent import Use
from avatar.people.directory import Person
from avatar.people.samples import CheckedSample
from avatar.testing.toys import TOYS
from avatar.testing.world import TOY_TERMS
from tests.sharing import served_once

ROOT = Path(__file__).parents[2]

ABOUT = {"purpose": "research", "project": "toys"}  # what every production here is for
# What toys say is nobody's voice, and listening to it would load what they do without.
TERMS = replace(TOY_TERMS, uses=tuple(use for use in Use if use is not Use.GUARD_VOICE))

# Toys speak and move; the picture, the credential and the contact sheet are real.
TOY_BLUEPRINT = """# A speckled wall that buzzes.
name: toy
speakers: [presenter]
learning: {engine: ear}
voice: {engine: buzz}
animation: {engine: speckle}
"""


@dataclass
class Server:
    """A Prefect server, and a few questions to it."""

    url: str
    home: Path
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.url, timeout=30)

    @property
    def environment(self) -> dict[str, str]:
        return _environment(self.home) | {"PREFECT_API_URL": self.url}

    def deployment(self, name: str, flow: str = "produce") -> dict[str, Any]:
        return self.client.get(f"/deployments/name/{flow}/{name}").raise_for_status().json()

    def ask(self, name: str, **parameters: Any) -> httpx.Response:
        """Trigger the deployment *name* with *parameters*."""
        return self.ask_of("produce", name, {"type": "SCHEDULED"}, ABOUT | parameters)

    def ask_of(self, flow: str, name: str, state: dict[str, Any], parameters: dict[str, Any]) -> httpx.Response:
        place = f"/deployments/{self.deployment(name, flow)['id']}/create_flow_run"
        for _ in range(20):
            answer = self.client.post(place, json={"parameters": parameters, "state": state})
            if answer.status_code != 503:  # its database is locked; Prefect's own client tries again, too
                break
            time.sleep(0.5)
        return answer

    def ask_later(self, name: str, wait: timedelta, **parameters: Any) -> str:
        """Trigger the deployment *name* with *parameters* for later, and return the run's id."""
        state = {"type": "SCHEDULED", "state_details": {"scheduled_time": (datetime.now(UTC) + wait).isoformat()}}
        return self.ask_of("produce", name, state, ABOUT | parameters).raise_for_status().json()["id"]

    def run(self, id: str) -> dict[str, Any]:
        return self.client.get(f"/flow_runs/{id}").raise_for_status().json()

    def finished(self, run: str, within: float = 120) -> dict[str, Any]:
        """Wait for the flow run with the id *run*, and return it."""
        final = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
        return self.first(f"/flow_runs/{run}", lambda found: found["state"]["type"] in final, within)

    def first(self, place: str, good: Any, within: float) -> Any:
        end = time.monotonic() + within
        while True:
            found = self.client.get(place).raise_for_status().json()
            if good(found):
                return found
            assert time.monotonic() < end, f"still waiting after {within} s: {found}"
            time.sleep(0.5)

    def runs_of(self, name: str) -> list[dict[str, Any]]:
        wanted = {"deployments": {"id": {"any_": [self.deployment(name)["id"]]}}}
        return self.client.post("/flow_runs/filter", json=wanted).raise_for_status().json()

    def tasks_of(self, run: str) -> list[dict[str, Any]]:
        wanted = {"task_runs": {"flow_run_id": {"any_": [run]}}}
        return self.client.post("/task_runs/filter", json=wanted).raise_for_status().json()

    def artifacts_of(self, run: str) -> dict[str, dict[str, Any]]:
        wanted = {"artifacts": {"flow_run_id": {"any_": [run]}}}
        found = self.client.post("/artifacts/filter", json=wanted).raise_for_status().json()
        return {artifact["key"]: artifact for artifact in found}

    def logs_of(self, run: str) -> str:
        """Return what Prefect logged of the finished *run*, once its last lines have come in."""
        wanted = {"logs": {"flow_run_id": {"any_": [run]}}}
        told, end = "", time.monotonic() + 30
        while f"Finished in state {self.finished(run)['state']['name']}" not in told and time.monotonic() < end:
            time.sleep(3)  # seconds; a run's process sends its lines every two
            found = self.client.post("/logs/filter", json=wanted).raise_for_status().json()
            told = "\n".join(line["message"] for line in found)
        return told


@pytest.fixture(scope="session")
def server(shared: Path) -> Server:
    return Server(served_once(shared, "prefect", _start_prefect), shared / "prefect")


def _start_prefect(home: Path) -> tuple["subprocess.Popen[bytes]", str]:
    port = _free_port()
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    environment = _environment(home) | {"PREFECT_SERVER_UI_API_URL": f"http://127.0.0.1:{port}/api"}
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=environment, cwd=home, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    server = Server(f"http://127.0.0.1:{port}/api", home)
    _wait_for(server, process, home / "server.log")
    return process, server.url


@dataclass(frozen=True)
class Studio:
    """A folder in which deployments are served, and the context in it."""

    folder: Path
    context: AppContext
    untouched: Path  # a copy of the context's home from before any production


@pytest.fixture(scope="session")
def studio(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Serve a toy (each minute, too) and the presenter; 'ada' agreed to everything, 'gone' took it back."""
    folder = tmp_path_factory.mktemp("studio")
    context = AppContext(Settings(home=folder / ".avatar"))
    for alias in ("ada", "gone"):
        enroll(context, alias)
    context.people.withdraw(context.people.find("gone"))
    untouched = shutil.copytree(folder / ".avatar", tmp_path_factory.mktemp("untouched") / ".avatar")
    (folder / "blueprints").mkdir()
    (folder / "blueprints" / "toy.yaml").write_text(TOY_BLUEPRINT)
    shutil.copy(ROOT / "blueprints" / "presenter.yaml", folder / "blueprints")
    (folder / "news.txt").write_text("Nightly words nobody should read in a log. And more of them.")

    command = [sys.executable, "-m", "flows.deploy", "--limit", "2", "--blueprints", "blueprints"]
    command += ["--cron", "* * * * *", "--blueprint", "toy", "--cast", "presenter=ada", "--script", "news.txt"]
    command += ["--purpose", ABOUT["purpose"], "--project", ABOUT["project"]]
    environment = server.environment | {"PYTHONPATH": os.pathsep.join((str(_toys_installed(folder)), str(ROOT)))}
    with _running(command, environment, folder, folder / "served.log") as process:
        _wait_for_deployments(server, process, folder / "served.log")
        yield Studio(folder, context, untouched)


def enroll(context: AppContext, alias: str) -> Person:
    """Bring in a synthetic person who agrees to everything; their samples are bytes that toys like."""
    person = context.people.enroll(
        alias, "synthetic", [partial(_sample, alias, kind) for kind in (VoiceSample, Portrait)]
    )
    context.people.agree(person, TERMS)
    return person


def _sample(alias: str, kind: type[Artifact], room: Path) -> CheckedSample:
    parts = {part: room / part for part in kind.parts}
    for part, path in parts.items():
        path.write_bytes(f"{alias}'s {part}".encode())
    return CheckedSample(kind, parts)


def _toys_installed(folder: Path) -> Path:
    """Write what an installed package with the toy engines leaves on disk, and return its place."""
    info = folder / "packages" / "avatar_toys-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: avatar-toys\nVersion: 1\n")
    lines = [f"{name} = avatar.testing.toys:{kind().__name__}" for name, kind in TOYS.items()]
    lines += ["buzz = tests.flows.toys:Buzz", "speckle = tests.flows.toys:Speckle"]
    (info / "entry_points.txt").write_text("\n".join(["[avatar.engines]", *lines, ""]))
    return info.parent


def _environment(home: Path) -> dict[str, str]:
    mine = ("PREFECT_", "AVATAR_", "AWS_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(mine) or name == "AVATAR_WEIGHTS"}
    return kept | {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_CLI_COLORS": "false",
        "PYTHONUNBUFFERED": "1",
    }


class _running:
    """A process with a log file, that gets time to stop cleanly."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path, log: Path) -> None:
        self._start = partial(
            subprocess.Popen, command, env=environment, cwd=folder, stderr=subprocess.STDOUT, start_new_session=True
        )
        self._log = log

    def __enter__(self) -> subprocess.Popen[bytes]:
        with self._log.open("wb") as log:
            self._process = self._start(stdout=log)
        return self._process

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def _wait_for(server: Server, process: subprocess.Popen[bytes], log: Path, within: float = 180) -> None:
    end = time.monotonic() + within
    while time.monotonic() < end and process.poll() is None:
        try:
            if server.client.get("/health").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    raise AssertionError(f"no Prefect server after {within} s: {log.read_text()[-3000:]}")


def _wait_for_deployments(server: Server, process: subprocess.Popen[bytes], log: Path, within: float = 120) -> None:
    end = time.monotonic() + within
    while time.monotonic() < end and process.poll() is None:
        names = {"toy", "toy-scheduled", "presenter"}
        if all(server.client.get(f"/deployments/name/produce/{name}").status_code == 200 for name in names):
            return
        time.sleep(0.5)
    raise AssertionError(f"no deployments after {within} s: {log.read_text()[-3000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
