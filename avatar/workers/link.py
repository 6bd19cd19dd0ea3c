"""What is said between a production and a worker: whole Python values over a pair of sockets."""

import pickle
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from avatar.artifacts.artifact import Artifact
from avatar.consent.brief import Brief
from avatar.registry import Choice
from avatar.stages.request import Request
from avatar.studio import Moment, Studio

# Opens a worker's own studio. It goes to the worker by name and value, like all that is said here: a cleared request
# cannot (it refuses to be pickled), so each worker asks the gate itself.
Opening = Callable[[Callable[[Moment], None], Callable[[], bool]], Studio]


@dataclass(frozen=True)
class Asked:
    """What a worker is to perform."""

    request: Request[Any]
    choice: Choice
    brief: Brief


@dataclass(frozen=True)
class Halt:
    """What a worker does shall end: what it is for has failed elsewhere."""


@dataclass(frozen=True)
class Made:
    """A worker's answer: what it made."""

    artifact: Artifact


@dataclass(frozen=True)
class Failed:
    """A worker's last answer: why it made nothing."""

    error: Exception


class Link:
    """One end of the pair. Several threads may say something; one listens."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._out, self._in = end.makefile("wb"), end.makefile("rb")
        self._lock = threading.Lock()

    def say(self, what: Any) -> None:
        """Send *what*. Raises: OSError, when nobody is there any more."""
        data = pickle.dumps(what)
        with self._lock:
            self._out.write(data)
            self._out.flush()

    def hear(self) -> Any:
        """Return what was said next. Raises: EOFError, when nobody is there any more."""
        try:
            return pickle.load(self._in)  # noqa: S301 - from a process that this one started, or was started by
        except (OSError, pickle.UnpicklingError) as error:  # it ended in the middle of a word
            raise EOFError from error

    def close(self) -> None:
        """Hang up: whoever listens, at either end, hears the end."""
        with suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            self._out.close()
        self._in.close()
        self._end.close()
