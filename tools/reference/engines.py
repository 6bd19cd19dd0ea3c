"""The page of engines that come along: their work, options and weights."""

from collections.abc import Iterator
from dataclasses import fields
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from avatar.models.reference import ModelRef
from avatar.stages.catalogue import REQUESTS
from avatar.stages.registry import ENTRY_POINT_GROUP, request_of
from tools.reference.markdown import code, prose, table

_HEAD = """# Engines

`avatar engines` lists those that are installed, also from other packages. An option with `path`, `sha256` and
`licence` is a model that you bring (`avatar weights import`); what it leaves out is the default's, for the same model.
"""


def page() -> str:
    """Return every engine of this project, by the request that it carries out."""
    ours = sorted(
        (point for point in entry_points(group=ENTRY_POINT_GROUP) if point.value.startswith("avatar.")),
        key=lambda point: point.name,
    )
    by_work: dict[str, list[tuple[EntryPoint, Any]]] = {name: [] for name in REQUESTS}
    for point in ours:
        engine = point.load()()
        by_work[request_of(engine).__name__].append((point, engine))
    return "\n".join((_HEAD, *_sections(by_work)))


def _sections(by_work: dict[str, list[tuple[EntryPoint, Any]]]) -> Iterator[str]:
    for work, engines in by_work.items():
        yield f"## {work}\n"
        for point, engine in engines:
            yield f"### {point.name}\n"
            yield from (f"{prose(each.__doc__)}\n" for each in _documented(type(engine)))
            options = [(code(field.name), code(_default(getattr(engine, field.name)))) for field in fields(engine)]
            if options:
                yield table(("option", "default"), options)
            if engine.weights:
                yield "Weights: " + ", ".join(f"{code(each.name)} ({each.licence})" for each in engine.weights) + ".\n"


def _documented(engine: type[Any]) -> list[type[Any]]:
    """Return the classes whose words describe *engine*: itself, and the bases that it shares with engines like it."""
    return [each for each in engine.__mro__ if each.__module__.startswith("avatar.engines.")]


def _default(value: Any) -> str:
    return str(value) if isinstance(value, ModelRef) else repr(value)
