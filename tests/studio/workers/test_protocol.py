"""What goes between a production and its workers."""

import json
import socket

import pytest

from avatar.artifacts.artifact import Footage, Portrait, Speech, VoiceModel
from avatar.errors import ConsentError, EngineError
from avatar.stages.face import AnimateFace
from avatar.stages.registry import EngineSpec
from avatar.stages.render import Render
from avatar.stages.voice import CloneVoice
from avatar.studio.studio import ProgressEvent
from avatar.studio.workers.channel import MessageChannel
from avatar.studio.workers.protocol import Halt, WorkDone, WorkFailed, WorkRequest, decode, encode
from avatar.testing.world import TOY_BRIEF

SPEAK = CloneVoice(VoiceModel("a" * 64), "Zoë said:\n“hello”.")
RENDER = Render((Footage("b" * 64), Footage("c" * 64)), Speech("d" * 64), "Zoë", 1)


@pytest.mark.parametrize(
    "said",
    [
        WorkRequest(SPEAK, EngineSpec("adapted", {"pace": 0.9}), TOY_BRIEF),
        WorkRequest(RENDER, EngineSpec("h264"), TOY_BRIEF),
        Halt(),
        ProgressEvent("running", AnimateFace(Portrait("e" * 64), Speech("f" * 64), listening=True), 0.5, 1.25),
        ProgressEvent("kept", SPEAK, 1.0, 2.0, Speech("f" * 64)),
        WorkDone("f" * 64),
    ],
)
def test_what_is_said_is_one_line_and_is_understood(said):
    line = encode(said)

    assert line.count(b"\n") == 1
    assert decode(line) == said


def test_a_refusal_keeps_its_kind_its_code_and_its_sentence():
    failed = decode(encode(WorkFailed(ConsentError("'ada' has not agreed", code="consent.not-granted"))))

    assert isinstance(failed, WorkFailed)
    assert type(failed.error) is ConsentError
    assert (str(failed.error), failed.error.code) == ("'ada' has not agreed", "consent.not-granted")


def test_what_nobody_foresaw_is_told_as_it_is():
    failed = decode(encode(WorkFailed(ZeroDivisionError("one by nought"))))

    assert isinstance(failed, WorkFailed)
    assert not isinstance(failed.error, EngineError)
    assert "one by nought" in str(failed.error)


@pytest.mark.parametrize(
    "line",
    [
        b"cos\nsystem\n(S'true'\ntR.\n",
        b"[]\n",
        b'{"Made": {}}\n',
        b'{"Exec": {"command": "true"}}\n',
        json.dumps({"Moment": {"request": "system", "fields": {"0": "true"}}}).encode() + b"\n",
    ],
)
def test_nothing_else_is_understood_and_the_line_counts_as_dead(line):
    mine, theirs = socket.socketpair()
    with theirs:
        theirs.sendall(line)
        link = MessageChannel(mine)

        with pytest.raises(EOFError):
            link.hear()
        link.close()
