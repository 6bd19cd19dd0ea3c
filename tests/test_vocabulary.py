"""Constants are called by a noun and a unit: what is limited, and in which unit, is read where the constant is used."""

import ast
from pathlib import Path

import pytest

AVATAR = Path(__file__).parents[1] / "avatar"
# A constant called by one of these alone does not say what it limits.
BARE = frozenset(
    [
        "MOST",
        "LEAST",
        "LAST",
        "KEPT",
        "SURE",
        "UNSURE",
        "REACH",
        "PATIENCE",
        "NEAR",
        "FAR",
        "ENOUGH",
        "CERTAIN",
        "UNCERTAIN",
        "QUIET",
        "LOUD",
        "EARLY",
        "LATE",
        "BEHIND",
        "SEEN",
        "QUIETEST",
        "LOUDEST",
        "LONGEST",
        "SHORTEST",
        "FASTEST",
        "SLOWEST",
        "LARGEST",
        "SMALLEST",
        "LOWEST",
        "HIGHEST",
        "FURTHEST",
        "NEAREST",
        "NARROWEST",
        "WIDEST",
        "TIGHTEST",
        "STRONGEST",
        "WEAKEST",
        "FAINTEST",
        "TIMID",
        "PLEASANT",
        "CLIPPED",
        "SILENT",
        "MISHEARD",
        "APART",
    ]
)
PACKAGES = (
    "engines/assembly",
    "engines/learning",
    "engines/publication",
    "engines/render",
    "engines/voice",
    "media",
    "models",
    "runtime",
    "voices",
    "watermark",
)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_constant_is_called_by_a_bare_superlative_or_adjective(package):
    files = sorted((AVATAR / package).rglob("*.py"))
    bare = [f"{path.relative_to(AVATAR)}: {name}" for path in files for name in _constants(path) if name in BARE]

    assert files
    assert not bare, "give each its noun and unit, as in MAX_BREAK_S"


def test_a_bare_constant_would_be_found(tmp_path):
    path = tmp_path / "module.py"
    path.write_text("_MOST: int = 3\nLEAST, OTHER = 1, 2\n")

    assert [name for name in _constants(path) if name in BARE] == ["MOST", "LEAST"]


def _constants(path: Path) -> list[str]:
    """Return the names of the module-level constants in the file *path*, without leading underscores."""
    found = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        names = [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
        found += [name.lstrip("_") for name in names if name.isupper()]
    return found
