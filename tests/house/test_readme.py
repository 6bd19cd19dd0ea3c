"""What the README and the guides show is what works."""

import re
import shlex
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
import typer

from avatar.cli.main import app
from avatar.production.blueprint.schema import Blueprint
from avatar.production.production import Production, direct
from avatar.stages.catalogue import REQUESTS
from avatar.stages.registry import EngineSpec
from avatar.testing.world import TOY_BLUEPRINT, TOY_BRIEF
from avatar.voices.text.script import split_script

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
GUIDES = sorted((ROOT / "docs" / "guides").glob("*.md"))
SHOWN = [ROOT / "README.md", *GUIDES, ROOT / "docs" / "consent.md", ROOT / "docs" / "ledger.md"]


def blocks(path, language):
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(), re.DOTALL)


def commands(path):
    """Every `avatar` command in the shell blocks of *path*, as lists of words."""
    lines = "\n".join(blocks(path, "sh")).replace("\\\n", " ").splitlines()
    words = [shlex.split(line, comments=True) for line in lines]
    return [line[1:] for line in words if line and line[0] == "avatar"]


COMMANDS = [pytest.param(words, id=f"{path.stem}-{' '.join(words[:2])}") for path in SHOWN for words in commands(path)]


# -- the README


def test_the_readme_is_short():
    assert len(README.split()) <= 900


def test_the_readme_shows_a_result_before_it_explains():
    picture = re.search(r"!\[[^\]]+\]\(([^)]+)\)", README)

    assert (ROOT / picture[1]).exists()
    assert picture.start() < README.index("##")


def test_every_folder_of_the_tree_exists_and_no_other():
    tree = re.search(r"## The tree\n\n```\n(.*?)```", README, re.DOTALL)
    assert tree
    tops = re.findall(r"^([a-z]+)/", tree[1], re.MULTILINE)
    packages = re.findall(r"^  ([a-z]+)/", tree[1], re.MULTILINE)
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    if not tracked:
        pytest.fail("these tests run in a checkout")
    folders = [Path(path).parts[:-1] for path in tracked.splitlines() if not path.startswith(".")]

    assert sorted(tops) == sorted({parts[0] for parts in folders if parts})
    assert packages == sorted({parts[1] for parts in folders if len(parts) > 1 and parts[0] == "avatar"})


def test_the_diagram_names_every_request():
    (diagram,) = blocks(ROOT / "README.md", "mermaid")

    assert set(re.findall(r"[A-Z]\w+", diagram.replace("LR", ""))) == set(REQUESTS)


def test_every_arrow_of_the_diagram_is_one_of_a_production(world):
    (diagram,) = blocks(ROOT / "README.md", "mermaid")
    chains = [line.split(" --> ") for line in diagram.splitlines() if "-->" in line]
    drawn = {(one.strip(), other.strip()) for chain in chains for one, other in pairwise(chain)}

    assert drawn <= arrows(world)


def arrows(world):
    """Which request's outcome goes into which, over productions that use all of them."""
    ada = world.likeness(world.enroll("ada"))
    made, seen = {}, set()

    def perform(request, choice):
        name = type(request).__name__
        seen.update((made[each], name) for each in request.inputs() if each in made)
        outcome = request.output_type(f"{len(made)}")
        made[outcome] = name
        return outcome

    lips = {"engine": "mouth-warp"}
    for more in (
        {"swap": {"engine": "mesh-swap", "face": "double"}, "lips": lips},
        {"lips": {**lips, "keep_patches": True}},
        {"source": "footage", "lips": lips},
        {"speech": "recorded"},
    ):
        blueprint = Blueprint.model_validate({"name": "all", "speakers": ["presenter"], **more})
        cast = {role: _Everything(ada) for role in blueprint.roles}
        direct(Production(blueprint, cast, split_script("One line."), TOY_BRIEF), perform)
    return seen


class _Everything:
    """A member of a cast who brought whatever is asked for."""

    def __init__(self, likeness):
        self.voice, self.portrait, self.glossary = likeness.voice, likeness.portrait, {}
        self.footage = self.voiceover = likeness.portrait


@pytest.mark.parametrize("path", [ROOT / "README.md", *GUIDES], ids=lambda path: path.stem)
def test_every_link_to_a_file_leads_to_one(path):
    for target in re.findall(r"\]\(([^)#\s]+)", path.read_text()):
        assert target.startswith("http") or (path.parent / target).exists(), target


# -- commands


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_shown_is_understood_by_the_command_line(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for word in words:
        if re.fullmatch(r"[\w/-]+\.[a-z0-9]{2,4}", word):  # a file of the reader's
            (tmp_path / word).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / word).touch()
    command, context = typer.main.get_command(app), None

    while True:
        context = command.make_context(
            words[0] if context else "avatar", [*words[1:]] if context else [*words], context
        )
        if not hasattr(command, "resolve_command"):
            break
        words = [*context._protected_args, *context.args]
        _, command, _ = command.resolve_command(context, words)

    assert command.callback


def test_the_guides_show_how_two_people_are_put_into_one_video():
    shown = [words for words in commands(ROOT / "docs" / "guides" / "content-teams.md") if words[0] == "produce"]

    assert {"interview", "double"} <= {words[1] for words in shown}


# -- engines


def test_the_engine_of_the_guide_works_in_a_production(world):
    source = blocks(ROOT / "docs" / "guides" / "engine-authors.md", "python")[0]
    module: dict[str, object] = {"__name__": "guide"}
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
