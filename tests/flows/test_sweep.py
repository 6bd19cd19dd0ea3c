"""A sweep on a real Prefect server."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from avatar.app.context import AppContext
from avatar.app.settings import Settings
from avatar.artifacts.artifact import Portrait
from avatar.testing.world import _sample
from tests.flows.conftest import ROOT, Server

pytestmark = pytest.mark.slow


def test_a_run_removes_what_is_due_and_shows_how_far_it_is(server: Server, tmp_path: Path) -> None:
    context = AppContext(Settings(home=tmp_path))
    context.people.enroll("zoe", "synthetic", [partial(_sample, "zoe", Portrait)])
    for path in (tmp_path / "store" / "manifests").iterdir():
        os.utime(path, (1e9, 1e9))
    environment = server.environment | {"AVATAR_HOME": str(tmp_path), "AVATAR_RETAIN_PERSON_DAYS": "1"}
    command = [sys.executable, "-c", "from flows.sweep import sweep; print('removed', sweep())"]
    told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=False)

    assert "removed 1" in told.stdout, told.stdout + told.stderr
    assert list(context.objects.list("manifests")) == []
    runs = server.client.post("/flow_runs/filter", json={"flows": {"name": {"any_": ["sweep"]}}}).json()
    assert server.artifacts_of(runs[0]["id"])["progress"]["data"] == 100.0
