"""The wheel works alone: from an empty folder, with its declared dependencies and without the checkout."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tools.wheel_environment import ROOT, build_wheel, environment, install

pytestmark = [pytest.mark.slow, pytest.mark.wheel]

ENGINE = """
from avatar.stages import render, request
from avatar.consent import Cleared

class Still:
    def run(self, cleared: Cleared[render.Render], bench: request.Workbench) -> request.Parts:
        return {{"video.mp4": bench.new({name})}}
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """The interpreter of an environment in which the wheel is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    return install(build_wheel(folder), folder / "environment")


@pytest.fixture
def run(python, tmp_path) -> Any:
    """Run a program of that environment in an empty folder, and return what it says."""

    def run(*command: str) -> str:
        program, *arguments = command
        done = subprocess.run(
            [str(python.with_name(program)), *arguments],
            cwd=tmp_path,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    return run


def test_nothing_of_the_checkout_is_there(python, run):
    code = "import avatar, flows, json, sys; print(json.dumps([avatar.__file__, flows.__file__, *sys.path]))"

    product, served, *path = json.loads(run("python", "-c", code))

    site = python.parents[1] / "lib"
    assert Path(product).is_relative_to(site)
    assert Path(served).is_relative_to(site)
    assert str(ROOT) not in path
    assert not any(Path(each).is_relative_to(ROOT) for each in path if each)


def test_it_says_the_version_it_was_built_as(run):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert run("avatar", "--version") == f"avatar {version}"


@pytest.mark.parametrize("folder", ["blueprints", "performers"])
def test_it_brings_every_file_of(folder, run):
    code = f"from avatar.app.resources import resource_folder as of; print(*[p.name for p in of({folder!r}).iterdir()])"

    brought = run("python", "-c", code).split()

    assert sorted(brought) == sorted(path.name for path in (ROOT / folder).iterdir())


def test_prefect_serves_its_blueprints_without_a_folder_of_ones_own(run):
    names = run("python", "-c", "from flows.deployments import served; print(*served())").split()

    assert names == sorted(path.stem for path in (ROOT / "blueprints").glob("*.yaml"))


def test_the_author_of_an_engine_sees_its_types(python, tmp_path):
    (tmp_path / "right.py").write_text(ENGINE.format(name='"video.mp4"'))
    (tmp_path / "wrong.py").write_text(ENGINE.format(name="25"))
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(python), "right.py", "wrong.py"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    (error, summary) = done.stdout.splitlines()
    assert error.startswith("wrong.py")
    assert 'has incompatible type "int"; expected "str"' in error
    assert summary.startswith("Found 1 error in 1 file")
