"""How soon a withdrawal ends a running render, with real engines: its refusal in the ledger, and the process gone.

Run as ``python -m benchmarks.stopping [--tries 50] [--json FILE]``. Each try makes another video of ava with mia's
face in a process of its own, and one of them withdraws while shots are rendered.
"""

import argparse
import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from avatar.app.context import AppContext
from avatar.app.settings import Settings
from avatar.cli.demo import TERMS
from avatar.consent.entries import Entry, Performed, Refused, Withdrawn
from benchmarks.children import avatar
from benchmarks.rows import Row, show

_LATER = 2.0  # seconds: a withdrawal comes within this time after the first frames are due
_PATIENCE = 180.0


@dataclass(frozen=True)
class Stop:
    """Seconds from the withdrawal's entry to the first refusal's, and to the end of the process; its exit *status*."""

    refused: float
    gone: float
    status: int


def prepare(home: Path) -> AppContext:
    """Enrol the performers in *home* and learn their voices, so that a try begins with its pictures."""
    avatar("demo", "--out", "out", "--script", "Hello there.", home=home)
    return AppContext(Settings(home=home / ".avatar"))


def stop(context: AppContext, number: int, rng: random.Random) -> Stop:
    """Start production *number* in *context*, withdraw someone while it renders, and see how it ends."""
    everyone = context.people.all()
    for person in everyone:
        context.people.agree(person, replace(TERMS, companions=tuple(each.id for each in everyone)))
    person, began = rng.choice(everyone), context.ledger.read().index + 1
    with _production(context.settings.home, number) as process:
        _wait_for_pictures(context, began, process)
        time.sleep(rng.uniform(0, _LATER))
        context.people.withdraw(person)
        process.wait(_PATIENCE)
        ended = datetime.now(UTC)
    entries = list(context.ledger.entries(began, context.ledger.read().index + 1))
    at = next(position for position, entry in enumerate(entries) if isinstance(entry.fact, Withdrawn))
    refusal = next(entry for entry in entries[at:] if isinstance(entry.fact, Refused))
    return Stop(_seconds(entries[at], refusal.at), _seconds(entries[at], ended), process.returncode)


def main() -> None:
    """Stop one render after the other, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=50)
    parser.add_argument("--json", type=Path, help="also write the rows to this file, as JSON")
    wanted = parser.parse_args()
    rng = random.Random(0)
    with TemporaryDirectory() as folder:
        context = prepare(Path(folder))
        stops = [stop(context, number, rng) for number in range(wanted.tries)]
    show(
        [
            *_rows("refusal in the ledger", [each.refused for each in stops]),
            *_rows("process gone", [each.gone for each in stops]),
            Row("exit status other than 1", sum(each.status != 1 for each in stops), "times"),
        ],
        wanted.json,
    )


def _production(home: Path, number: int) -> subprocess.Popen[bytes]:
    # Nothing in it was made in an earlier try: what is recalled would be refused before any picture is made.
    text = " ".join(f"Nobody has heard script {number} before, and this is its sentence {each}." for each in range(12))
    command = [sys.executable, "-c", "from avatar.cli import main; main()", "demo", "--out", "out", "--script", text]
    environment = {**os.environ, "AVATAR_HOME": str(home), "AVATAR_WORKERS": "2"}
    return subprocess.Popen(  # noqa: S603
        command, env=environment, cwd=home.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _wait_for_pictures(context: AppContext, began: int, process: subprocess.Popen[bytes]) -> None:
    # The last step before a shot is rendered; describing it takes no time.
    end = time.monotonic() + _PATIENCE
    while not any(
        isinstance(entry.fact, Performed) and entry.fact.request == "RefineLips"
        for entry in context.ledger.entries(began, context.ledger.read().index + 1)
    ):
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError("nothing was rendered")
        time.sleep(0.05)


def _seconds(withdrawn: Entry, then: datetime) -> float:
    return (then - withdrawn.at).total_seconds()


def _rows(what: str, seconds: Sequence[float]) -> list[Row]:
    p99 = quantiles(seconds, n=100, method="inclusive")[98] if len(seconds) > 1 else seconds[0]
    return [
        Row(f"{what}, median of {len(seconds)}", median(seconds), "s"),
        Row(f"{what}, p99", p99, "s"),
        Row(f"{what}, longest", max(seconds), "s"),
    ]


if __name__ == "__main__":
    main()
