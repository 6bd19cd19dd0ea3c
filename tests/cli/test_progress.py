"""What a terminal and a log show of a production on its way."""

import io
import time

import pytest
from rich.console import Console

from avatar.artifacts.artifact import Footage, FrameDeltas, Portrait, Speech, VoiceModel, VoiceSample
from avatar.cli import output
from avatar.cli.progress import Progress
from avatar.stages.catalogue import REQUESTS
from avatar.stages.face import AnimateFace
from avatar.stages.render import KeepPatches, Render
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.studio.studio import ProgressEvent
from tests.stages.examples import example

SPEECH, FOOTAGE, PATCHES = Speech("s"), Footage("f"), FrameDeltas("p")
SPEAK = CloneVoice(VoiceModel("v"), "Good morning.")
ANIMATE = AnimateFace(Portrait("i"), SPEECH)
KEEP, RENDER = KeepPatches(FOOTAGE), Render((PATCHES,), SPEECH)


class Shown:
    """A progress, and the console it writes to: a terminal's table is drawn once, when asked for."""

    def __init__(self, terminal: bool) -> None:
        self._out = io.StringIO()
        self._console = Console(file=self._out, force_terminal=terminal, width=120, color_system=None)
        self.progress = Progress(self._console)
        self.progress.begin(1)
        self.tell(ProgressEvent("kept", SPEAK, 1.0, 0.7, SPEECH), ProgressEvent("kept", ANIMATE, 1.0, 0.0, FOOTAGE))

    def tell(self, *moments: ProgressEvent) -> None:
        for moment in moments:
            self.progress.tell(moment)

    def table(self) -> str:
        self._console.print(self.progress._table())
        return self._out.getvalue()

    def log(self) -> str:
        return self._out.getvalue()


def test_a_network_that_draws_for_minutes_is_seen_at_it_beside_its_line() -> None:
    shown = Shown(terminal=True)
    shown.tell(ProgressEvent("running", KEEP, 0.42, 60.0))

    head, line = shown.table().splitlines()

    assert head.split() == ["line", "voice", "patches", "picture", "text"]
    assert "42%" in line


def test_where_nothing_is_kept_there_is_no_column_for_it() -> None:
    shown = Shown(terminal=True)
    shown.tell(ProgressEvent("running", RENDER, 0.5, 1.0))

    assert shown.table().splitlines()[0].split() == ["line", "voice", "picture", "text"]


@pytest.mark.parametrize("what", ["kept", "recalled"])
def test_a_log_says_when_the_patches_of_a_line_are_there(what: str) -> None:
    shown = Shown(terminal=False)
    shown.tell(ProgressEvent(what, KEEP, 1.0, 4.0, PATCHES))

    assert f"line 1 of 1: patches {what}" in shown.log()


@pytest.mark.parametrize("kind", REQUESTS.values(), ids=REQUESTS)
def test_every_stage_is_shown_by_its_own_label(kind) -> None:
    shown = Shown(terminal=True)
    shown.tell(ProgressEvent("kept", example(kind), 1.0, 3.0, kind.output_type("made")))

    assert shown.progress.stages()[kind.progress_label]["performed"] == 1 + (
        kind.progress_label in ("voice", "animation")
    )


def test_a_log_says_when_work_for_the_whole_video_begins_and_says_it_once() -> None:
    shown = Shown(terminal=False)
    learn = LearnVoice(VoiceSample("v"))
    for done in (0.0, 0.3, 0.6):
        shown.tell(ProgressEvent("running", learn, done, 10 * done))

    assert shown.log().count("whole: learning running") == 1


def test_a_step_of_a_moment_is_not_shown_and_a_longer_one_is(capsys, monkeypatch) -> None:
    monkeypatch.setattr(output, "_SHOWN_AFTER_S", 0.1)
    with output.step("winking"):
        pass
    with output.step("waiting"):
        time.sleep(0.2)

    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[0] == "waiting …"
    assert err.splitlines()[1].startswith("waiting: done in 0.2 s")


def test_a_quiet_step_says_nothing(capsys, monkeypatch) -> None:
    monkeypatch.setattr(output, "_SHOWN_AFTER_S", 0.05)
    output.set_quiet(True)
    try:
        with output.step("waiting"):
            time.sleep(0.1)
    finally:
        output.set_quiet(False)

    assert capsys.readouterr().err == ""
