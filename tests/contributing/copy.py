"""A copy of the source with a few edits, and the tests of the copy."""

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Edit:
    """That in *path* the text *after* is followed by *text*; an empty *after* makes the file."""

    path: str
    after: str
    text: str


class Copy:
    """The source in *folder*, edited: imported and tested in processes of its own."""

    def __init__(self, folder: Path, edits: Iterable[Edit]) -> None:
        self.folder = folder
        for name in ("avatar", "tests", "blueprints"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        for name in ("pyproject.toml", "CONTRIBUTING.md"):
            shutil.copy(ROOT / name, folder / name)
        for edit in edits:
            self._apply(edit)
        self._install()

    def _apply(self, edit: Edit) -> None:
        path = self.folder / edit.path
        text = path.read_text(encoding="utf-8") if edit.after else ""
        assert text.count(edit.after) == 1 or not edit.after, f"{edit.path}: {edit.after!r} is not there once"
        path.write_text(text.replace(edit.after, edit.after + edit.text) if edit.after else edit.text, "utf-8")

    def _install(self) -> None:
        # As `make sync` does: entry points are read from an installed package's record.
        project = tomllib.loads((self.folder / "pyproject.toml").read_text())["project"]
        record = self.folder / f"{project['name'].replace('-', '_')}.egg-info"
        record.mkdir()
        (record / "PKG-INFO").write_text(
            f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
        )
        points = "".join(f"{name} = {at}\n" for name, at in project["entry-points"]["avatar.engines"].items())
        (record / "entry_points.txt").write_text(f"[avatar.engines]\n{points}")

    def test(self, *names: str) -> subprocess.CompletedProcess[str]:
        """Run the tests *names* of the copy."""
        return self._python("-m", "pytest", "-q", "-p", "no:cacheprovider", *names)

    def type_check(self, *names: str) -> subprocess.CompletedProcess[str]:
        """Check the types in the files *names* alone, with those of what they import.

        Copies side by side share a cache.
        """
        quick = (
            "--follow-imports=silent",
            "--ignore-missing-imports",
            f"--cache-dir={self.folder.parent / 'types'}",
            "--config-file=",
        )
        return self._python("-m", "mypy", *quick, *names)

    def _python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "PYTHONPATH": str(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=280,
        )
