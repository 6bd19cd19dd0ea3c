"""What ``--help`` shows is what works, and it shows it fast."""

import re
import subprocess
import sys
from importlib.metadata import version

import pytest
from typer.core import TyperGroup
from typer.testing import CliRunner

from avatar.cli.command import PANELS
from avatar.cli.main import app
from tests.cli.command_tree import ROOT, parse, walk

COMMANDS = {" ".join(path): command for path, command in walk()}
HEAVY = ("torch", "cv2", "prefect", "numpy", "av", "onnxruntime", "pydantic")
# What these commands print is a list, a report or a verdict.
REPORTS = {
    "check-status", "consent requests", "consent show", "detect", "doctor", "engines", "glossary", "ledger check-proof",
    "ledger lock-status", "ledger verify", "operators list", "people", "plan", "status", "sweep", "timeline", "verify",
    "webhooks list", "weights list", "weights verify", "where",
}  # fmt: skip
# And these make or change something; what they made is a file, or is said in a sentence.
OTHERS = {
    "approve", "compare", "consent export", "consent link", "consent narrow", "consent receipt", "consent reconfirm",
    "consent record", "consent request", "consent resume", "consent review", "consent serve", "consent suspend", "demo",
    "enroll", "erase", "grant", "keys rewrap", "keys rotate", "keys rotate-checkpoints", "keys rotate-ledger",
    "ledger checkpoint", "ledger export", "ledger prove", "ledger witness", "operators appoint", "operators rule",
    "new", "preview", "produce", "webhooks add", "webhooks deliver", "webhooks redeliver", "webhooks remove",
    "webhooks test", "weights import", "weights pull", "withdraw",
}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_ends_with_an_example_of_its_own_that_parses(name):
    shown = CliRunner().invoke(app, [*name.split(), "--help"]).output
    _, _, below = shown.partition(" Examples:\n")
    examples = re.sub(r"\\\n", " ", below).strip().splitlines()

    called = [" ".join(parse(example.strip())) for example in examples]

    assert called
    assert all(each.startswith(name) for each in called), called


def test_a_command_that_does_not_exist_would_not_parse():
    with pytest.raises(Exception, match="No such command"):
        parse("avatar prduce presenter")


def test_every_command_is_under_one_of_the_panels():
    assert isinstance(ROOT, TyperGroup)
    panels = [command.rich_help_panel for command in ROOT.commands.values() if not command.hidden]

    assert tuple(dict.fromkeys(panel for panel in PANELS if panel in panels)) == PANELS
    assert set(panels) <= set(PANELS)


def test_every_command_is_known_either_to_report_or_not():
    """A new command is added to one of the two tables; if it prints a list, a report or a verdict, it takes --json."""
    leaves = {name for name, command in COMMANDS.items() if not isinstance(command, TyperGroup)}

    assert leaves == REPORTS | OTHERS


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_what_lists_or_reports_also_does_it_as_json(name):
    assert "--json" in {option for each in COMMANDS[name].params for option in each.opts}


def test_help_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from avatar.cli.main import app\n"
        "try:\n    app(['--help'])\n"
        f"finally:\n    print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert "Make a signed video" in done.stdout
    assert done.stderr.strip() == "[]"


def test_the_version_is_that_of_the_package():
    assert CliRunner().invoke(app, ["--version"]).output.strip() == f"avatar {version('avatar-pipeline')}"


def test_all_options_that_are_missing_or_wrong_are_told_at_once():
    done = CliRunner().invoke(app, ["produce", "presenter", "--quiet"], env={"COLUMNS": "200"})

    assert done.exit_code == 2
    for option in ("--cast", "--purpose", "--project"):
        assert option in done.output


def test_one_wrong_option_is_told_as_before():
    done = CliRunner().invoke(app, ["consent", "serve", "--port", "99999999"], env={"COLUMNS": "200"})

    assert done.exit_code == 2
    assert "--port" in done.output
