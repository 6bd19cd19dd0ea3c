"""Scripts with blanks: ``{name}`` stands for something that differs from one video to the next."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from avatar.errors import InputError

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
MAX_VALUE_CHARS = 200  # characters of a value: it is a name or a date, not a script


def fill_variables(script: str, values: Mapping[str, str]) -> str:
    """Return *script* with every ``{name}`` replaced by its value; ``{{`` and ``}}`` are written braces.

    Every blank needs a value and every value a blank: a video that says "Dear {name}" is worse than none.

    Raises:
        InputError: when a brace has no partner; code ``script.unbalanced``; when a name is malformed; code
            ``script.bad-variable``; when a blank has no value, or a value no blank; code ``script.unknown-variable`` or
            ``script.unused-variable``; when a value is empty, too long or holds markup; code ``script.bad-value``.
    """
    pieces: list[str] = []
    used: set[str] = set()
    at = 0
    while at < len(script):
        sign, pair = script[at], script[at : at + 2]
        if pair in ("{{", "}}"):
            pieces.append(sign)
            at += 2
        elif sign == "}":
            raise _unbalanced_error(script, at, "closes nothing")
        elif sign == "{":
            end = script.find("}", at)
            if end < 0 or "{" in script[at + 1 : end] or "\n" in script[at:end]:
                raise _unbalanced_error(script, at, "is never closed")
            name = script[at + 1 : end]
            pieces.append(_value(name, values))
            used.add(name)
            at = end + 1
        else:
            pieces.append(sign)
            at += 1
    for name in values:
        if name not in used:
            raise InputError(
                f"variable {name!r} does not occur in the script; write {{{name}}} where it belongs, or leave it out",
                code="script.unused-variable",
            )
    return "".join(pieces)


def parse_values(pairs: Iterable[str]) -> dict[str, str]:
    """Return the values (name -> value) that *pairs* like ``name=Ada`` spell.

    Raises:
        InputError: when a pair has no ``=`` or repeats a name; code ``script.bad-variable``.
    """
    values: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or name in values:
            raise InputError(f"--set {pair[:40]!r}: write name=value, each name once", code="script.bad-variable")
        values[name] = value
    return values


def _value(name: str, values: Mapping[str, str]) -> str:
    if not _NAME.fullmatch(name):
        raise InputError(
            f"variable {{{name}}}: use a lower-case letter, then letters, digits and underscores",
            code="script.bad-variable",
        )
    if name not in values:
        close = get_close_matches(name, list(values), n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise InputError(f"variable {{{name}}} has no value{hint}; give one", code="script.unknown-variable")
    value = values[name]
    # A value is words, never markup, a role or a new paragraph: it may come from a customer's table.
    if not value.strip() or len(value) > MAX_VALUE_CHARS or any(sign in value for sign in "<>{}\n\r"):
        raise InputError(
            f"variable {{{name}}}: its value must be 1 to {MAX_VALUE_CHARS} characters on one line, without < > {{ }}",
            code="script.bad-value",
        )
    return value.strip()


def _unbalanced_error(script: str, at: int, what: str) -> InputError:
    row = script.count("\n", 0, at) + 1
    return InputError(
        f"the script, row {row}: the brace {script[at]!r} {what}; write {{name}}, or {{{{ and }}}} for plain braces",
        code="script.unbalanced",
    )
