"""Processor seconds per second of video, stage by stage and whole, for the demo's chain at 512 x 512, 25 fps.

Frames are made lazily, so a frame stage is measured by pulling the chain up to it: its own cost is what it adds to the
chain before it. One worker, one thread; learning a voice is done once a person, before. What nobody can do without, the
encoder on the very same frames, is measured between them: on machines that are shared with others, a processor second
does less than on one's own, and only ratios can be compared.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from avatar.app.context import AppContext
from avatar.app.settings import Settings
from avatar.artifacts.artifact import Footage, Speech
from avatar.cli.demo import BRIEF, demonstration
from avatar.media.encode import encode
from avatar.media.frames import Frame, Frames
from avatar.production.production import direct
from avatar.stages.face import AnimateFace, RefineLips, SwapFace
from avatar.stages.render import Assemble, Publish, Render
from avatar.stages.voice import CloneVoice
from avatar.studio.workbench import RequestWorkbench
from benchmarks.children import avatar
from benchmarks.rows import Row
from benchmarks.script import sentences

T = TypeVar("T")
_LINES = 6
_STAGES = {
    CloneVoice: "voice, every take judged",
    AnimateFace: "animation",
    SwapFace: "swap",
    RefineLips: "lips",
    Render: "marks and encoding",
    Assemble: "assembly",
    Publish: "marks read back, signing",
}
WHOLE = "whole chain, voice to signed file"


def rows() -> Iterator[Row]:
    """Give what each stage costs, the whole chain, and a whole process."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _stages(Path(folder) / "stages")
        yield from _whole(Path(folder) / "whole")


def _stages(folder: Path) -> Iterator[Row]:
    context = AppContext(Settings(home=folder / ".avatar"))
    # Once without the meter: what is loaded once in a process is no cost of a second of video.
    direct(demonstration(context, "The first line only warms up."), context.studio.under(BRIEF))
    meter = _Meter(context)
    direct(demonstration(context, sentences(_LINES)), meter)
    seconds = meter.video_seconds()
    for kind, name in _STAGES.items():
        yield Row(name, meter.spent.get(kind, 0.0) / seconds, "CPU-s per video-s")
    yield Row(WHOLE, sum(meter.spent.values()) / seconds, "CPU-s per video-s")
    picture = sum(meter.spent[kind] for kind in (AnimateFace, RefineLips, Render, Assemble))
    yield Row("picture path of a presenter (no network)", picture / seconds, "CPU-s per video-s")
    floor = meter.floor / seconds
    yield Row("floor: x264 alone, on the same frames", floor, "CPU-s per video-s")
    yield Row(f"{WHOLE}, over the floor", sum(meter.spent.values()) / seconds / floor, "times")
    yield Row("picture path of a presenter, over the floor", picture / seconds / floor, "times")


def _whole(folder: Path) -> Iterator[Row]:
    folder.mkdir()
    first = avatar("demo", "--out", "out", "--script", "The first line only learns.", home=folder)
    cost = avatar("demo", "--out", "out", "--script", sentences(_LINES), home=folder)
    again = avatar("demo", "--out", "out", "--script", sentences(_LINES), home=folder)
    yield Row("whole process", cost.cpu_seconds / cost.report["video_seconds"], "CPU-s per video-s")
    yield Row("whole process, one short line, two people enrolled and a voice learned", first.cpu_seconds, "CPU-s")
    yield Row("whole process again, all recalled", again.cpu_seconds, "CPU-s")
    yield Row("avatar --help", avatar("--help", home=folder).cpu_seconds, "CPU-s")


class _Meter:
    """Performs requests through the studio and notes the processor seconds of each kind."""

    def __init__(self, context: AppContext) -> None:
        self.spent: dict[type, float] = {}
        self.floor = 0.0
        self._house = context
        self._frames = 0.0
        self._made: Frames | None = None  # of the last chain that was pulled to its end
        self._speech = Speech("")  # of the line that is being made
        self._chain: dict[str, float] = {}  # footage digest -> seconds to pull it

    def __call__(self, request, choice):  # type: ignore[no-untyped-def]
        made, spent = _timed(lambda: self._house.studio.perform(request, choice, BRIEF))
        if isinstance(made, Speech):
            self._speech = made
        if isinstance(made, Footage):
            _, pulled = _timed(lambda: self._pull(made))
            self._chain[made.digest] = pulled
            self.floor += self._encoded()
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
            cleared = studio.gate.clear(Render((footage,), self._speech), BRIEF)
            frames = RequestWorkbench(cleared, studio, Path(room), "0" * 64, BRIEF).frames(footage)
            made = [[Frame(frame.settle()) for frame in batch] for batch in frames.batches]
            if self._last(footage):
                self._frames += float(frames.count / frames.format.rate)
                self._made = Frames(frames.format, frames.count, iter(made))

    def _encoded(self) -> float:
        """Return what encoding the last chain's frames costs by itself; 0 where they were encoded before."""
        made, self._made = self._made, None
        if made is None:
            return 0.0
        with tempfile.TemporaryDirectory() as room:
            return _timed(lambda: encode(made, Path(room) / "picture.mp4"))[1]

    def _last(self, footage: Footage) -> bool:
        work = self._house.store.manifest(footage.digest).work
        return work is not None and work.request == RefineLips.__name__


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.process_time()
    result = work()
    return result, time.process_time() - started
