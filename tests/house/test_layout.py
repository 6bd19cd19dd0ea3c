"""A stranger finds their way: few rooms, few layers, and no class name with two meanings."""

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.house import ROOT

MAX_LOOSE_FILES = 5
MAX_LAYERS = 16


def public_classes(path: Path) -> Iterator[str]:
    """Give the names of the public classes that the module at *path* defines."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name


def collisions(root: Path, packages: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the names of public classes that several modules of *packages* below *root* define, and the modules."""
    defined: dict[str, list[str]] = defaultdict(list)
    for package in packages:
        for path in sorted((root / package).rglob("*.py")):
            for name in public_classes(path):
                defined[name].append(str(path.relative_to(root)))
    return {name: modules for name, modules in defined.items() if len(modules) > 1}


def test_no_public_class_shares_its_name_with_another() -> None:
    """When this fails: call one of them by what it is, beside the other."""
    assert collisions(ROOT, ("avatar", "flows")) == {}


def test_two_classes_of_one_name_are_found(tmp_path: Path) -> None:
    for name in ("one.py", "other.py"):
        (tmp_path / "package").mkdir(exist_ok=True)
        (tmp_path / "package" / name).write_text("class Take: ...\n\nclass _Own: ...\n")

    assert collisions(tmp_path, ("package",)) == {"Take": ["package/one.py", "package/other.py"]}


def test_few_files_lie_loose_at_the_root_of_the_package() -> None:
    assert len(list((ROOT / "avatar").glob("*.py"))) <= MAX_LOOSE_FILES


def test_the_layers_fit_on_a_page() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = (each for each in contracts if each["type"] == "layers")

    assert len(layers["layers"]) <= MAX_LAYERS
    assert layers["exhaustive"]


def test_tests_lie_where_what_they_test_lies() -> None:
    """A file of tests at the root of tests/ is of a file at the root of avatar/; this folder is of the repository."""
    loose = {path.stem.removeprefix("test_") for path in (ROOT / "tests").glob("test_*.py")}

    assert loose <= {path.stem for path in (ROOT / "avatar").glob("*.py")}
