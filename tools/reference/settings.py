"""The page of settings: every environment variable that the product reads."""

from typing import Any, get_args

from pydantic.fields import FieldInfo

from avatar.app.settings import Settings
from tools.reference.markdown import code, prose, table

_HEAD = """# Settings

Read once from the environment when a command starts. A value that will not do is refused, with the
name of the variable.
"""
_DEFAULT = {  # in words, where the default is no plain value
    "home": "the nearest `.avatar` at or above the working directory",
    "store": "`store` in the home folder",
    "keys": "`keys` in the home folder",
    "kms_key": "none: keys lie in the key folder",
    "operator": "`operator.key` in the key folder",
    "retain_intermediate_days": "never",
    "retain_published_days": "never",
    "retain_person_days": "never",
    "workers": "one a core",
    "webhook_hosts": "none",
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
    default = _DEFAULT.get(name) or code(field.default)
    return code(f"AVATAR_{name.upper()}"), prose(field.description), _value(field), default


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
