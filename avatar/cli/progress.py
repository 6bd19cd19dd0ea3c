"""Progress per line and stage, on a terminal or in a log."""

import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from avatar.artifacts.artifact import Footage, FrameDeltas, Shot, Speech
from avatar.cli.output import is_quiet
from avatar.stages.catalogue import REQUESTS
from avatar.stages.render import KeepPatches
from avatar.stages.request import Request
from avatar.studio.studio import ProgressEvent

# What takes time on a line: animation, swap and lips flow inside the picture, or where patches are kept, before it.
_TAKES_TIME = (Speech, FrameDeltas, Shot)
_COLUMNS = tuple(dict.fromkeys(k.progress_label for k in REQUESTS.values() if k.output_type in _TAKES_TIME))
_SOMETIMES = KeepPatches.progress_label
_ENDS = ("kept", "recalled", "refused")


@dataclass
class _Tally:
    performed: int = 0
    recalled: int = 0
    seconds: float = 0.0


@dataclass
class _Line:
    text: str
    cells: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


class Progress:
    """Hears the studio's moments and shows where each line is. Usable as a context manager."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, quiet=is_quiet())
        self._lock = threading.Lock()
        self._tallies = {kind.progress_label: _Tally() for kind in REQUESTS.values()}
        self._lines: list[_Line] = []
        self._of_artifact: dict[str, _Line] = {}  # speech or footage digest -> its line
        self._begun: set[Request[Any]] = set()
        self._expected = 0
        self._whole = ""
        self._live = Live(console=self._console, refresh_per_second=4, get_renderable=self._table)
        self._started = time.monotonic()

    def __enter__(self) -> "Progress":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def begin(self, lines: int) -> None:
        """Say how many lines there are to make."""
        self._expected = lines
        if not self._console.is_terminal:
            self._console.print(f"{lines} line(s) to make", highlight=False)

    def tell(self, moment: ProgressEvent) -> None:
        """Take in one moment of the studio. Called from several threads."""
        with self._lock:
            self._count(moment)
            line = self._line_of(moment)
            stage = moment.request.progress_label
            cell = _cell(moment)
            if line is None:
                self._whole = f"{stage} {cell}"
            else:
                line.cells[stage] = cell
                if moment.what in ("kept", "recalled"):
                    line.seconds[stage] = round(moment.seconds, 3)
            if not self._console.is_terminal and (moment.what in _ENDS or self._begins(moment, line)):
                self._log(moment, stage, line)

    def _begins(self, moment: ProgressEvent, line: _Line | None) -> bool:
        """Return whether this is the start of work for the whole video: in a log nothing else is seen meanwhile."""
        if moment.what != "running" or line is not None or moment.request in self._begun:
            return False
        self._begun.add(moment.request)
        return True

    def stages(self) -> dict[str, dict[str, float]]:
        """Return how often each stage ran and was recalled, and its seconds."""
        used = {name: tally for name, tally in self._tallies.items() if tally.performed or tally.recalled}
        return {
            name: {"performed": t.performed, "recalled": t.recalled, "seconds": round(t.seconds, 3)}
            for name, t in used.items()
        }

    def lines(self) -> list[dict[str, float]]:
        """Return the seconds of each stage, line by line, in the order they began."""
        return [line.seconds for line in self._lines]

    def _count(self, moment: ProgressEvent) -> None:
        tally = self._tallies[moment.request.progress_label]
        if moment.what == "kept":
            tally.performed += 1
            tally.seconds += moment.seconds
        elif moment.what == "recalled":
            tally.recalled += 1

    def _line_of(self, moment: ProgressEvent) -> _Line | None:
        request = moment.request
        if request.spoken_text:
            text = " ".join(request.spoken_text)
            line = next((line for line in self._lines if line.text == text), None)
            if line is None:
                line = _Line(text)
                self._lines.append(line)
            if isinstance(moment.made, Speech):
                self._of_artifact[moment.made.digest] = line
            return line
        own = next((self._of_artifact[a.digest] for a in request.inputs() if a.digest in self._of_artifact), None)
        if own and moment.made and not isinstance(moment.made, Shot):
            self._of_artifact[moment.made.digest] = own
        return own

    def _log(self, moment: ProgressEvent, stage: str, line: _Line | None) -> None:
        if moment.request.output_type is Footage:
            return  # it is only described: whoever pulls its frames takes the time
        where = f"line {self._lines.index(line) + 1} of {self._expected}" if line else "whole"
        took = f" in {moment.seconds:.1f} s" if moment.what == "kept" else ""
        self._console.print(f"{time.monotonic() - self._started:6.1f} s  {where}: {stage} {moment.what}{took}")

    def _table(self) -> Table:
        table = Table(box=None, padding=(0, 1))
        with self._lock:
            columns = [
                name for name in _COLUMNS if name != _SOMETIMES or any(name in line.cells for line in self._lines)
            ]
            for name in ("line", *columns, "text"):
                table.add_column(name)
            for number, line in enumerate(self._lines, start=1):
                cells = [line.cells.get(stage, "") for stage in columns]
                table.add_row(f"{number} of {self._expected}", *cells, line.text[:60])
            if self._whole:
                table.add_row("whole", self._whole)
        return table


def _cell(moment: ProgressEvent) -> str:
    if moment.what == "running":
        filled = int(moment.done * 12)
        return "━" * filled + "╌" * (12 - filled) + f" {moment.done:4.0%}"
    return {"kept": f"done, {moment.seconds:.1f} s", "recalled": "recalled"}.get(moment.what, moment.what)
