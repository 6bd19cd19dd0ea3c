"""Several lines at a time: how much sooner, whether the bytes are the same, and when the first shot is there.

Seconds are those of the whole command: what no second worker can help with (starting, assembling, signing) is in them.
Two commands at once, a line at a time each, show what the machine itself gives: its cores share memory and power.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from benchmarks.children import Cost, avatar
from benchmarks.rows import Row
from benchmarks.script import sentences

_LINES, _LONG = 24, 120  # sentences: about a minute, and about 5
_WORKERS = (1, 2, 4)
_ROUNDS = 3
_DEMO = ("demo", "--out", "out", "--script")


def rows() -> Iterator[Row]:
    """Give seconds and efficiency by workers, whether all made the same video, and the seconds to the first shot."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "learned").mkdir()
        avatar(*_DEMO, "The first line only learns.", home=place / "learned")
        seconds: dict[int, list[float]] = {count: [] for count in _WORKERS}
        apart: dict[int, list[float]] = {count: [] for count in _WORKERS}
        beside: list[float] = []
        made = set()
        for _ in range(_ROUNDS):
            for count, found in seconds.items():
                cost = _produced(place, count)
                made.add(cost.report["video"])
                found.append(cost.report["seconds"])
                apart[count].append(_between_shots(cost.said, count))
            with ThreadPoolExecutor(2) as two:
                beside.append(max(cost.report["seconds"] for cost in two.map(lambda _: _produced(place, 1), range(2))))
        middle = {count: median(found) for count, found in seconds.items()}
        for count, each in middle.items():
            yield Row(f"{_LINES} lines, {count} at a time", each, "s")
        yield Row("efficiency of 2 workers", middle[1] / middle[2] / 2, "of twice one")
        yield Row(
            "the same of the lines alone, first ones left out", median(apart[1]) / median(apart[2]) / 2, "of twice one"
        )
        yield Row("two commands at once, a line at a time each", middle[1] / median(beside), "of twice one")
        yield Row("2 workers, beside two commands at once", median(beside) / middle[2] / 2, "of what the machine gives")
        yield Row("different videos by 1, 2 and 4 workers", len(made), "(1: the same bytes)")
        long = {count: _produced(place, count, _LONG).report["seconds"] for count in (1, 2)}
        for count, each in long.items():
            yield Row(f"{_LONG} lines, {count} at a time", each, "s")
        yield Row("efficiency of 2 workers, 5 minutes", long[1] / long[2] / 2, "of twice one")
        yield Row("first shot of 5 minutes, voice known", median(_first_shot(place) for _ in range(_ROUNDS)), "s")
        (place / "empty").mkdir()
        yield Row("first shot of 5 minutes, nobody known", _first_shot(place, "empty"), "s")
        yield Row("load of the machine meanwhile", os.getloadavg()[1], "processes")


def _produced(place: Path, workers: int, lines: int = _LINES) -> Cost:
    home = _copy(place, "learned")
    try:
        return avatar(*_DEMO, sentences(lines), home=home, workers=workers, weighed=False)
    finally:
        shutil.rmtree(home)


def _between_shots(said: str, workers: int) -> float:
    """Return the seconds from one finished shot to the next, once each worker has made its first."""
    kept = [float(seconds) for seconds in re.findall(r"([\d.]+) s  line .*: picture kept", said)]
    return (kept[-1] - kept[workers - 1]) / (len(kept) - workers)


def _first_shot(place: Path, start: str = "learned") -> float:
    """Return the seconds from the start of the command to the first shot that is kept."""
    home = _copy(place, start)
    environment = {**os.environ, "AVATAR_HOME": str(home / ".avatar"), "AVATAR_WORKERS": "2", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", "from avatar.cli import main; main()", *_DEMO, sentences(_LONG)]
    started = time.monotonic()
    with subprocess.Popen(command, env=environment, cwd=home, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        try:
            next(line for line in process.stdout if "picture kept" in line)
            return time.monotonic() - started
        finally:
            process.kill()


def _copy(place: Path, name: str) -> Path:
    return Path(shutil.copytree(place / name, Path(tempfile.mkdtemp(dir=place)) / name))
