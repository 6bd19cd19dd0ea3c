"""Peak memory against length: ten minutes of video may cost 1.05 times what ten seconds cost, no more.

``python -m benchmarks.memory [--json FILE] [--plots FOLDER] [--lines 4 18 174]``: sentences of 3.4 s each. Two lines
are made at a time, every one of them anew; reading the marks back and signing included. It is the memory of the command
and of all its workers at the same time (see ``children``).
"""

import argparse
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.children import avatar
from benchmarks.plots import lines
from benchmarks.rows import Row, show
from benchmarks.script import sentences

_RUNS = 3  # of the shortest, before and after the others: the allocator's luck moves a peak by some percent


def main() -> None:
    """Measure, and print the table."""
    asked = _asked()
    shortest, *others = asked.lines
    found: dict[float, list[float]] = {}
    for count in (shortest, *others, *[shortest] * (_RUNS - 1)):
        with tempfile.TemporaryDirectory() as folder:
            cost = avatar("demo", "--out", "out", "--script", sentences(count), home=Path(folder), workers=2)
        found.setdefault(cost.report["video_seconds"], []).append(cost.peak_mb)
    rows = [Row(f"peak memory, {seconds:.0f} s of video", median(peaks), "MB") for seconds, peaks in found.items()]
    longest = median(found[max(found)]) / median(found[min(found)])
    show([*rows, Row("longest over shortest", longest, "times")], asked.json)
    if asked.plots:
        lines(found, ("seconds of video", "peak memory, MB"), asked.plots / "memory.png")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the rows to this file, as JSON")
    parser.add_argument("--plots", type=Path, help="also draw them into this folder, as PNG")
    parser.add_argument(
        "--lines", type=int, nargs="+", default=[4, 18, 174], help="how many sentences, the least first"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
