"""Find installed engines by entry point and build them with validated options."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from difflib import get_close_matches
from functools import cache
from importlib.metadata import entry_points
from math import isfinite
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from avatar.artifacts.manifest import Work
from avatar.canonical import canonical
from avatar.errors import UnknownEngineError
from avatar.models.weights import all_weights
from avatar.stages.request import Request

ENTRY_POINT_GROUP = "avatar.engines"


@dataclass(frozen=True)
class EngineSpec:
    """An engine by name, with some of its options; the rest keep their defaults."""

    engine: str
    options: Mapping[str, Any] = field(default_factory=dict)


Build = Callable[[EngineSpec], Any]


def build(choice: EngineSpec) -> Any:
    """Return the engine that *choice* names, its options checked against its fields.

    Only entry points count: naming any importable object in a blueprint would be code execution.
    """
    return assemble(choice, installed())


def assemble(choice: EngineSpec, engines: Mapping[str, Callable[[], type[Any]]]) -> Any:
    """Return the engine that *choice* names among *engines*."""
    if choice.engine not in engines:
        raise UnknownEngineError(
            f"no engine {choice.engine!r}{did_you_mean(choice.engine, engines)}; "
            f"installed: {', '.join(sorted(engines))}",
            code="engine.unknown",
        )
    kind = engines[choice.engine]()
    names = [field.name for field in fields(kind)]
    for option in choice.options:
        if option not in names:
            raise UnknownEngineError(
                f"engine {choice.engine!r} has no option {option!r}{did_you_mean(option, names)}; "
                f"it has: {', '.join(names) or 'none'}",
                code="engine.unknown-option",
            )
    return _validated(kind, choice)


@cache
def installed() -> Mapping[str, Callable[[], type[Any]]]:
    """Return a loader for each installed engine, by name."""
    return {point.name: point.load for point in entry_points(group=ENTRY_POINT_GROUP)}


def request_of(engine: Any) -> type[Request[Any]]:
    """Return the kind of request that *engine* does, read from the type of its ``run``."""
    cleared = get_type_hints(type(engine).run)["cleared"]
    kind: type[Request[Any]] = get_args(cleared)[0]
    return kind


def languages_of(engine: Any) -> tuple[str, ...]:
    """Return the languages that a voice *engine* speaks: those it declares, that of its options, or else English."""
    declared: tuple[str, ...] | None = getattr(engine, "languages", None)
    return declared or (str(getattr(engine, "language", "en")),)


def describe_work(request: Request[Any], choice: EngineSpec, engine: Any) -> Work:
    """Describe doing *request* with *engine* by everything that decides the outcome."""
    return Work(
        request=type(request).__name__,
        fields=request.as_json(),
        use=request.use,
        engine=choice.engine,
        options=json.loads(canonical(asdict(engine))),  # as a manifest will give them back
        version=engine.version,
        weights={weights.name: weights.sha256 for weights in engine.weights},
        said=request.spoken_text,
        shown=request.displayed_text,
        commercial=all(weights.commercial for weights in all_weights(engine)),
    )


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the closest of *known*, or nothing."""
    close = get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _validated(kind: type[Any], choice: EngineSpec) -> Any:
    try:
        engine = TypeAdapter(kind).validate_python(dict(choice.options), strict=False)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnknownEngineError(
            f"engine {choice.engine!r}, option {where!r}: {first['input']!r} will not do: {first['msg'].lower()}",
            code="engine.bad-option",
        ) from error
    for option, value in asdict(engine).items():
        if isinstance(value, float) and not isfinite(value):
            raise UnknownEngineError(
                f"engine {choice.engine!r}, option {option!r}: {value} will not do: give a finite number",
                code="engine.bad-option",
            )
    return engine
