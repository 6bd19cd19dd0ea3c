"""Find installed engines by entry point and build them with validated options."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from math import isfinite
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from avatar.artifacts.manifest import Work
from avatar.canonical import canonical
from avatar.errors import UnknownEngineError
from avatar.models.declaration import refuse_model_path, refuse_undeclared_models
from avatar.models.weights import all_weights
from avatar.runtime.spelling import did_you_mean
from avatar.stages.model_options import refuse_flat_models, with_models
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
    refuse_undeclared_models(choice.engine, kind)
    refuse_flat_models(kind, choice.engine, choice.options)
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
    """Return a loader for each installed engine, by name. It refuses an engine with a model that nobody declared."""
    return {point.name: partial(_load, point) for point in entry_points(group=ENTRY_POINT_GROUP)}


def _load(point: EntryPoint) -> type[Any]:
    kind: type[Any] = point.load()
    refuse_undeclared_models(point.name, kind)
    return kind


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


def _validated(kind: type[Any], choice: EngineSpec) -> Any:
    try:
        engine = TypeAdapter(kind).validate_python(with_models(kind, choice.engine, choice.options), strict=False)
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
        refuse_model_path(choice.engine, option, value)
    return engine
