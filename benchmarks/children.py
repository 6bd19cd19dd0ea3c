"""Running the command line in a process of its own and reading what it cost from the operating system."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Cost:
    """What one process cost: processor seconds, peak resident memory in MB, and the report it wrote, if any."""

    cpu_seconds: float
    peak_mb: float
    report: dict[str, Any]


def avatar(*arguments: str, home: Path, workers: int = 1) -> Cost:
    """Run ``avatar`` with *arguments* and its home in *home*; *workers* lines at a time."""
    environment = {**os.environ, "AVATAR_HOME": str(home / ".avatar"), "AVATAR_WORKERS": str(workers)}
    command = [sys.executable, "-c", "from avatar.cli import main; main()", *arguments]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, env=environment, cwd=home, stdout=said, stderr=said)  # noqa: S603
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(said.read().decode())
    report = home / "out" / "report.json"
    return Cost(
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
        json.loads(report.read_text()) if report.exists() else {},
    )
