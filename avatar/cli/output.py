"""What commands print: results on stdout, and what happens on the way on stderr."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import typer

_SHOWN_AFTER_S = 1.0  # a step that is over sooner needs no line


@dataclass
class _Verbosity:
    quiet: bool = False


_verbosity = _Verbosity()  # of this process: one command runs in it


def set_quiet(quiet: bool) -> None:
    """Set whether only results and errors are shown from now on, and nothing on the way."""
    _verbosity.quiet = quiet


def is_quiet() -> bool:
    """Return whether only results and errors are to be shown."""
    return _verbosity.quiet


def print_json(value: Any) -> None:
    """Print *value* on stdout as JSON."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def note(line: str) -> None:
    """Print *line* on stderr, unless nothing is to be shown on the way."""
    if not is_quiet():
        typer.echo(line, err=True)


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Show on stderr what is being done while it is, if it takes longer than a moment; and how long it took."""
    started = time.monotonic()
    timer = threading.Timer(_SHOWN_AFTER_S, note, (f"{doing} …",))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if (seconds := time.monotonic() - started) > _SHOWN_AFTER_S:
        note(f"{doing}: done in {seconds:.1f} s")
