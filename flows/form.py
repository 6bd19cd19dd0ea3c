"""The form that a content team fills in: a JSON schema made from a blueprint."""

from typing import Any

from avatar.app.parsing import MAX_PROJECT_CHARS
from avatar.consent.vocabulary import Channel, Purpose
from avatar.production.blueprint.schema import Blueprint
from avatar.voices.text.glossary import Pronunciation
from avatar.voices.text.variables import MAX_VALUE_CHARS

MAX_SCRIPT_CHARS = 100_000  # letters: two hours of speech

_LANGUAGE_PATTERN = r"^[a-z]{2,3}(-[A-Z]{2})?$"
OUT_PATTERN = r"^(out/[A-Za-z0-9][A-Za-z0-9._-]*)?$"  # a form must not name any other place of the worker

_SCRIPT_FIELDS = ("script", "values", "glossary")
_EXAMPLES = {
    1: "Good morning. Here is the news in one minute.",
    2: "{0}: Welcome. Who is with us today?\n\n{1}: Someone who agreed to be here.",
}


def form_of(name: str, blueprint: Blueprint) -> dict[str, Any]:
    """Return the parameters of a production of *blueprint*, which the flow knows as *name*, as a JSON schema.

    Prefect draws the form from it, and answers 409 with the field's name to whatever does not fit.
    """
    fields = _fields(name, blueprint)
    if blueprint.speech == "recorded":  # the recording is the script, and nobody can have it said otherwise
        fields = {key: field for key, field in fields.items() if key not in _SCRIPT_FIELDS}
    required = [key for key in ("blueprint", "cast", "script", "purpose", "project") if key in fields]
    return {"type": "object", "title": "Parameters", "required": required, "properties": fields}


def _fields(name: str, blueprint: Blueprint) -> dict[str, Any]:
    return {**_content_fields(name, blueprint), **_brief_fields(), **_detail_fields()}


def _content_fields(name: str, blueprint: Blueprint) -> dict[str, Any]:
    return {
        "blueprint": _field(0, "Blueprint", "How the video is made.", enum=[name], default=name),
        "cast": _field(
            1,
            "Cast",
            "Who plays which role.",
            type="object",
            properties={role: _role(position, role) for position, role in enumerate(blueprint.roles)},
            required=list(blueprint.roles),
            additionalProperties=False,
        ),
        "script": _field(
            2,
            "Script",
            _advice(blueprint),
            minLength=1,
            maxLength=MAX_SCRIPT_CHARS,
            default=example_script(blueprint),
        ),
    }


def _brief_fields() -> dict[str, Any]:
    return {
        "purpose": _field(
            3, "Purpose", "What it is for; everyone in it must have agreed to that.", enum=[str(p) for p in Purpose]
        ),
        "project": _field(
            4, "Project", "What it belongs to, as its people know it.", minLength=1, maxLength=MAX_PROJECT_CHARS
        ),
        "languages": _list(
            5, "Languages", "The languages of the script: en, en-GB ...", ["en"], pattern=_LANGUAGE_PATTERN
        ),
        "channels": _list(6, "Channels", "Where it is shown.", ["internal"], enum=[str(c) for c in Channel]),
    }


def _detail_fields() -> dict[str, Any]:
    return {
        "values": _field(
            7,
            "Values",
            "What stands for each {name} in the script.",
            type="object",
            additionalProperties={"type": "string", "minLength": 1, "maxLength": MAX_VALUE_CHARS},
            default={},
        ),
        "glossary": _field(
            8,
            "Glossary",
            "How words are pronounced: each word, and as what it is said (say), in IPA (ipa) or in ARPAbet.",
            type="object",
            additionalProperties=Pronunciation.model_json_schema(),
            default={},
        ),
        "out": _field(
            9,
            "Folder",
            "Where the files go, below out/; leave it empty for out/BLUEPRINT-DIGEST.",
            pattern=OUT_PATTERN,
            default="",
        ),
    }


def example_script(blueprint: Blueprint) -> str:
    """Return a short script that fits *blueprint*."""
    return _EXAMPLES[min(len(blueprint.speakers), max(_EXAMPLES))].format(*blueprint.speakers)


def _advice(blueprint: Blueprint) -> str:
    advice = "What is said, in sentences. An empty line ends a paragraph."
    if len(blueprint.speakers) > 1:
        roles = " or ".join(f"'{role}:'" for role in blueprint.speakers)
        advice += f" Start a paragraph with {roles} to say who speaks."
    return advice


def _role(position: int, role: str) -> dict[str, Any]:
    return _field(position, role, "The alias of an enrolled person who agreed to this.", minLength=1, maxLength=31)


def _list(position: int, title: str, description: str, default: list[str], **items: Any) -> dict[str, Any]:
    of = {"type": "string", **items}
    return _field(position, title, description, type="array", items=of, minItems=1, default=default)


def _field(position: int, title: str, description: str, **rest: Any) -> dict[str, Any]:
    return {"type": "string", "title": title, "description": description, "position": position, **rest}
