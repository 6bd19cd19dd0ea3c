"""The worker protocol: messages as lines of JSON, so a compromised worker can send nothing else."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from avatar.artifacts.artifact import Artifact
from avatar.consent.brief import Brief
from avatar.errors import AvatarError
from avatar.stages.catalogue import request_of
from avatar.stages.registry import EngineSpec
from avatar.stages.request import Request
from avatar.studio.studio import ProgressEvent


@dataclass(frozen=True)
class WorkRequest:
    """What a worker is to perform. A cleared request cannot be said: each worker asks the gate itself."""

    request: Request[Any]
    choice: EngineSpec
    brief: Brief


@dataclass(frozen=True)
class Halt:
    """What a worker does shall end: what it is for has failed elsewhere."""


@dataclass(frozen=True)
class WorkDone:
    """A worker's answer: the digest of what it made."""

    digest: str


@dataclass(frozen=True)
class WorkFailed:
    """A worker's last answer: why it made nothing."""

    error: Exception


Message = WorkRequest | Halt | ProgressEvent | WorkDone | WorkFailed

_BRIEF = TypeAdapter(Brief)


def encode(said: Message) -> bytes:
    """Return *said* as one line of JSON."""
    return json.dumps({type(said).__name__: _fields(said)}).encode() + b"\n"


def decode(line: bytes) -> Message:
    """Return what *line* says.

    Raises:
        ValueError, LookupError, TypeError, AvatarError: the line is no message of this protocol.
    """
    said = json.loads(line)
    if not isinstance(said, dict):
        raise TypeError(f"a {type(said).__name__} says nothing")
    ((kind, fields),) = said.items()
    match kind:
        case "WorkRequest":
            choice, brief = EngineSpec(fields["engine"], fields["options"]), _BRIEF.validate_python(fields["brief"])
            return WorkRequest(_request(fields), choice, brief)
        case "Halt":
            return Halt()
        case "ProgressEvent":
            request = _request(fields)
            made = _artifact(request, fields["made"])
            return ProgressEvent(str(fields["what"]), request, float(fields["done"]), float(fields["seconds"]), made)
        case "WorkDone":
            return WorkDone(str(fields["digest"]))
        case "WorkFailed":
            kinds = {each.__name__: each for each in _all_of(AvatarError)}
            sentence = str(fields["sentence"])
            known = kinds.get(fields["error"])
            return WorkFailed(known(sentence, code=str(fields["code"])) if known else RuntimeError(sentence))
    raise ValueError(f"nobody says {kind!r}")


def _fields(said: Message) -> dict[str, Any]:
    match said:
        case WorkRequest(request, choice, brief):
            about = {"engine": choice.engine, "options": dict(choice.options)}
            return {**_named(request), **about, "brief": _BRIEF.dump_python(brief, mode="json")}
        case Halt():
            return {}
        case ProgressEvent(what, request, done, seconds, made):
            told = {"what": what, "done": done, "seconds": seconds, "made": made.digest if made else None}
            return {**_named(request), **told}
        case WorkDone(digest):
            return {"digest": digest}
        case WorkFailed(error):
            return {"error": type(error).__name__, "sentence": str(error), "code": getattr(error, "code", "")}


def _named(request: Request[Any]) -> dict[str, Any]:
    return {"request": type(request).__name__, "fields": request.as_json()}


def _request(fields: Mapping[str, Any]) -> Request[Any]:
    return request_of(fields["request"], fields["fields"])


def _artifact(request: Request[Any], digest: str | None) -> Artifact | None:
    return None if digest is None else request.output_type(str(digest))


def _all_of(kind: type[AvatarError]) -> Iterator[type[AvatarError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _all_of(each)
