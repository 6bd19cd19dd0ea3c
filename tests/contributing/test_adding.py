"""What CONTRIBUTING says must be edited for a new stage, use, fact or engine is all there is to edit."""

import re

import pytest

from tests.contributing.copy import ROOT, Copy
from tests.contributing.toys import FACT, FACT_TEST, STAGE, STAGE_TEST, USE, USE_TEST

LIMITS = {"a stage": 5, "a use": 4, "a ledger fact": 4, "an engine": 4}


def listed(what: str) -> list[str]:
    """Return the first path of each step of the recipe for *what*."""
    recipe = (ROOT / "CONTRIBUTING.md").read_text().split(f"## Adding {what}\n")[1].split("\n## ")[0]
    return [re.search(r"`([\w/.]+)`", step)[1] for step in re.findall(r"^\d+\. .*", recipe, re.MULTILINE)]


@pytest.mark.parametrize("what", LIMITS)
def test_a_recipe_is_short_and_names_what_is_there(what):
    paths = listed(what)

    assert 0 < len(paths) <= LIMITS[what]
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize(("what", "edits"), [("a stage", STAGE), ("a use", USE), ("a ledger fact", FACT)])
def test_a_toy_is_added_in_the_files_of_its_recipe_and_nowhere_else(what, edits):
    edited = {edit.path for edit in edits}

    assert len(edited) == len(listed(what))
    for path in listed(what):
        assert any(each == path or (path.endswith("/") and each.startswith(path)) for each in edited), path


@pytest.mark.slow
def test_a_toy_stage_works_and_passes_our_own_tests_of_stages(tmp_path):
    copy = Copy(tmp_path, [*STAGE, STAGE_TEST])

    done = copy.test(
        "tests/test_toy_stage.py", "tests/house/test_architecture.py", "tests/stages", "tests/cli/test_progress.py"
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", ["progress_label", "c2pa_action", "preserves_frame_count"])
def test_a_toy_stage_that_leaves_something_out_stops_everything(tmp_path, name):
    copy = Copy(tmp_path, STAGE)
    path = tmp_path / STAGE[0].path
    start, hat = path.read_text().split("class AddHat")
    hat = hat.replace("progress_label = ", "") if name == "progress_label" else re.sub(f"    {name} = .*\n", "", hat)
    path.write_text(f"{start}class AddHat{hat}")

    done = copy.test("tests/stages/test_request.py")

    assert done.returncode != 0
    assert re.search(f"TypeError: request AddHat .*has no {name}: add `{name} = ...` to the class", done.stdout)


@pytest.mark.slow
def test_a_toy_use_works_and_passes_our_own_tests_of_uses(tmp_path):
    copy = Copy(tmp_path, [*USE, USE_TEST])

    done = copy.test(
        *("tests/test_toy_use.py", "tests/consent/test_uses.py"),
        *("tests/consent/test_scope.py", "tests/capture/test_statement.py"),
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        ("_TEXTS = {\n", "the use hum has no sentences: add a UseText for Use.HUM to avatar.consent.uses"),
        ("  en: compare", "add the words to avatar/capture/uses.yaml"),
        ('"train", "guard-voice"', "add 'hum' to USES in avatar/cli/choices.py"),
    ],
)
def test_a_toy_use_that_leaves_something_out_is_told_what(tmp_path, left_out, said):
    copy = Copy(tmp_path, [edit for edit in USE if not edit.after.startswith(left_out)])

    done = copy.test("tests/consent/test_uses.py", "tests/capture/test_statement.py")

    assert done.returncode != 0
    assert said in done.stdout


@pytest.mark.slow
def test_a_toy_fact_works_and_passes_our_own_tests_of_facts(tmp_path):
    copy = Copy(tmp_path, [*FACT, FACT_TEST])

    life = "tests/consent/test_life.py::test_facts_of_each_kind_are_there"
    done = copy.test("tests/test_toy_fact.py", "tests/consent/test_facts.py", life)

    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_a_toy_fact_that_nobody_handles_fails_by_its_type_and_is_told_what_to_add(tmp_path):
    copy = Copy(tmp_path, [edit for edit in FACT if edit.path == "avatar/consent/entries.py"])

    types = copy.type_check("avatar/consent/validation.py", "avatar/consent/fold.py")
    done = copy.test("tests/consent/test_facts.py")

    for name in ("validation", "fold"):
        assert re.search(
            rf'{name}\.py:\d+: error: Argument 1 to "assert_never" has incompatible type "Noted"', types.stdout
        )
        assert f"avatar/consent/{name}.py, with what" in done.stdout
    assert "add `case Noted():` to validate_entry" in done.stdout
    assert "add `case Noted():` to _step" in done.stdout
