"""The catalogue of request classes, by name; rebuild a request from a manifest."""

from collections.abc import Mapping
from typing import Any, get_args, get_origin, get_type_hints

from avatar.artifacts.artifact import Artifact
from avatar.artifacts.manifest import Work
from avatar.errors import StoreError
from avatar.stages import face, render, voice
from avatar.stages.c2pa_action import C2paAction
from avatar.stages.request import Request

REQUESTS: Mapping[str, type[Request[Any]]] = {
    kind.__name__: kind
    for module in (voice, face, render)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Request) and kind.__module__ == module.__name__
}
C2PA_ACTIONS: Mapping[str, C2paAction | None] = {name: kind.c2pa_action for name, kind in REQUESTS.items()}


def rebuild(work: Work) -> Request[Any]:
    """Return the request that *work* carried out."""
    return request_of(work.request, work.fields)


def request_of(name: str, fields: Mapping[str, Any]) -> Request[Any]:
    """Return the request of the kind *name* whose ``as_json`` gave these *fields*."""
    kind = REQUESTS.get(name)
    if kind is None:
        raise StoreError(f"a manifest names the unknown request {name!r}", code="store.altered")
    types = get_type_hints(kind)
    return kind(**{name: _typed(types[name], value) for name, value in fields.items()})


def _typed(kind: Any, value: Any) -> Any:
    if get_origin(kind) is tuple:
        return tuple(_typed(get_args(kind)[0], item) for item in value)
    if isinstance(kind, type) and issubclass(kind, Artifact):
        return kind(value)
    return value
