"""Processor seconds per second of video, stage by stage and whole, for the demo's chain at 512 x 512, 25 fps.

Frames are made lazily, so a frame stage is measured by pulling the chain up to it: its own cost is what it adds to the
chain before it. One worker, one thread; learning a voice is done once a person and is counted on its own.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from avatar.artifacts.artifact import Footage, Speech
from avatar.bench import Bench
from avatar.cli.demo import BRIEF, demonstration
from avatar.compose import House
from avatar.production import direct
from avatar.settings import Settings
from avatar.stages.face import AnimateFace, RefineLips, SwapFace
from avatar.stages.picture import Assemble, Publish, Render
from avatar.stages.voice import CloneVoice, LearnVoice
from benchmarks.children import avatar
from benchmarks.rows import Row, options, show
from benchmarks.script import sentences

T = TypeVar("T")
_LINES = 6


def main() -> None:
    """Measure, and print the table."""
    wanted = options(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        rows = [*_stages(Path(folder) / "stages"), *_whole(Path(folder) / "whole")]
    show(rows, wanted.json)


def _stages(folder: Path) -> list[Row]:
    house = House(Settings(home=folder / ".avatar"))
    production = demonstration(house, sentences(_LINES))
    meter = _Meter(house)
    direct(production, meter)
    seconds = meter.video_seconds()
    named = {
        LearnVoice: "learning a voice (once a person)",
        CloneVoice: "voice",
        AnimateFace: "animation",
        SwapFace: "swap",
        RefineLips: "lips",
        Render: "picture (encode)",
        Assemble: "assembly",
        Publish: "publication",
    }
    rows = []
    for kind, name in named.items():
        spent = meter.spent.get(kind, 0.0)
        per = LearnVoice is not kind
        rows.append(Row(name, spent / seconds if per else spent, "CPU-s per video-s" if per else "CPU-s"))
    chain = sum(spent for kind, spent in meter.spent.items() if kind is not LearnVoice)
    return [*rows, Row("whole chain", chain / seconds, "CPU-s per video-s"), Row("video", seconds, "s")]


def _whole(folder: Path) -> list[Row]:
    folder.mkdir()
    cost = avatar("demo", "--out", "out", "--script", sentences(_LINES), home=folder)
    seconds = cost.report["video_seconds"]
    again = avatar("demo", "--out", "out", "--script", sentences(_LINES), home=folder)
    help_ = avatar("--help", home=folder)
    return [
        Row("whole process, enrolment and learning included", cost.cpu_seconds / seconds, "CPU-s per video-s"),
        Row("whole process, peak memory", cost.peak_mb, "MB"),
        Row("whole process again, all recalled", again.cpu_seconds, "CPU-s"),
        Row("avatar --help", help_.cpu_seconds, "CPU-s"),
    ]


class _Meter:
    """Performs requests through the studio and notes the processor seconds of each kind."""

    def __init__(self, house: House) -> None:
        self.spent: dict[type, float] = {}
        self._house = house
        self._frames = 0.0
        self._speech = Speech("")  # of the line that is being made
        self._chain: dict[str, float] = {}  # footage digest -> seconds to pull it

    def __call__(self, request, choice):  # type: ignore[no-untyped-def]
        made, spent = _timed(lambda: self._house.studio.perform(request, choice, BRIEF))
        if isinstance(made, Speech):
            self._speech = made
        if isinstance(made, Footage):
            _, pulled = _timed(lambda: self._pull(made))
            self._chain[made.digest] = pulled
            before = self._chain.get(request.footage.digest, 0.0) if hasattr(request, "footage") else 0.0
            spent += pulled - before
        if isinstance(request, Render):
            spent -= sum(self._chain[panel.digest] for panel in request.panels)
        self.spent[type(request)] = self.spent.get(type(request), 0.0) + spent
        return made

    def video_seconds(self) -> float:
        return self._frames

    def _pull(self, footage: Footage) -> None:
        with tempfile.TemporaryDirectory() as room:
            studio = self._house.studio
            job = studio.gate.clear(Render((footage,), self._speech), BRIEF)
            frames = Bench(job, studio, Path(room), "0" * 64, BRIEF).frames(footage)
            for batch in frames.batches:
                for frame in batch:
                    frame.settle()
            if self._last(footage):
                self._frames += float(frames.count / frames.format.rate)

    def _last(self, footage: Footage) -> bool:
        work = self._house.store.manifest(footage.digest).work
        return work is not None and work.request == RefineLips.__name__


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.process_time()
    result = work()
    return result, time.process_time() - started


if __name__ == "__main__":
    main()
