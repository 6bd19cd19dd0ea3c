"""Asking for consent, recording it and reviewing it from the command line, with a scripted analyzer."""

import re
from functools import partial

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from avatar.app.context import open_app
from avatar.artifacts.artifact import VoiceSample
from avatar.cli.main import app
from avatar.consent.keys import key_at
from avatar.errors import AvatarError, ConsentError
from avatar.people.samples import CheckedSample
from tests.capture.scripted import UNSURE, Scripted

ASKED = (
    "request", "ada", "--use", "clone-voice", "--use", "publish", "--purpose", "education", "--project", "toys",
    "--description", "Short lessons about toys.",
)  # fmt: skip


@pytest.fixture
def analyzer(tmp_path, monkeypatch) -> Scripted:
    monkeypatch.setenv("AVATAR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AVATAR_ORGANISATION", "Northwind Films")
    for name in ("AVATAR_STORE", "AVATAR_KEYS", "AVATAR_OPERATOR"):
        monkeypatch.delenv(name, raising=False)
    scripted = Scripted()
    monkeypatch.setattr("avatar.capture.default_analyzer.DefaultAnalyzer", lambda: scripted)
    open_app().people.enroll("ada", "self", [partial(voice)])
    return scripted


def voice(room) -> CheckedSample:
    parts = {part: room / part for part in VoiceSample.parts}
    for name, path in parts.items():
        path.write_bytes(f"ada's {name}".encode())
    return CheckedSample(VoiceSample, parts)


def run(*words: object, status: int = 0) -> str:
    result = CliRunner().invoke(app, ["consent", *(str(word) for word in words)])
    if isinstance(result.exception, AvatarError):
        raise result.exception
    assert result.exit_code == status, result.output
    return result.output


def ask(analyzer: Scripted) -> str:
    """Ask Ada, let her say it, and return the challenge."""
    said = run(*ASKED)
    analyzer.says = next(line for line in said.splitlines() if line.startswith("I agree"))
    return re.findall(r"record ([0-9a-f]{12})", said)[0]


def recording(tmp_path, seed: int = 0):
    path = tmp_path / f"{seed}.wav"
    soundfile.write(path, np.random.default_rng(seed).standard_normal(15 * 8000) * 0.05, 8000)
    return path


def test_a_person_is_shown_what_they_agree_to_and_what_to_say(analyzer: Scripted) -> None:
    said = run(*ASKED)

    assert "Northwind Films may clone my voice and publish what is made" in said
    assert "Short lessons about toys." in said  # the notice
    assert "The passcode words are" in said


def test_what_they_say_is_recorded_as_their_agreement(analyzer: Scripted, tmp_path) -> None:
    challenge = ask(analyzer)

    said = run("record", challenge, recording(tmp_path))

    assert "Recorded: grant" in said
    assert "passcode          passed  3" in said
    assert challenge in run("requests", "ada")
    assert "captured" in run("show", "ada")


def test_a_recording_can_be_given_for_the_person_instead(analyzer: Scripted, tmp_path) -> None:
    ask(analyzer)

    assert "Recorded: grant" in run("record", "ada", recording(tmp_path))


def test_a_refusal_says_why_and_ends_with_status_one(analyzer: Scripted, tmp_path) -> None:
    ask(analyzer)
    analyzer.marked = 0.9

    assert "Refused (capture.synthetic)" in run("record", "ada", recording(tmp_path), status=1)


def test_what_is_held_is_decided_by_another_operator(analyzer: Scripted, tmp_path, monkeypatch) -> None:
    challenge = ask(analyzer)
    analyzer.like = [UNSURE]
    assert "Held for a second operator (capture.voice)" in run("record", challenge, recording(tmp_path))

    with pytest.raises(ConsentError, match="a second person must"):
        run("review", challenge, "--accept")
    second = key_at(tmp_path / "second.key", make=True)
    CliRunner().invoke(app, ["operators", "appoint", second.public, "--role", "grant"])
    monkeypatch.setenv("AVATAR_OPERATOR", str(tmp_path / "second.key"))
    looked = run("review", challenge, "--save", tmp_path / "look")
    decided = run("review", challenge, "--accept")

    assert "Nothing is decided yet" in looked
    assert "unsure" in looked
    assert (tmp_path / "look" / "sound.wav").is_file()
    assert "Recorded: grant" in decided


def test_nobody_who_was_not_asked_can_answer(analyzer: Scripted, tmp_path) -> None:
    with pytest.raises(AvatarError) as caught:
        run("record", "ada", recording(tmp_path))

    assert caught.value.code == "capture.unknown"
