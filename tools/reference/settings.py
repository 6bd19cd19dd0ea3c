"""The page of settings: every environment variable that the product reads."""

from typing import Any, get_args

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from avatar.app.settings import Settings
from tools.reference.markdown import code, table

_HEAD = """# Settings

Read once from the environment when a command starts. A value that will not do is refused, with the
name of the variable.
"""
_MEANING = {
    "home": (
        "folder of keys, and of the store unless `AVATAR_STORE` says otherwise",
        "the nearest `.avatar` at or above the working directory",
    ),
    "store": ("`s3://BUCKET/PREFIX` or a folder", "`store` in the home folder"),
    "keys": ("folder of keys", "`keys` in the home folder"),
    "kms_key": (
        "AWS KMS key that wraps the keys of people's material; `NEW,OLD` while one is exchanged",
        "none: keys lie in the key folder",
    ),
    "operator": ("file with the key of the operator who acts", "`operator.key` in the key folder"),
    "lock_days": ("days that a bucket with Object Lock keeps ledger entries", ""),
    "lock_mode": ("how firmly: `governance` or `compliance`", ""),
    "retain_intermediate_days": (
        "`avatar sweep` removes voices, speech, shots and unsigned videos that were not used for so many days",
        "never",
    ),
    "retain_published_days": (
        "`avatar sweep` removes the store's copies of signed videos that were not used for so many days",
        "never",
    ),
    "retain_person_days": (
        "`avatar sweep` removes everything that shows a person, so many days after their last agreement ended",
        "never",
    ),
    "pages": ("address at which performers reach the consent pages; https when a proxy is in front", ""),
    "organisation": ("the name that people give their consent to", ""),
    "workers": ("processes that make lines side by side", "one a core"),
    "webhook_hosts": ("hosts in private networks that webhooks may reach, with commas", "none"),
}
# Read where weights are looked for, also by programs that have no settings.
_BESIDE = [
    ("AVATAR_WEIGHTS", "folder", "folder of pulled and brought weights", "`avatar/weights` in the user's cache folder")
]


def page() -> str:
    """Return every variable with its type, meaning and default."""
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    rows += [(code(name), meaning, kind, default) for name, kind, meaning, default in _BESIDE]
    return _HEAD + "\n" + table(("variable", "meaning", "value", "default"), rows)


def _row(name: str, field: FieldInfo) -> tuple[str, str, str, str]:
    meaning, default = _MEANING[name]
    if not default and field.default is not PydanticUndefined:
        default = code(field.default)
    return code(f"AVATAR_{name.upper()}"), meaning, _value(field), default


def _value(field: FieldInfo) -> str:
    limits = {type(each).__name__.lower(): getattr(each, type(each).__name__.lower()) for each in _metadata(field)}
    kind = str(field.annotation)
    if "int" in kind:
        return f"{limits.get('ge', '')} to {limits.get('le', '')}"
    if "Literal" in kind:
        return " or ".join(code(each) for each in get_args(field.annotation))
    return "folder or file" if "Path" in kind else "hosts" if "frozenset" in kind else "text"


def _metadata(field: FieldInfo) -> list[Any]:
    found = list(field.metadata)
    for each in get_args(field.annotation):  # an optional number carries its limits inside
        found += [part for info in getattr(each, "__metadata__", ()) for part in getattr(info, "metadata", ())]
    return [each for each in found if type(each).__name__ in ("Ge", "Le")]
