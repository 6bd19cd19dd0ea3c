"""Parsing of the models that a blueprint gives an engine: one option each, with path, sha256 and licence."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_type_hints

from avatar.errors import UnknownEngineError
from avatar.models.reference import ModelRef, completed
from avatar.runtime.spelling import did_you_mean

_FIELDS = tuple(field.name for field in fields(ModelRef))


def with_models(kind: type[Any], engine: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the *options* for the engine class *kind*, each of its models whole: path, sha256 and licence.

    Raises: UnknownEngineError, with code ``engine.bad-option``.
    """
    models = _model_defaults(kind)
    return {
        option: _completed(value, engine, option, models[option])
        if option in models and isinstance(value, Mapping)
        else value
        for option, value in options.items()
    }


def refuse_flat_models(kind: type[Any], engine: str, options: Mapping[str, Any]) -> None:
    """Refuse *options* that spread a model over several (``model: path``, ``model_sha256``, ``licence``).

    Raises: UnknownEngineError, with code ``engine.bad-option``; the sentence spells the model as one option.
    """
    models = _model_defaults(kind)
    flat = {model: _flat(model, options) for model in models}
    spread = [option for option in options if any(option in each for each in flat.values())]
    if spread:
        # A licence for all models together is asked of those that the engine has, not of those that it could be given.
        concerned = (model for model in models if models[model] or flat[model] - {"licence"} or options.get(model))
        nested = (_nested(model, models[model], options) for model in concerned)
        raise UnknownEngineError(
            f"engine {engine!r}, option {', '.join(map(repr, spread))}: a model is one option, with its path, sha256 "
            f"and licence; write {', '.join(nested)}",
            code="engine.bad-option",
        )


def _model_defaults(kind: type[Any]) -> dict[str, ModelRef | None]:
    """Return the options of *kind* that take one model, each with the engine's own model or ``None``."""
    hints = get_type_hints(kind)
    return {
        field.name: field.default if isinstance(field.default, ModelRef) else None
        for field in fields(kind)
        if hints[field.name] in (ModelRef, ModelRef | None)
    }


def _flat(model: str, options: Mapping[str, Any]) -> set[str]:
    """Return which of the *options* say something of the option *model* apart from it."""
    apart = {f"{model}_sha256", f"{model}_licence", "licence"} & set(options)
    return apart | ({model} if isinstance(options.get(model), str) else set())


def _nested(model: str, default: ModelRef | None, options: Mapping[str, Any]) -> str:
    """Return the YAML of the option *model* with what *options* say of it."""
    given = options.get(model)
    said: dict[str, Any] = dict(given) if isinstance(given, Mapping) else {"path": given} if given else {}
    for key, option in (("licence", "licence"), ("sha256", f"{model}_sha256"), ("licence", f"{model}_licence")):
        if option in options:
            said[key] = options[option]
    return f"{model}: {ModelRef(**{'path': '', **completed(said, default)})}"


def _completed(given: Mapping[str, Any], engine: str, option: str, default: ModelRef | None) -> dict[str, Any]:

    for key in given:
        if key not in _FIELDS:
            raise UnknownEngineError(
                f"engine {engine!r}, option {option!r}: a model has no {key!r}{did_you_mean(str(key), _FIELDS)}; "
                f"it has: {', '.join(_FIELDS)}",
                code="engine.bad-option",
            )
    whole = completed(given, default)
    if not whole.get("path"):
        raise UnknownEngineError(
            f"engine {engine!r}, option {option!r}: no path is given; name the file or folder in the weights folder: "
            f"{option}: {{path: ..., sha256: ..., licence: ...}}",
            code="engine.bad-option",
        )
    return whole
