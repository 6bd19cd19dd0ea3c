"""Peak memory against length: a video of a minute may cost 1.1 times that of ten seconds, no more."""

import tempfile
from pathlib import Path
from statistics import median

from benchmarks.children import avatar
from benchmarks.rows import Row, options, show
from benchmarks.script import sentences

_SHORT, _LONG = 4, 19  # sentences: about 12 s and 60 s
_RUNS = 3  # each, in turn; the allocator's luck moves a peak by some percent


def main() -> None:
    """Measure, and print the table."""
    wanted = options(__doc__)
    peaks: dict[int, list[float]] = {_SHORT: [], _LONG: []}
    seconds: dict[int, float] = {}
    for _ in range(_RUNS):
        for lines, found in peaks.items():
            with tempfile.TemporaryDirectory() as folder:
                cost = avatar("demo", "--out", "out", "--script", sentences(lines), home=Path(folder), workers=2)
            found.append(cost.peak_mb)
            seconds[lines] = cost.report["video_seconds"]
    medians = {lines: median(found) for lines, found in peaks.items()}
    rows = [Row(f"peak memory, {seconds[lines]:.0f} s of video", peak, "MB") for lines, peak in medians.items()]
    show([*rows, Row("long over short", medians[_LONG] / medians[_SHORT], "ratio")], wanted.json)


if __name__ == "__main__":
    main()
