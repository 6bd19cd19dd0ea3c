"""What is expensive to make is made once for all processes of a test run, which wait for it at a lock."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

SHUTDOWN_TIMEOUT_S = 5


def shared_folder(config: pytest.Config) -> Path:
    """Return a folder of this test run that all of its processes see; who asks first, makes what is in it."""
    folder: Path = config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
    return folder.parent if hasattr(config, "workerinput") else folder


def made_once(root: Path, name: str, make: Callable[[Path], Any]) -> Path:
    """Return the folder *name* below *root*, which *make* has filled, in this process or in another one."""
    folder, done = root / name, root / f"{name}.made"
    with FileLock(root / f"{name}.lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


def served_once(root: Path, name: str, start: Callable[[Path], tuple["subprocess.Popen[bytes]", str]]) -> str:
    """Return the address of the server *name*, which *start* has started for all processes of the test run.

    It gets a session of its own and outlives the process that started it: ``stop_servers`` ends it.
    """

    def make(folder: Path) -> None:
        process, address = start(folder)
        (folder / "server.json").write_text(json.dumps({"pid": process.pid, "address": address}))

    return str(json.loads((made_once(root, name, make) / "server.json").read_text())["address"])


def stop_servers(root: Path, names: dict[str, signal.Signals]) -> None:
    """Stop the servers of the run in *root*: each is asked by the signal beside its name, and killed if it stays."""
    for name, asked in names.items():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            group = int(json.loads((root / name / "server.json").read_text())["pid"])
            os.killpg(group, asked)
            end = time.monotonic() + SHUTDOWN_TIMEOUT_S
            while time.monotonic() < end and _runs(group):
                time.sleep(0.1)
            os.killpg(group, signal.SIGKILL)


def _runs(group: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(group, os.WNOHANG)  # it may be our own child, and wait to be asked how it ended
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
