"""Functions stay small enough to be read at once."""

import ast
from collections.abc import Iterator
from pathlib import Path

import avatar
import flows

MAX_BODY_LINES = 50  # without the signature, which is long where the options of a command are listed
HOMES = [Path(package.__file__).parent for package in (avatar, flows)]


def bodies() -> Iterator[tuple[str, int]]:
    """Yield each function, and how many lines its body has."""
    for home in HOMES:
        for path in sorted(home.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    last = node.end_lineno or node.lineno
                    yield f"{path.relative_to(home.parent)}:{node.name}", last - node.body[0].lineno + 1


def test_no_function_is_longer_than_a_page():
    long = [f"{name} has {lines} lines" for name, lines in bodies() if lines > MAX_BODY_LINES]

    assert not long, f"{'; '.join(long)}: give its steps names (numba: avatar.runtime.jit.jit_part)"
