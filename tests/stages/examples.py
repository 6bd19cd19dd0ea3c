"""A request of any stage, filled in by its types."""

from dataclasses import fields
from typing import Any, get_args, get_origin, get_type_hints

from avatar.stages.request import Request


def example(kind: type[Request[Any]]) -> Request[Any]:
    """Return a request of *kind*, every field filled in."""
    types = get_type_hints(kind)
    return kind(**{field.name: _value(types[field.name]) for field in fields(kind)})


def _value(kind: Any) -> Any:
    if get_origin(kind) is tuple:
        return (_value(get_args(kind)[0]),) * 2
    return {str: "text", bool: True, int: 1}.get(kind) or kind("a" * 64)
