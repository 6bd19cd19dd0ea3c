"""Running the command line in a process of its own and reading what it cost from the operating system.

Processor seconds are those of the process and of every process that it started. Memory is that of all of them at the
same time: their proportional set sizes (each page that several share is counted once), added up five times a second.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_EVERY = 0.2  # seconds


@dataclass(frozen=True)
class Cost:
    """What one command cost: processor seconds, peak memory in MB, the report it wrote, if any, and what it *said*."""

    cpu_seconds: float
    peak_mb: float
    report: dict[str, Any]
    said: str


def avatar(*arguments: str, home: Path, workers: int = 1, weighed: bool = True) -> Cost:
    """Run ``avatar`` with *arguments* and its home in *home*; *workers* lines at a time.

    Unless it is *weighed* its peak memory is zero: looking takes a tenth of a core, which nobody else has then.
    """
    environment = {**os.environ, "AVATAR_HOME": str(home / ".avatar"), "AVATAR_WORKERS": str(workers)}
    command = [sys.executable, "-c", "from avatar.cli import main; main()", *arguments]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, env=environment, cwd=home, stdout=said, stderr=said)  # noqa: S603
        with _watched(process.pid) if weighed else nullcontext([0]) as peaks:
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        told = said.read().decode()
    if process.returncode:
        raise RuntimeError(told)
    report = home / "out" / "report.json"
    return Cost(
        usage.ru_utime + usage.ru_stime,
        max(peaks, default=0) / 1024,
        json.loads(report.read_text()) if report.exists() else {},
        told,
    )


@contextmanager
def _watched(root: int) -> Iterator[list[int]]:
    """Give a list that grows by the memory, in KB, of *root* and of all below it."""
    found: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_EVERY):
            found.append(memory_of(root))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join()


def memory_of(root: int) -> int:
    """Return the memory, in KB, of process *root* and of all that descend from it, shared pages counted once."""
    return sum(map(_memory, family(root)))


def family(root: int) -> list[int]:
    """Return the ids of process *root* and of all that descend from it."""
    parents: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents.setdefault(int(status.read_text().rpartition(")")[2].split()[1]), []).append(
                int(status.parent.name)
            )
    found = [root]
    for each in found:
        found += parents.get(each, [])
    return found


def _memory(process: int) -> int:
    with suppress(OSError):
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return 0
