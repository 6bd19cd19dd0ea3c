"""What the README shows is what works."""

import re
import subprocess
from pathlib import Path

import pytest

from avatar.cli.main import app
from avatar.production.blueprint.schema import Blueprint
from avatar.production.production import Production, direct
from avatar.stages.registry import EngineSpec
from avatar.testing.world import TOY_BLUEPRINT, TOY_BRIEF
from avatar.voices.text.script import split_script

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_engine_of_the_readme_works_in_a_production(world):
    (source,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    module: dict[str, object] = {"__name__": "readme"}
    exec(source, module)
    world.engines["blur"] = lambda: module["Blur"]
    cast = {}
    for role, alias in (("presenter", "ada"), ("double", "bob")):
        person = world.enroll(alias)
        world.agree(person)
        cast[role] = world.likeness(person)
    blueprint = Blueprint.model_validate({**TOY_BLUEPRINT, "swap": {"engine": "blur", "radius": 3, "face": "double"}})

    signed = direct(Production(blueprint, cast, split_script("One line."), TOY_BRIEF), world.perform)

    assert world.store.manifest(signed.digest).people
    assert world.build(EngineSpec("blur", {"radius": 7})).radius == 7


def test_every_folder_of_the_tree_exists_and_no_other():
    tree = re.search(r"## The tree\n\n```\n(.*?)```", README, re.DOTALL)
    assert tree
    named = {word.strip("/") for line in tree[1].splitlines() for word in line.split("  ")[0].split() if "/" in word}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    if not tracked:
        pytest.fail("these tests run in a checkout")
    tops = {path.split("/")[0] for path in tracked.splitlines() if "/" in path and not path.startswith(".")}

    assert tops <= {name.split("/")[0] for name in named}


def test_every_command_of_the_readme_is_one(capsys):
    known = {command.name or command.callback.__name__ for command in app.registered_commands}
    known |= {group.name for group in app.registered_groups}

    for word in re.findall(r"^avatar ([a-z-]+)", README, re.MULTILINE):
        assert word in known
