"""The page of blueprints: every key of the schema, and the files that come along."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from avatar.production.blueprint.schema import WORK, Blueprint, DrawnStage, Stage, SwapStage
from tools.reference.markdown import code, table

_HEAD = """# Blueprints

A blueprint is a strict YAML file: an unknown key, engine or option is refused with its line and the word that was
probably meant.

## Keys
"""
_MEANING = {
    "name": "what it is called in reports and in Prefect",
    "speakers": "roles that speak, 1 to 4; the first speaks lines that name nobody",
    "learning": "learns a voice from its sample",
    "voice": "speaks a line",
    "speech": "`cloned`: a learned voice speaks the script; `recorded`: the person's own voice-over is played",
    "source": "`portrait`: a picture is animated; `footage`: given footage is used, with `lips`",
    "animation": "animates the portrait",
    "swap": "replaces the face of the first speaker by that of the role `face`",
    "lips": "refines the lips of whoever speaks",
    "layout": "`cut`: whoever speaks fills the picture; `side-by-side`: all speakers at once",
    "picture": "renders and encodes a shot",
    "lower_third": "role: text below that speaker where they speak first",
    "glossary": "word: how it is said, for instance `{say: shivawn}`",
    "title": "text of a title card",
    "end": "text of an end card",
    "assembly": "joins the shots",
    "publication": "signs and publishes",
}


def page(folder: Path) -> str:
    """Return the keys of a blueprint, the keys of a stage, and the files in *folder*."""
    keys = table(("key", "default", "meaning"), (_row(name, field) for name, field in Blueprint.model_fields.items()))
    return "\n".join((_HEAD, keys, *_stages(), *_files(folder)))


def _row(name: str, field: FieldInfo) -> tuple[str, str, str]:
    work = f" ([`{WORK[name].__name__}`](requests.md))" if name in WORK else ""
    return code(name), _default(field), _MEANING[name] + work


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, Stage):
        return code(f"{{engine: {value.engine}}}")
    if value is None or value in ("", {}):
        return "none"
    return code(value)


def _stages() -> Iterator[str]:
    yield "## A stage\n"
    yield (
        "A stage is a mapping with `engine` and the engine's own options ([engines](engines.md)):\n"
        "`animation: {engine: mesh-warp, size: 768}`.\n"
    )
    rows = [
        ("`engine`", "every stage", "the engine by name"),
        (
            "`keep_patches`",
            _of(DrawnStage),
            "keep what was drawn, so that a new caption or lower third draws nothing again",
        ),
        ("`face`", _of(SwapStage), "the role whose portrait gives the face"),
    ]
    yield table(("key", "of", "meaning"), rows)


def _of(kind: type[Stage]) -> str:
    return ", ".join(code(name) for name, field in Blueprint.model_fields.items() if _takes(field.annotation, kind))


def _takes(annotation: Any, kind: type[Stage]) -> bool:
    if get_origin(annotation) is None:
        return isinstance(annotation, type) and issubclass(annotation, kind)
    return any(_takes(each, kind) for each in get_args(annotation))


def _files(folder: Path) -> Iterator[str]:
    yield "## The blueprints that come along\n"
    for path in sorted(folder.glob("*.yaml")):
        yield f"### {path.stem}\n\n```yaml\n{path.read_text(encoding='utf-8').strip()}\n```\n"
