"""What is said between a production and a worker: JSON, a line each, over a pair of sockets."""

import json
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from pydantic import TypeAdapter

from avatar import errors
from avatar.artifacts.artifact import Artifact
from avatar.consent.brief import Brief
from avatar.errors import AvatarError
from avatar.registry import Choice
from avatar.stages.catalogue import request_of
from avatar.stages.request import Request
from avatar.studio import Moment, Studio

Open = Callable[..., Studio]  # of whom to tell, whether to halt, and *values* by name

_CHOICE, _BRIEF = TypeAdapter(Choice), TypeAdapter(Brief)


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


@dataclass(frozen=True)
class Asked:
    """What a worker is to perform."""

    request: Request[Any]
    choice: Choice
    brief: Brief

    def plain(self) -> dict[str, Any]:
        """Return it as JSON."""
        choice, brief = _CHOICE.dump_python(self.choice, mode="json"), _BRIEF.dump_python(self.brief, mode="json")
        return {"request": _plain(self.request), "choice": choice, "brief": brief}

    @classmethod
    def told(cls, said: Mapping[str, Any]) -> "Asked":
        """Return what was said as ``plain`` says it."""
        choice, brief = _CHOICE.validate_python(said["choice"]), _BRIEF.validate_python(said["brief"])
        return cls(_request(said["request"]), choice, brief)


def plain_moment(moment: Moment) -> dict[str, Any]:
    """Return *moment* as JSON."""
    made = moment.made and moment.made.digest
    told = {"what": moment.what, "done": moment.done, "seconds": moment.seconds, "made": made}
    return {"moment": told | {"request": _plain(moment.request)}}


def moment_told(said: Mapping[str, Any]) -> Moment:
    """Return the moment that was said as ``plain_moment`` says it."""
    request = _request(said["request"])
    made = made_by(request, said["made"]) if said["made"] else None
    return Moment(said["what"], request, said["done"], said["seconds"], made)


def made_by(request: Request[Any], digest: str) -> Artifact:
    """Return the artifact *digest* as *request* makes it."""
    return request.makes(digest)


def plain_error(error: AvatarError) -> dict[str, Any]:
    """Return *error* as JSON."""
    return {"failed": {"kind": type(error).__name__, "sentence": str(error), "code": error.code}}


def error_told(said: Mapping[str, Any]) -> AvatarError:
    """Return the error that was said as ``plain_error`` says it."""
    kind = getattr(errors, said["kind"], AvatarError)
    error: AvatarError = kind(said["sentence"], code=said["code"])
    return error


class Link:
    """One end of the pair. Several threads may say something; one listens."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._out, self._in = end.makefile("wb"), end.makefile("rb")
        self._lock = threading.Lock()

    def say(self, what: Mapping[str, Any]) -> None:
        """Send *what*. Raises: OSError, when nobody is there any more."""
        line = json.dumps(what).encode() + b"\n"
        with self._lock:
            self._out.write(line)
            self._out.flush()

    def hear(self) -> dict[str, Any]:
        """Return what was said next. Raises: EOFError, when nobody is there any more."""
        try:
            line = self._in.readline()
        except OSError as error:
            raise EOFError from error
        if not line.endswith(b"\n"):  # it ended, perhaps in the middle of a word
            raise EOFError
        said: dict[str, Any] = json.loads(line)
        return said

    def close(self) -> None:
        """Hang up: whoever listens, at either end, hears the end."""
        with suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            self._out.close()
        self._in.close()
        self._end.close()


def _plain(request: Request[Any]) -> dict[str, Any]:
    return {"name": type(request).__name__, "fields": request.as_json()}


def _request(said: Mapping[str, Any]) -> Request[Any]:
    return request_of(said["name"], said["fields"])
