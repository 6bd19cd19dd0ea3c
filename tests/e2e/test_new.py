"""A first own video with one command; a real person is asked, and nobody answers for them."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from avatar.app.resources import PERFORMERS
from avatar.cli import new
from avatar.cli.main import app
from avatar.consent.decide import MAX_ATTESTED_AGE
from tests.cli.command_tree import parse
from tests.e2e.cli_sandbox import Place

WORDS = ("new", "ada", "--purpose", "training", "--project", "toys", "--description", "Short lessons about toys.")
FILES = (
    "--portrait", str(PERFORMERS / "ava.png"),
    "--voice", str(PERFORMERS / "ava_statement.flac"),
    "--transcript", str(PERFORMERS / "ava_statement.txt"),
)  # fmt: skip
SCRIPT = ("--script", "Hello, and welcome.", "--out", "out")


def on_a_terminal(place: Place, answer: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command with a terminal for its input, on which someone types *answer*."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, f"{answer}\n".encode())
        return subprocess.run(
            place.command(*words),
            cwd=place.folder,
            env=place.environment(),
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)


def kinds(place: Place) -> list[str]:
    return [entry["kind"] for entry in place.entries()]


@pytest.mark.slow
def test_a_real_person_is_asked_and_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    place = Place(tmp_path)

    unasked = place.run(*WORDS, *FILES, *SCRIPT)
    assert "[new.no-terminal]" in unasked.stderr
    refused = on_a_terminal(place, "no", *WORDS, *SCRIPT)
    assert refused.returncode == 1
    assert "speak scripts in it" in refused.stdout  # the notice, in plain words
    assert "Nothing was agreed to" in refused.stdout
    assert "enrolled" in kinds(place)
    assert "granted" not in kinds(place)

    agreed = on_a_terminal(place, "yes", *WORDS, *SCRIPT)
    assert agreed.returncode == 0, agreed.stdout + agreed.stderr
    (granted,) = (entry["grant"] for entry in place.entries() if entry["kind"] == "granted")
    assert granted["evidence"]["kind"] == "attested"  # as avatar grant records it
    assert granted["scope"]["uses"] == ["animate-face", "clone-voice", "publish", "refine-lips"]
    assert json.loads(place.run("verify", "out/video.mp4", "--json").stdout)["trusted"]

    again = place.run(*WORDS, *SCRIPT, "--quiet")
    assert again.returncode == 0, again.stdout + again.stderr
    assert kinds(place).count("granted") == 1
    assert again.stderr == ""


def test_no_option_answers_for_the_person() -> None:
    options = {option for line in CliRunner().invoke(app, ["new", "--help"]).output.split() for option in [line]}

    assert "--yes" not in options
    with pytest.raises(Exception, match="No such option"):
        parse("avatar new ada --yes --purpose training --project toys --description 'Short lessons about toys.'")


def test_it_lasts_no_longer_than_what_an_operator_may_attest() -> None:
    assert MAX_ATTESTED_AGE.days == new.MAX_ATTESTED_DAYS


def test_everything_that_is_wrong_is_told_before_anything_is_written(tmp_path: Path) -> None:
    place = Place(tmp_path)

    done = place.run("new", "Ada!", "--portrait", "x.png", "--script", "y.txt", "--purpose", "fun", "--project", "p",
                     "--description", "short", "--blueprint", "presenterr")  # fmt: skip

    assert done.returncode == 1
    for code in (
        *("person.bad-alias", "file.missing", "blueprint.missing", "grant.unknown-word", "script.unreadable"),
        "grant.description",
    ):
        assert f"[{code}]" in done.stderr
    assert not (tmp_path / ".avatar" / "store").exists()
