"""What goes between a production and its workers."""

import json
import socket

import pytest

from avatar.artifacts.artifact import Footage, Image, Speech, VoiceModel
from avatar.errors import ConsentError, EngineError
from avatar.registry import Choice
from avatar.stages.face import AnimateFace
from avatar.stages.picture import Render
from avatar.stages.voice import CloneVoice
from avatar.studio import Moment
from avatar.testing.world import TOY_BRIEF
from avatar.workers.link import Link
from avatar.workers.plain import Asked, Failed, Halt, Made, plain, understood

SPEAK = CloneVoice(VoiceModel("a" * 64), "Zoë said:\n“hello”.")
RENDER = Render((Footage("b" * 64), Footage("c" * 64)), Speech("d" * 64), "Zoë", 1)


@pytest.mark.parametrize(
    "said",
    [
        Asked(SPEAK, Choice("adapted", {"pace": 0.9}), TOY_BRIEF),
        Asked(RENDER, Choice("h264"), TOY_BRIEF),
        Halt(),
        Moment("running", AnimateFace(Image("e" * 64), Speech("f" * 64), listening=True), 0.5, 1.25),
        Moment("kept", SPEAK, 1.0, 2.0, Speech("f" * 64)),
        Made("f" * 64),
    ],
)
def test_what_is_said_is_one_line_and_is_understood(said):
    line = plain(said)

    assert line.count(b"\n") == 1
    assert understood(line) == said


def test_a_refusal_keeps_its_kind_its_code_and_its_sentence():
    failed = understood(plain(Failed(ConsentError("'ada' has not agreed", code="consent.not-granted"))))

    assert isinstance(failed, Failed)
    assert type(failed.error) is ConsentError
    assert (str(failed.error), failed.error.code) == ("'ada' has not agreed", "consent.not-granted")


def test_what_nobody_foresaw_is_told_as_it_is():
    failed = understood(plain(Failed(ZeroDivisionError("one by nought"))))

    assert isinstance(failed, Failed)
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
        link = Link(mine)

        with pytest.raises(EOFError):
            link.hear()
        link.close()
