"""A weights folder of our own, and engines that break their promises."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that brought weights lie in."""
    monkeypatch.setenv("AVATAR_WEIGHTS", str(tmp_path / "weights"))
    (tmp_path / "weights").mkdir()
    return tmp_path / "weights"


@pytest.fixture
def worn(scene) -> Callable[..., str]:
    """Register a toy whose ``run`` is another function, and return its name."""

    def worn(toy: str, run: Callable[..., object]) -> str:
        kind = scene.world.engines[toy]()
        run.__annotations__ = kind.run.__annotations__
        scene.world.engines["worn"] = lambda: type("Worn", (kind,), {"run": run})
        return "worn"

    return worn
