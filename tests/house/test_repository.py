"""Files that hosts and editors read are well-formed, and need no network."""

import re
from pathlib import Path

import pytest
import yaml

from avatar.stages.catalogue import REQUESTS

ROOT = Path(__file__).parents[2]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yaml"))
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
CHANGES = (ROOT / "CHANGELOG.md").read_text()


def test_hooks_run_what_is_installed_here_and_fetch_nothing():
    (repo,) = HOOKS
    programs = {hook["entry"].split()[0] for hook in repo["hooks"]}

    assert repo["repo"] == "local"
    assert {hook["language"] for hook in repo["hooks"]} == {"system"}
    assert programs == {".venv/bin/ruff", ".venv/bin/mypy", ".venv/bin/lint-imports"}


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_every_issue_form_has_a_name_and_asks_something(path):
    form = yaml.safe_load(path.read_text())

    assert form["name"]
    assert form["description"]
    assert any(part.get("validations", {}).get("required") for part in form["body"])


def test_the_form_for_engines_offers_requests_that_exist():
    form = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / "engine.yaml").read_text())
    (choice,) = [part for part in form["body"] if part["type"] == "dropdown"]

    assert set(choice["attributes"]["options"]) - {"none of these"} <= set(REQUESTS)


def test_the_changelog_keeps_the_form_of_keep_a_changelog():
    versions = re.findall(r"^## \[([^\]]+)\]", CHANGES, re.MULTILINE)
    kinds = set(re.findall(r"^### (\w+)", CHANGES, re.MULTILINE))

    assert versions[0] == "Unreleased"
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions[1:])
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
