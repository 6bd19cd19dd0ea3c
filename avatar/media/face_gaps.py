"""Which frames of a programme show no face, where one was looked for: they passed as they were."""

import json
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

FrameRange = tuple[int, int]  # the first frame, and the first after it


def merge_ranges(ranges: Iterable[FrameRange]) -> list[FrameRange]:
    """Return *ranges* in order, those that touch or overlap as one."""
    joined: list[FrameRange] = []
    for first, after in sorted(ranges):
        if joined and first <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(after, joined[-1][1])
        else:
            joined.append((first, after))
    return joined


def offset_ranges(ranges: Iterable[FrameRange], frames: int) -> list[FrameRange]:
    """Return *ranges* as they stand in a programme in which they begin *frames* later."""
    return [(first + frames, after + frames) for first, after in ranges]


def write_face_gaps(to: Path, ranges: Iterable[FrameRange], rate: Fraction) -> None:
    """Write *ranges* of frames, *rate* a second, to the file *to*."""
    found = [
        {"first_frame": first, "frames": after - first, "start": round(float(first / rate), 3)}
        | {"end": round(float(after / rate), 3)}
        for first, after in merge_ranges(ranges)
    ]
    to.write_text(json.dumps({"rate": str(rate), "without_face": found}, indent=2) + "\n", encoding="utf-8")


def read_face_gaps(path: Path) -> list[FrameRange]:
    """Return the ranges that were written to *path*."""
    found = json.loads(path.read_bytes())["without_face"]
    return [(each["first_frame"], each["first_frame"] + each["frames"]) for each in found]


def format_ranges(ranges: Iterable[FrameRange], rate: Fraction) -> str:
    """Return *ranges* in words: ``0:00.0-0:01.2, 0:04.0-0:05.0``."""
    return ", ".join(f"{_format_clock(first / rate)}-{_format_clock(after / rate)}" for first, after in ranges)


def _format_clock(seconds: Fraction) -> str:
    minutes, rest = divmod(float(seconds), 60)
    return f"{int(minutes)}:{rest:04.1f}"
