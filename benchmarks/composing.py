"""A lower third over a shot: composed plane by plane, and as moviepy composes it."""

import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np

from avatar.media.decode import decode
from avatar.media.encode import PRESET, encode
from avatar.media.overlay import OverlaySpan, overlay_frames
from avatar.media.titles import draw_lower_third
from benchmarks.dubbing import talking
from benchmarks.rows import Row

_FRAMES, _ROUNDS = 150, 3


def rows() -> Iterator[Row]:
    """Give what both cost."""
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.mp4"
        encode(talking(_FRAMES), film)
        ways = {"ours": _ours, "moviepy": _moviepy}
        spent: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(_ROUNDS):
            for name, way in ways.items():
                started = _spent()
                way(film, Path(folder) / f"{name}.mp4")
                spent[name].append(_spent() - started)
        middle = {name: median(each) for name, each in spent.items()}
        for name, cost in middle.items():
            yield Row(f"composing: {name}", cost / _FRAMES * 25, "CPU-s per video-s")
        yield Row("composing: less than moviepy", middle["moviepy"] / middle["ours"], "times")


def _spent() -> float:
    """Return the processor seconds of this process and of the children it has had: moviepy encodes in one."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _ours(film: Path, to: Path) -> None:
    frames = decode(film)
    shown = draw_lower_third("Ada Lovelace\nAnalyst", frames.format)
    encode(overlay_frames(frames, [OverlaySpan(shown, 10, _FRAMES - 10)]), to)


def _moviepy(film: Path, to: Path) -> None:
    from moviepy import CompositeVideoClip, ImageClip, VideoFileClip

    with VideoFileClip(str(film), audio=False) as clip:
        banner = np.zeros((90, 360, 4), np.uint8)
        banner[..., 3] = 200
        over = ImageClip(banner, duration=5.2).with_start(0.4).with_position((30, 390))
        composed = CompositeVideoClip([clip, over])
        # In this process, so that all of it is counted: ffmpeg's own seconds are those of a child.
        composed.write_videofile(str(to), codec="libx264", preset=PRESET, threads=1, audio=False, logger=None)
