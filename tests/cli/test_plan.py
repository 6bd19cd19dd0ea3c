"""All faults of a command at once, and what a production lacks, as a person at a terminal sees it."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from avatar.app.context import open_app
from avatar.cli.main import app
from avatar.errors import CombinedInputError, InputError, InputFaults
from tests.cli.command_tree import parse
from tests.consent.reading import entries

WORDS = ("presenter", "--cast", "presenter=ada", "--script", "Hello.", "--purpose", "training", "--project", "toys")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("AVATAR_HOME", str(tmp_path / "home"))
    for name in ("AVATAR_STORE", "AVATAR_KEYS", "AVATAR_OPERATOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run_shell_line(line: str) -> subprocess.CompletedProcess[str]:
    code = "import shlex, sys; from avatar.cli import main; sys.argv = shlex.split(sys.argv[1]); main()"
    return subprocess.run([sys.executable, "-c", code, line], capture_output=True, text=True, check=False)


def test_the_commands_of_a_plan_can_be_pasted():
    done = CliRunner().invoke(app, ["plan", *WORDS])

    assert done.exit_code == 1
    pasted = [line for line in done.stdout.splitlines() if line.startswith("avatar ")]
    assert [" ".join(parse(line)) for line in pasted] == ["enroll", "grant"]
    assert pasted[0] == "avatar enroll ada --voice FILE --portrait FILE"
    assert "--use animate-face --use clone-voice --use publish --use refine-lips" in pasted[1]


def test_produce_with_check_tells_the_same_and_makes_nothing(home):
    planned = CliRunner().invoke(app, ["plan", *WORDS])
    checked = CliRunner().invoke(app, ["produce", *WORDS, "--check", "--out", str(home / "out")])

    assert (checked.exit_code, checked.stdout) == (planned.exit_code, planned.stdout)
    assert not (home / "out").exists()
    assert not [entry for entry in entries(open_app().objects) if entry.fact.kind == "refused"]


def test_a_plan_as_json_is_json_and_nothing_else():
    told = json.loads(CliRunner().invoke(app, ["plan", *WORDS, "--json"]).stdout)

    assert not told["ready"]
    assert [each["code"] for each in told["missing"]] == ["person.unknown", "consent.not-granted"]
    assert told["needs"][0]["uses"] == ["animate-face", "clone-voice", "publish", "refine-lips"]


def test_a_description_that_nobody_filled_in_is_refused():
    """The command to paste leaves it open: people agree to words that somebody wrote."""
    shown = CliRunner().invoke(app, ["plan", *WORDS]).stdout.splitlines()
    (line,) = (each for each in shown if each.startswith("avatar grant"))
    open_app().people.enroll("ada", "synthetic", [])

    done = run_shell_line(line)

    assert "[grant.description]" in done.stderr


def test_all_that_is_wrong_with_an_enrolment_is_told_at_once(home):
    done = CliRunner().invoke(app, ["enroll", "Ada!", "--portrait", "nowhere.png", "--transcript", "gone.txt"])

    assert isinstance(done.exception, CombinedInputError)
    codes = [error.code for error in done.exception.errors]
    assert codes == ["person.bad-alias", "file.missing", "file.missing", "person.no-voice"]


def test_each_fault_is_a_line_with_its_own_code():
    done = run_shell_line("avatar enroll Ada! --portrait x.png")

    assert done.returncode == 1
    first, second = done.stderr.splitlines()
    assert first.startswith("error: alias 'Ada!'")
    assert first.endswith("[person.bad-alias]")
    assert second.endswith("[file.missing]")


def test_one_fault_is_told_as_it_always_was():
    faults = InputFaults()
    with faults.collect():
        raise InputError("one", code="a.b")

    with pytest.raises(InputError, match="one") as refusal:
        faults.raise_found()

    assert type(refusal.value) is InputError
