"""A finished demo, made once, that tests look at or copy and go on in."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cli_sandbox import Place
from tests.sharing import made_once


@pytest.fixture(scope="session")
def finished(shared: Path) -> tuple[Place, dict[str, Any]]:
    """A demo that nobody disturbed, and its report. Look, do not touch: others look too."""
    place = Place(made_once(shared, "finished", lambda folder: Place(folder).demo()))
    return place, place.report()


@pytest.fixture
def copy(finished, tmp_path) -> Place:
    """A copy of the finished context, to go on in."""
    place, _ = finished
    shutil.copytree(place.folder, tmp_path / "copy")
    return Place(tmp_path / "copy")
