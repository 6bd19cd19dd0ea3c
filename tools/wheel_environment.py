"""Builds the wheel and installs it into an environment that holds its declared dependencies and nothing else.

Run as ``python -m tools.wheel_environment FOLDER``: it also makes the video of the demonstration there, in an empty
folder, and checks its signature. The dependencies are linked from the environment that runs this, file by file as their
packages list them, so nothing is downloaded: what the wheel does not declare is not there, and neither is the checkout.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
NAME = "avatar-pipeline"
_SITE = Path(sysconfig.get_path("purelib"))
_OUTSIDE = re.compile(r"\.\.|/")  # programs, which lie beside the packages


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this checkout into *folder*, with the setuptools that is installed here, and return it."""
    source = folder / "source"  # a copy: a build leaves files in its source, and removes none that have gone from it
    ignored = shutil.ignore_patterns(".*", "__pycache__", "out", "build", "tests", "shared", "*.egg-info")
    shutil.copytree(ROOT, source, ignore=ignored, symlinks=True)
    command = ["wheel", str(source), "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder / "dist")]
    _pip(*command)
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path) -> Path:
    """Make an environment in *folder* with *wheel* and its dependencies, and return the environment's python.

    pip resolves the dependencies: one that the wheel asks for in another version than is here is an error.
    """
    venv.create(folder, symlinks=True, with_pip=False)
    python = folder / "bin" / "python"
    site = Path(_said(python, "import sysconfig; print(sysconfig.get_path('purelib'))"))
    for found in _dependencies():
        for path in found.files or ():
            if not _OUTSIDE.match(str(path)) and (_SITE / path).is_file():
                (site / path).parent.mkdir(parents=True, exist_ok=True)
                _link(_SITE / path, site / path)
    _pip("--python", str(python), "install", "--no-index", str(wheel))
    return python


def environment(home: Path) -> dict[str, str]:
    """Return the variables for a program of the installed wheel: its store under *home*, and nothing of this process's.

    Weights stay where ``avatar weights pull`` has put them.
    """
    kept = {name: os.environ[name] for name in ("HOME", "PATH", "AVATAR_WEIGHTS", "LANG") if name in os.environ}
    return kept | {"AVATAR_HOME": str(home / ".avatar")}


def _dependencies() -> Iterator[Distribution]:
    """Give the installed distributions that the product declares, and those that they do in turn."""
    seen, left = {NAME: set[str]()}, [(NAME, "")]
    while left:
        name, extra = left.pop()
        for text in distribution(name).requires or ():
            wanted = Requirement(text)
            if wanted.marker and not wanted.marker.evaluate({"extra": extra}):
                continue
            key = canonicalize_name(wanted.name)
            if key not in seen:
                yield distribution(key)
            for each in {"", *wanted.extras} - seen.setdefault(key, set()):
                seen[key].add(each)
                left.append((key, each))


def _link(source: Path, target: Path) -> None:
    if target.exists():  # two packages with one file: pip would have kept the later one
        return
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True)  # noqa: S603 - our own pip


def _said(python: Path, code: str) -> str:
    command = [python, "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 - our own


def main(folder: Path) -> None:
    """Make a signed video with the wheel, in *folder*."""
    started = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    empty = folder / "empty"
    empty.mkdir(parents=True)
    python = install(build_wheel(folder), folder / "environment")
    avatar = str(python.with_name("avatar"))
    for command in ("--version", "demo", "verify out/demo/video.mp4"):
        done = subprocess.run([avatar, *command.split()], cwd=empty, env=environment(empty), check=False)  # noqa: S603
        if done.returncode:
            sys.exit(f"avatar {command}, of the wheel, ended with status {done.returncode}")
    print(f"The wheel works alone ({time.monotonic() - started:.0f} s).")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
