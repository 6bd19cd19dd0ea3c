"""The page of engines that come along: their work, options and weights."""

from collections.abc import Iterator
from dataclasses import fields
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from avatar.stages.catalogue import REQUESTS
from avatar.stages.registry import ENTRY_POINT_GROUP, request_of
from tools.reference.markdown import code, prose, table

_HEAD = """# Engines

`avatar engines` lists those that are installed, also from other packages. Fields ending in `_sha256` pin a model that
you bring (`avatar weights bring`).
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
            yield f"{prose(type(engine).__doc__)}\n"
            options = [(code(field.name), code(repr(getattr(engine, field.name)))) for field in fields(engine)]
            if options:
                yield table(("option", "default"), options)
            if engine.weights:
                yield "Weights: " + ", ".join(f"{code(each.name)} ({each.licence})" for each in engine.weights) + ".\n"
