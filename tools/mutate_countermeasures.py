"""Takes countermeasures out, one by one, in a copy of the source, and runs the attack cases that name them.

Run as ``python -m tools.mutate_countermeasures [--only NAME ...] [--json FILE]``. Exits with 1 if a mutant survives: if
its cases pass, or hang so that nothing says anything.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.redteam.table import Case, cases
from tools.mutants import HANGS, MUTANTS, Mutant

ROOT = Path(__file__).parents[1]
EACH_TEST = 90  # seconds, after which a case that hangs has failed
ALTOGETHER = 400  # seconds, after which a mutant counts as a survivor: nobody said that it is wrong

_SECONDS = count(1_000_000_000)  # time stamps, none twice
_CHANGED = ("avatar", "tests")  # copied; everything else is only looked at


@dataclass(frozen=True)
class Result:
    """What became of one mutant: the cases that failed, and why not if none did."""

    mutant: Mutant
    failed: tuple[str, ...]
    words: str
    seconds: float

    @property
    def killed(self) -> bool:
        return bool(self.failed)


class MutationError(Exception):
    """A mutant does not fit the source, or its cases fail without it."""


def run(mutants: Sequence[Mutant]) -> Iterator[Result]:
    """Run the cases of every countermeasure among *mutants* as they are, then each mutant; yield what became of it."""
    by_name: dict[str, list[Case]] = {}
    for case in cases():
        by_name.setdefault(case.attack.by, []).append(case)
    with tempfile.TemporaryDirectory(prefix="avatar-mutants-") as folder:
        copy = _copied(Path(folder) / "copy")
        tests = [case.test for name in sorted({mutant.name for mutant in mutants}) for case in by_name[name]]
        failed, words = _pytest(copy, tests)
        if failed or words:
            raise MutationError(f"without any mutant: {', '.join(failed)} {words}")
        for mutant in mutants:
            started = time.monotonic()
            with applied(mutant, copy):
                failed, words = _pytest(copy, [case.test for case in by_name[mutant.name]], "-x")
            yield Result(mutant, failed, words, time.monotonic() - started)


@contextmanager
def applied(mutant: Mutant, root: Path) -> Iterator[None]:
    """Write *mutant* into the copy of the source below *root*, for as long as the block lasts."""
    path = root / "avatar" / mutant.file
    before = path.read_text()
    try:
        _write(path, mutated(mutant, before))
        yield
    finally:
        _write(path, before)


def _write(path: Path, source: str) -> None:
    path.write_text(source)
    # What was compiled is known by its second and size: two versions must never share both.
    os.utime(path, (next(_SECONDS), next(_SECONDS)))


def mutated(mutant: Mutant, source: str) -> str:
    """Return *source* without the countermeasure of *mutant*.

    Raises:
        MutationError: a text that is to be replaced is not there exactly once.
    """
    for old, new in mutant.edits:
        if source.count(old) != 1:
            raise MutationError(f"{mutant.name}: {old!r} is {source.count(old)} times in {mutant.file}, not once")
        source = source.replace(old, new)
    return source


def _copied(to: Path) -> Path:
    to.mkdir()
    for entry in ROOT.iterdir():
        if entry.name in _CHANGED:
            shutil.copytree(entry, to / entry.name, ignore=shutil.ignore_patterns("__pycache__", "data"))
            for data in entry.rglob("data"):
                (to / data.relative_to(ROOT)).symlink_to(data)
        elif not entry.name.startswith("."):
            (to / entry.name).symlink_to(entry)
    return to


def _pytest(copy: Path, tests: Sequence[str], *options: str) -> tuple[tuple[str, ...], str]:
    """Run *tests* in *copy*; return which failed, and why nothing can be said if nothing can."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        f"--timeout={EACH_TEST}",
        "-rfE",
        *options,
        *tests,
    ]
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and tests
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=ALTOGETHER, check=False
        )
    except subprocess.TimeoutExpired:
        return (), "hung"
    lines = [line.split(" - ")[0].split() for line in done.stdout.splitlines() if line.startswith("FAILED ")]
    failed = tuple(line[1].removeprefix("tests/redteam/") for line in lines)
    if done.returncode == 1 and failed:
        return failed, ""
    return (), "" if done.returncode == 0 else done.stdout[-2000:] + done.stderr[-2000:]


def main() -> int:
    """Run what is asked for, and say what became of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", help="names of countermeasures; all of them when left out")
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    asked = parser.parse_args()
    chosen = [mutant for mutant in (*MUTANTS, *HANGS) if not asked.only or mutant.name in asked.only]
    results = []
    for result in run(chosen):
        results.append(result)
        said = f"by {len(result.failed)}: {result.failed[0]}" if result.killed else result.words
        verdict = "killed  " if result.killed else "SURVIVED"
        sys.stdout.write(
            f"{verdict} {result.mutant.name:<28} {result.mutant.file:<28} {result.seconds:5.1f} s {said}\n"
        )
        sys.stdout.flush()
    killed = sum(result.killed for result in results)
    names = {result.mutant.name for result in results}
    sys.stdout.write(f"{killed} of {len(results)} mutants killed, of {len(names)} countermeasures\n")
    if asked.json:
        rows = [{"name": r.mutant.name, "file": r.mutant.file, "killed": r.killed, "by": r.failed} for r in results]
        asked.json.write_text(json.dumps(rows, indent=2) + "\n")
    return int(killed < len(results))


if __name__ == "__main__":
    sys.exit(main())
