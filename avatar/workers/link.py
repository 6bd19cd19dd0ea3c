"""One end of the line between a production and a worker."""

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from avatar.errors import AvatarError
from avatar.studio import Moment, Studio
from avatar.workers.plain import Said, plain, understood

Open = Callable[..., Studio]  # takes whom to tell, whether to halt, and *values* by name


@dataclass(frozen=True)
class Opening:
    """How a worker opens its own studio: which function does it, and the plain *values* that it takes by name."""

    module: str
    name: str
    values: Mapping[str, Any]

    @classmethod
    def of(cls, function: Open, **values: Any) -> "Opening":
        return cls(function.__module__, function.__name__, values)

    def open(self, tell: Callable[[Moment], None], halted: Callable[[], bool]) -> Studio:
        """Open the studio: it tells *tell*, and goes on until *halted*."""
        studio: Studio = getattr(import_module(self.module), self.name)(tell, halted, **self.values)
        return studio


class Link:
    """One end of the pair. Several threads may say something; one listens."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._out, self._in = end.makefile("wb"), end.makefile("rb")
        self._lock = threading.Lock()

    def say(self, what: Said) -> None:
        """Send *what*. Raises: OSError, when nobody is there any more."""
        data = plain(what)
        with self._lock:
            self._out.write(data)
            self._out.flush()

    def hear(self) -> Said:
        """Return what was said next. Raises: EOFError, when nobody is there any more, or talks nonsense."""
        try:
            line = self._in.readline()
            if not line.endswith(b"\n"):  # nobody is there, or it ended in the middle of a word
                raise EOFError
            return understood(line)
        except (OSError, ValueError, LookupError, TypeError, AvatarError) as error:
            raise EOFError from error

    def close(self) -> None:
        """Hang up: whoever listens, at either end, hears the end."""
        with suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            self._out.close()
        self._in.close()
        self._end.close()
