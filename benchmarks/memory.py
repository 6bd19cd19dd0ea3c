"""Peak memory against length: a video of a minute may cost 1.1 times that of ten seconds, no more."""

import tempfile
from pathlib import Path

from benchmarks.children import avatar
from benchmarks.rows import Row, options, show
from benchmarks.script import sentences

_SHORT, _LONG = 4, 25  # sentences: about 10 s and 60 s


def main() -> None:
    """Measure, and print the table."""
    wanted = options(__doc__)
    rows, peaks = [], []
    for lines in (_SHORT, _LONG):
        with tempfile.TemporaryDirectory() as folder:
            cost = avatar("demo", "--out", "out", "--script", sentences(lines), home=Path(folder), workers=2)
        rows.append(Row(f"peak memory, {lines} lines, {cost.report['video_seconds']:.0f} s", cost.peak_mb, "MB"))
        peaks.append(cost.peak_mb)
    show([*rows, Row("long over short", peaks[1] / peaks[0], "ratio")], wanted.json)


if __name__ == "__main__":
    main()
