"""Load blueprints and glossaries from strict YAML; errors name the line."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from avatar.errors import AvatarError, InputError, UnknownEngineError
from avatar.production.blueprint.schema import WORK, Blueprint, Stage, SwapStage
from avatar.runtime.spelling import did_you_mean
from avatar.stages.registry import Build, build, request_of
from avatar.voices.text.glossary import Glossary, Pronunciation, parse_glossary

_MAX_FILE_BYTES = 64 * 1024  # bytes: a blueprint is written by hand

_MAX_NESTING = 16  # levels
_OPENING_TOKENS = (
    yaml.BlockMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.FlowSequenceStartToken,
)
_CLOSING_TOKENS = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)

Place = tuple[str | int, ...]


def load(path: Path, build: Build = build) -> Blueprint:
    """Return the blueprint in the file *path*, its engines and their options checked too.

    Raises:
        InputError: it cannot be read; the sentence names the file, the line, the key and the fix.
    """
    if not path.is_file():
        raise InputError(
            f"blueprint: there is no file {path}{did_you_mean(path.stem, _siblings(path))}; "
            "give the path of a .yaml file",
            code="blueprint.missing",
        )
    if path.stat().st_size > _MAX_FILE_BYTES:
        raise InputError(f"blueprint {path.name}: larger than {_MAX_FILE_BYTES} bytes", code="blueprint.too-large")
    return parse(path.read_bytes(), path.name, build)


def parse(text: bytes, name: str, build: Build = build) -> Blueprint:
    """Return the blueprint that *text* spells; *name* is for error messages."""
    name = f"blueprint {name}"
    value, lines = _read(text, name)
    try:
        blueprint = Blueprint.model_validate(value)
    except ValidationError as error:
        raise _explained(error, name, lines) from error
    for key, stage in blueprint.stages.items():
        try:
            _check_work(key, stage, build)
        except UnknownEngineError as error:
            line = lines.get((key,), 1)
            raise InputError(f"{name}, line {line}, {key!r}: {error}", code=error.code) from error
    return blueprint


def load_glossary(path: Path) -> Glossary:
    """Return the glossary in the YAML file *path*: each word as it is written, and its ``say``, ``ipa`` or ``arpabet``.

    Raises:
        InputError: it cannot be read; the sentence names the file, the line, the word and the fix.
    """
    try:
        text = path.read_bytes() if path.stat().st_size <= _MAX_FILE_BYTES else None
    except OSError as error:
        raise InputError(f"glossary {path}: cannot be read; give a YAML file", code="glossary.missing") from error
    if text is None:
        raise InputError(f"glossary {path.name}: larger than {_MAX_FILE_BYTES} bytes", code="glossary.too-large")
    name = f"glossary {path.name}"
    try:
        value, lines = _read(text, name)
        try:
            return parse_glossary({} if value is None else value)
        except ValidationError as error:
            raise _explained(error, name, lines, Pronunciation) from error
    except InputError as error:
        raise InputError(str(error), code=error.code.replace("blueprint.", "glossary.")) from error


def _check_work(key: str, stage: Stage, build: Build) -> None:
    try:
        engine = build(stage.choice)
    except UnknownEngineError as error:
        if error.code != "engine.unknown-option":
            raise
        # The engine knows its own options only; a stage has keys of its own, one of which may have been meant.
        meant = (did_you_mean(option, type(stage).model_fields) for option in stage.choice.options)
        raise UnknownEngineError(f"{error}{next(filter(None, meant), '')}", code=error.code) from error
    does, due = request_of(engine), WORK[key]
    if does is not due:
        raise UnknownEngineError(
            f"engine {stage.engine!r} does {does.__name__}, not {due.__name__}; name another one (avatar engines)",
            code="engine.wrong-stage",
        )


def _read(text: bytes, name: str) -> tuple[Any, dict[Place, int]]:
    lines: dict[Place, int] = {}
    try:
        _refuse_tricks(text, name)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        return (None if node is None else _value(node, (), lines, name)), lines
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        what = getattr(error, "problem", None) or "not YAML text"
        raise InputError(f"{name}, line {line}: {what}", code="blueprint.syntax") from error


def _refuse_tricks(text: bytes, name: str) -> None:
    # Before anything is built: lists of aliases of lists of aliases would fill the memory, and the time that nested
    # brackets take grows with the square of their number.
    depth = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        depth += isinstance(token, _OPENING_TOKENS) - isinstance(token, _CLOSING_TOKENS)
        where = f"{name}, line {token.start_mark.line + 1}"
        if depth > _MAX_NESTING:
            raise InputError(f"{where}: nested too deeply; two levels are enough", code="blueprint.syntax")
        if isinstance(token, yaml.TagToken):
            raise InputError(f"{where}: tags (!) are not allowed; write a plain value", code="blueprint.tag")
        if isinstance(token, yaml.AliasToken):
            raise InputError(
                f"{where}: aliases (*{token.value}) are not allowed; write the value again", code="blueprint.alias"
            )


def _value(node: yaml.Node, place: Place, lines: dict[Place, int], name: str) -> Any:
    line = node.start_mark.line + 1
    if place in lines:
        raise InputError(f"{name}, line {line}: {place[-1]!r} is given twice", code="blueprint.twice")
    lines[place] = line
    if isinstance(node, yaml.MappingNode):
        return dict(_items(node, place, lines, name))
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*place, i), lines, name) for i, item in enumerate(node.value)]
    try:
        return yaml.SafeLoader("").construct_object(node, deep=True)
    except ValueError as error:  # a day 99, a number of thousands of digits
        raise InputError(f"{name}, line {line}: {error}; put it in quotes", code="blueprint.syntax") from error


def _items(node: yaml.MappingNode, place: Place, lines: dict[Place, int], name: str) -> list[tuple[str, Any]]:
    items = []
    for key, value in node.value:
        found = _value(value, (*place, str(key.value)), lines, name)
        lines[(*place, str(key.value))] = key.start_mark.line + 1
        items.append((str(key.value), found))
    return items


def _explained(
    error: ValidationError, name: str, lines: dict[Place, int], model: type[BaseModel] | None = None
) -> AvatarError:
    # A mistyped key first: that the right one is missing only follows from it.
    first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    place: Place = tuple(first["loc"])
    key = ".".join(str(part) for part in place)
    line = next((lines[place[:end]] for end in range(len(place), -1, -1) if place[:end] in lines), 1)
    where = f"{name}, line {line}"
    if first["type"] == "extra_forbidden":
        known = list((model or _model(place)).model_fields)
        return InputError(
            f"{where}: unknown key {key!r}{did_you_mean(str(place[-1]), known)}; known keys: {', '.join(known)}",
            code="blueprint.unknown-key",
        )
    subject = f", {key!r}" if key else ""
    message = first["msg"].removeprefix("Value error, ")
    return InputError(f"{where}{subject}: {message}", code="blueprint.bad-value")


def _model(place: Place) -> type[BaseModel]:
    if place[:1] == ("glossary",) and len(place) > 1:
        return Pronunciation
    return SwapStage if place[:1] == ("swap",) and len(place) > 1 else Blueprint


def _siblings(path: Path) -> list[str]:
    return [found.stem for found in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
