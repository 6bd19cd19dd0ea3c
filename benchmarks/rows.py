"""Rows of figures: printed as a table, written as JSON."""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One figure."""

    name: str
    value: float
    unit: str


def options(about: str | None) -> argparse.Namespace:
    """Return the command line's options: ``--json FILE``."""
    return options_with(about)


def options_with(about: str | None, *, required: bool = True, **paths: str) -> argparse.Namespace:
    """Return the command line's options: ``--json FILE``, and a path for each of *paths*, by name what it is."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--json", type=Path, help="also write the rows to this file, as JSON")
    for name, what in paths.items():
        parser.add_argument(f"--{name}", type=Path, required=required, help=what)
    return parser.parse_args()


def show(rows: list[Row], to: Path | None) -> None:
    """Print *rows* as a table, and write them to the file *to*, if one is given."""
    width = max(len(row.name) for row in rows)
    for row in rows:
        print(f"{row.name:<{width}}  {row.value:10.3f}  {row.unit}")
    if to:
        to.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
