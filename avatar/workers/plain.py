"""What is said between a production and a worker, as JSON: whoever takes a worker over can say nothing but this."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from avatar.artifacts.artifact import Artifact
from avatar.consent.brief import Brief
from avatar.errors import AvatarError
from avatar.registry import Choice
from avatar.stages.catalogue import request_of
from avatar.stages.request import Request
from avatar.studio import Moment


@dataclass(frozen=True)
class Asked:
    """What a worker is to perform. A cleared request cannot be said: each worker asks the gate itself."""

    request: Request[Any]
    choice: Choice
    brief: Brief


@dataclass(frozen=True)
class Halt:
    """What a worker does shall end: what it is for has failed elsewhere."""


@dataclass(frozen=True)
class Made:
    """A worker's answer: the digest of what it made."""

    digest: str


@dataclass(frozen=True)
class Failed:
    """A worker's last answer: why it made nothing."""

    error: Exception


Said = Asked | Halt | Moment | Made | Failed

_BRIEF = TypeAdapter(Brief)


def plain(said: Said) -> bytes:
    """Return *said* as one line of JSON."""
    return json.dumps({type(said).__name__: _fields(said)}).encode() + b"\n"


def understood(line: bytes) -> Said:
    """Return what *line* says.

    Raises: ValueError, LookupError, TypeError or AvatarError, when it says nothing that can be understood.
    """
    said = json.loads(line)
    if not isinstance(said, dict):
        raise TypeError(f"a {type(said).__name__} says nothing")
    ((kind, fields),) = said.items()
    match kind:
        case "Asked":
            choice, brief = Choice(fields["engine"], fields["options"]), _BRIEF.validate_python(fields["brief"])
            return Asked(_request(fields), choice, brief)
        case "Halt":
            return Halt()
        case "Moment":
            request = _request(fields)
            made = _artifact(request, fields["made"])
            return Moment(str(fields["what"]), request, float(fields["done"]), float(fields["seconds"]), made)
        case "Made":
            return Made(str(fields["digest"]))
        case "Failed":
            kinds = {each.__name__: each for each in _all_of(AvatarError)}
            sentence = str(fields["sentence"])
            known = kinds.get(fields["error"])
            return Failed(known(sentence, code=str(fields["code"])) if known else RuntimeError(sentence))
    raise ValueError(f"nobody says {kind!r}")


def _fields(said: Said) -> dict[str, Any]:
    match said:
        case Asked(request, choice, brief):
            about = {"engine": choice.engine, "options": dict(choice.options)}
            return {**_named(request), **about, "brief": _BRIEF.dump_python(brief, mode="json")}
        case Halt():
            return {}
        case Moment(what, request, done, seconds, made):
            told = {"what": what, "done": done, "seconds": seconds, "made": made.digest if made else None}
            return {**_named(request), **told}
        case Made(digest):
            return {"digest": digest}
        case Failed(error):
            return {"error": type(error).__name__, "sentence": str(error), "code": getattr(error, "code", "")}


def _named(request: Request[Any]) -> dict[str, Any]:
    return {"request": type(request).__name__, "fields": request.as_json()}


def _request(fields: Mapping[str, Any]) -> Request[Any]:
    return request_of(fields["request"], fields["fields"])


def _artifact(request: Request[Any], digest: str | None) -> Artifact | None:
    return None if digest is None else request.makes(str(digest))


def _all_of(kind: type[AvatarError]) -> Iterator[type[AvatarError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _all_of(each)
