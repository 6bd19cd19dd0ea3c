"""A long script through the command line: memory against a tenth of it, and what a kill in the middle costs.

Two hundred lines with pronunciations, blanks and SSML become a video (small, as ``avatar preview`` makes it). The
process is killed with SIGKILL half-way and started again; the ledger tells which work was done twice. Memory is that
of the command and its workers together, looked at twice a second: of the run killed and of the one that went on,
against a run of a tenth of the lines.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path

from avatar.app.context import AppContext
from avatar.app.settings import Settings
from avatar.consent.entries import Performed
from avatar.consent.ledger import Ledger
from benchmarks.children import memory_of
from benchmarks.rows import Row, show

_PERFORMERS = Path(__file__).parents[1] / "performers"
_WORKERS = 2
_WHO = (
    "Siobhan",
    "Our editor",
    "Nobody",
    "Everyone",
    "My neighbour",
    "The guard",
    "Her brother",
    "He",
    "She",
    "The boy",
)
_DOES = ("<emphasis>found</emphasis>", "opened", 'kept <break time="200ms"/>', "carried", "lost")
_WHAT = ("the {colour} key.", "a heavy box.", "2 old maps.", '<prosody rate="fast">the last letter.</prosody>')
_GLOSSARY = "Siobhan: {ipa: ʃɪˈvɔːn}\nneighbour: {say: naybur}\n"


def script_of(lines: int) -> str:
    """Return a script of so many different lines, all of which hold pronunciations, blanks or marks (200 at most)."""
    made = [" ".join(words) for words in product(_WHO, _DOES, _WHAT)]
    if lines > len(made):
        raise ValueError(f"there are only {len(made)} lines, not {lines}")
    return "\n\n".join(made[:: len(made) // lines][:lines])


@dataclass
class Place:
    """A context below *folder*, with ava in it, and the command line pointed at it."""

    folder: Path
    _done: Counter[str] = field(default_factory=Counter)
    _seen: int = -1

    def settle(self) -> None:
        """Enrol ava, and have her agree."""
        (self.folder / "words.yaml").write_text(_GLOSSARY, encoding="utf-8")
        voice = ("--voice", str(_PERFORMERS / "ava_statement.flac"))
        words = ("--transcript", str(_PERFORMERS / "ava_statement.txt"))
        portrait = ("--portrait", str(_PERFORMERS / "ava.png"))
        self._run("enroll", "ava", "--capacity", "synthetic", *voice, *words, *portrait)
        uses = ("clone-voice", "animate-face", "refine-lips", "publish", "guard-voice")
        about = ("--purpose", "research", "--project", "lines", "--description", "As many lines as it takes.")
        self._run("grant", "ava", *(word for use in uses for word in ("--use", use)), *about)

    def start(self, lines: int) -> "Run":
        """Start to make a script of so many *lines*."""
        (self.folder / "script.txt").write_text(script_of(lines), encoding="utf-8")
        said = ("--script", "script.txt", "--set", "colour=yellow", "--glossary", "words.yaml", "--lines", str(lines))
        about = ("--cast", "presenter=ava", "--purpose", "research", "--project", "lines", "--out", "out")
        return self._started("preview", "presenter", *said, *about)

    def performed(self) -> Counter[str]:
        """Return how often each kind of work was done, and not recalled, by the ledger."""
        newest = self._ledger.read().index
        for index in range(self._seen + 1, newest + 1):
            fact = self._ledger.entry(index).fact
            if isinstance(fact, Performed) and not fact.recalled:
                self._done[fact.request] += 1
        self._seen = newest
        return self._done.copy()

    @cached_property
    def _ledger(self) -> Ledger:
        return AppContext(Settings(home=self.folder / ".avatar")).ledger

    def _run(self, *arguments: str) -> None:
        self._started(*arguments).wait()

    def _started(self, *arguments: str) -> "Run":
        mine = {"AVATAR_HOME": str(self.folder / ".avatar"), "AVATAR_WORKERS": str(_WORKERS)}
        command = [sys.executable, "-c", "from avatar.cli import main; main()", *arguments]
        with (self.folder / "said.txt").open("wb") as said:
            process = subprocess.Popen(  # noqa: S603
                command, env={**os.environ, **mine}, cwd=self.folder, stdout=said, stderr=said
            )
        return Run(process, self.folder / "said.txt")


class Run:
    """A process that runs, and the most memory that it and its workers were seen to hold, in MB."""

    def __init__(self, process: subprocess.Popen[bytes], said: Path) -> None:
        self._process, self._said = process, said
        self.peak = 0.0

    def wait(self, until: Callable[[], bool] = lambda: False) -> bool:
        """Wait for the end (then return False), or until *until* (then return True).

        Raises: RuntimeError, when the process failed.
        """
        while self._process.poll() is None:
            self.peak = max(self.peak, memory_of(self._process.pid) / 1024)
            if until():
                return True
            time.sleep(0.5)
        if self._process.returncode:
            raise RuntimeError(self._said.read_text())
        return False

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


def interrupted(place: Place, lines: int, at: int) -> tuple[Counter[str], Counter[str], Run, Run]:
    """Make *lines*, killed when *at* of them are spoken, and go on.

    Return the work done before the kill and in all, and both runs.
    """
    first = place.start(lines)
    if not first.wait(until=lambda: place.performed()["CloneVoice"] >= at):
        raise RuntimeError("it was done before it could be killed")
    first.kill()
    before = place.performed()
    second = place.start(lines)
    second.wait()
    return before, place.performed(), first, second


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the rows to this file, as JSON")
    parser.add_argument("--lines", type=int, default=200, help="how many lines the script has (200 at most)")
    wanted = parser.parse_args()
    lines, few = wanted.lines, max(wanted.lines // 10, 1)
    with tempfile.TemporaryDirectory() as folder:
        small, large = (Place(Path(folder) / name) for name in ("small", "large"))
        for place in (small, large):
            place.folder.mkdir()
            place.settle()
        short = small.start(few)
        short.wait()
        before, after, first, second = interrupted(large, lines, lines // 2)
    rows = [
        Row(f"peak memory, {few} lines", short.peak, "MB"),
        Row(f"peak memory, {lines} lines, until killed", first.peak, "MB"),
        Row(f"peak memory, {lines} lines, going on", second.peak, "MB"),
        Row("long over short", max(first.peak, second.peak) / short.peak, "ratio"),
        Row("lines spoken when killed", before["CloneVoice"], "lines"),
        Row("lines spoken in both runs", after["CloneVoice"], "lines"),
        Row("finished lines spoken again", after["CloneVoice"] - lines, "lines"),
        Row("finished shots made again", after["Render"] - lines, "shots"),
        Row("lines in flight at most", _WORKERS, "lines"),
    ]
    show(rows, wanted.json)


if __name__ == "__main__":
    main()
