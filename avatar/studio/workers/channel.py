"""The message channel between a production and a worker."""

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from avatar.errors import AvatarError
from avatar.studio.studio import ProgressEvent, Studio
from avatar.studio.workers.protocol import Message, decode, encode

Open = Callable[..., Studio]  # takes whom to on_progress, whether to halt, and *values* by name


@dataclass(frozen=True)
class StudioFactory:
    """How a worker opens its own studio: which function does it, and the plain *values* that it takes by name."""

    module: str
    name: str
    values: Mapping[str, Any]

    @classmethod
    def of(cls, function: Open, **values: Any) -> "StudioFactory":
        return cls(function.__module__, function.__name__, values)

    def open(self, on_progress: Callable[[ProgressEvent], None], is_cancelled: Callable[[], bool]) -> Studio:
        """Open the studio: it tells *on_progress*, and goes on until *is_cancelled*."""
        studio: Studio = getattr(import_module(self.module), self.name)(on_progress, is_cancelled, **self.values)
        return studio


class MessageChannel:
    """One end of the pair. Several threads may say something; one listens."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._out, self._in = end.makefile("wb"), end.makefile("rb")
        self._lock = threading.Lock()

    def say(self, what: Message) -> None:
        """Send *what*.

        Raises:
            OSError: nobody is there any more.
        """
        data = encode(what)
        with self._lock:
            self._out.write(data)
            self._out.flush()

    def hear(self) -> Message:
        """Return the next message.

        Raises:
            EOFError: nobody is there any more, or what came is no message.
        """
        try:
            line = self._in.readline()
            if not line.endswith(b"\n"):  # nobody is there, or it ended in the middle of a word
                raise EOFError
            return decode(line)
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
