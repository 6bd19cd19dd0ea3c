"""The command line, run as people run it: in its own process, in a home of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

SCRIPT = "Hello, and welcome. Bob paid for five maps. We may move on, if you like. Thank you for watching."


@dataclass(frozen=True)
class Place:
    """A folder with a context in it, and the command line pointed at it."""

    folder: Path
    store: str = ""
    endpoint: str = ""
    workers: int = 2

    @property
    def video(self) -> Path:
        return self.folder / "out" / "video.mp4"

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AVATAR_", "AWS_"))}
        mine = {"AVATAR_HOME": str(self.folder / ".avatar"), "AVATAR_WORKERS": str(self.workers)}
        if os.environ.get("AVATAR_WEIGHTS"):
            mine["AVATAR_WEIGHTS"] = os.environ["AVATAR_WEIGHTS"]
        if self.store:
            mine |= {
                "AVATAR_STORE": self.store,
                "AWS_ENDPOINT_URL": self.endpoint,
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_DEFAULT_REGION": "us-east-1",
            }
        return kept | mine

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-c", "from avatar.cli import main; main()", *arguments]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def demo(self, script: str = SCRIPT) -> dict[str, Any]:
        done = self.run("demo", "--out", "out", "--script", script)
        assert done.returncode == 0, done.stdout + done.stderr
        return self.report()

    def report(self) -> dict[str, Any]:
        """Return what the last demo said that it had done."""
        report: dict[str, Any] = json.loads((self.folder / "out" / "report.json").read_text())
        return report

    def entries(self) -> list[dict[str, Any]]:
        return [entry["fact"] for entry in self._ledger()]

    def when(self, kind: str) -> datetime:
        """When the first fact of *kind* was recorded."""
        return next(datetime.fromisoformat(e["at"]) for e in self._ledger() if e["fact"]["kind"] == kind)

    def _ledger(self) -> list[dict[str, Any]]:
        folder = self.folder / ".avatar" / "store" / "ledger" / "entries"
        return [json.loads(path.read_text()) for path in sorted(folder.iterdir())]

    def pictures(self) -> int:
        """How many shots the ledger says were rendered."""
        return sum(e["kind"] == "performed" and e["request"] == "Render" and not e["recalled"] for e in self.entries())

    def wait_for(self, what: Callable[["Place"], bool], running: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + 120
        while not what(self):
            assert running.poll() is None, running.communicate()[0]
            assert time.monotonic() < deadline, "it never happened"
            time.sleep(0.02)


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
