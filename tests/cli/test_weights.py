"""What the command line says of weights, those that users bring among them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from avatar.cli.main import app
from avatar.engines.swap.inswapper import Inswapper

run = CliRunner().invoke


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AVATAR_WEIGHTS", str(tmp_path))
    return tmp_path


def blocks(output: str) -> dict[str, str]:
    """The lines below each name."""
    found: dict[str, str] = {}
    name = ""
    for line in output.splitlines():
        if line.startswith(" "):
            found[name] += line
        else:
            name = line
            found[name] = ""
    return found


def test_models_that_users_bring_are_listed_with_licence_engine_and_place(folder):
    (folder / "liveportrait").mkdir()

    listed = blocks(run(app, ["weights", "list"]).output)

    assert "MIT (any purpose), brought by you, for liveportrait" in listed["liveportrait"]
    assert f"{folder / 'liveportrait'} is here" in listed["liveportrait"]
    for name in ("insightface/inswapper_128.onnx", "insightface/w600k_r50.onnx"):
        assert "research-only (no commercial purpose), brought by you, for inswapper" in listed[name]
        assert f"{folder / name} is not here" in listed[name]


def test_a_brought_file_may_be_absent_but_not_another_than_the_public_one(folder):
    name = Inswapper().model.path
    assert name not in run(app, ["weights", "verify"]).output

    (folder / name).parent.mkdir()
    (folder / name).write_bytes(b"another network")
    result = run(app, ["weights", "verify"])

    assert result.exit_code == 1
    (line,) = (line for line in result.output.splitlines() if line.startswith(name))
    assert "[weights.altered]" in line
