"""A weights folder of our own."""

from pathlib import Path

import pytest


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that brought weights lie in."""
    monkeypatch.setenv("AVATAR_WEIGHTS", str(tmp_path / "weights"))
    (tmp_path / "weights").mkdir()
    return tmp_path / "weights"
