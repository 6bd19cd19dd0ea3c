"""Constants are called by what they measure."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import avatar

HOME = Path(avatar.__file__).parent
ROOMS = (
    "engines/assembly",
    "engines/learning",
    "engines/publication",
    "engines/render",
    "engines/voice",
    "faces",
    "media",
    "models",
    "runtime",
    "voices",
    "watermark",
)

# Words that say how much, how near or which one, but not of what.
BARE = frozenset(
    [
        "ABOVE",
        "APART",
        "AROUND",
        "BELOW",
        "BESIDE",
        "BEYOND",
        "BLACK",
        "CALM",
        "CERTAIN",
        "CLOSER",
        "DARK",
        "ENOUGH",
        "FAINTEST",
        "FAR",
        "FASTEST",
        "FEW",
        "FINE",
        "FIRST",
        "FLAT",
        "FULL",
        "FURTHEST",
        "HALF",
        "HIGH",
        "HIGHER",
        "HIGHEST",
        "KEPT",
        "LARGER",
        "LARGEST",
        "LAST",
        "LEAST",
        "LESS",
        "LONG",
        "LONGEST",
        "LOUD",
        "LOUDEST",
        "LOW",
        "LOWEST",
        "MANY",
        "MISHEARD",
        "MORE",
        "MOST",
        "NARROW",
        "NARROWEST",
        "NEAR",
        "NEAREST",
        "OPEN",
        "PATIENCE",
        "PLEASANT",
        "QUIET",
        "QUIETEST",
        "REACH",
        "SHORT",
        "SHORTEST",
        "SHUT",
        "SILENT",
        "SLOW",
        "SLOWEST",
        "SMALL",
        "SMALLEST",
        "SOFT",
        "STEADY",
        "STEEPEST",
        "STILL",
        "STRONGEST",
        "SURE",
        "THICK",
        "THIN",
        "TIGHTEST",
        "TIMID",
        "UNCERTAIN",
        "USUAL",
        "WHOLE",
        "WIDE",
        "WIDEST",
    ]
)


def constants_of(source: str) -> Iterator[str]:
    """Yield the names of the constants that a module with this *source* assigns at its top level."""
    for statement in ast.parse(source).body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        targets = [statement.target] if isinstance(statement, ast.AnnAssign) else targets
        for name in (node for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)):
            if name.id.isupper():
                yield name.id


def bare_constants(source: str) -> list[str]:
    """Return the constants of *source* that consist of bare words alone."""
    return [name for name in constants_of(source) if set(name.strip("_").split("_")) <= BARE]


@pytest.mark.parametrize("room", ROOMS)
def test_a_constant_says_what_it_measures(room: str) -> None:
    bare = [
        f"{path.relative_to(HOME)}: {name}"
        for path in sorted((HOME / room).rglob("*.py"))
        for name in bare_constants(path.read_text())
    ]

    assert not bare, f"name what it measures and its unit, like MAX_YAW_DEGREES: {', '.join(bare)}"


def test_bare_words_are_found_and_names_with_a_noun_pass() -> None:
    source = (
        "_MOST = 3.0\nSURE: float = 0.5\n_NEAR, _MIN_GAIN = 1, 2\nMAX_YAW_DEGREES = 30\n_LAST_LAYER = 4\nsmall = 1\n"
    )

    assert bare_constants(source) == ["_MOST", "SURE", "_NEAR"]
