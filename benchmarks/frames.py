"""The frame path: each stage and the whole, several workers, rates that drift, and others who do the same.

``python -m benchmarks.frames [--peer CHECKOUT] [--json FILE] [--plots FOLDER] [--only PART ...]``, CHECKOUT being a
copy of github.com/Rudrabha/Wav2Lip. Costs are processor seconds; seconds to wait for (workers) want a quiet machine.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import composing, drift, stages, wav2lip, workers
from benchmarks.plots import bars
from benchmarks.rows import Row, show


def main() -> None:
    """Measure, and print the table."""
    asked = _asked()
    parts: dict[str, Callable[[], Iterator[Row]]] = {
        "stages": stages.rows,
        "workers": workers.rows,
        "drift": drift.rows,
        "composing": composing.rows,
    }
    if asked.peer:
        parts["wav2lip"] = lambda: wav2lip.rows(asked.peer)
    found = {name: list(rows()) for name, rows in parts.items() if not asked.only or name in asked.only}
    show([row for rows in found.values() for row in rows], asked.json)
    for name, rows in found.items():
        if asked.plots:
            bars(rows, asked.plots / f"{name}.png")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the rows to this file, as JSON")
    parser.add_argument("--plots", type=Path, help="also draw each part into this folder, as PNG")
    parser.add_argument("--peer", type=Path, help="a checkout of the public Wav2Lip code")
    parser.add_argument("--only", nargs="*", help="parts to measure: stages, workers, drift, composing, wav2lip")
    return parser.parse_args()


if __name__ == "__main__":
    main()
