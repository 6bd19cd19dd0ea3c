"""Worlds with people in them: on a folder, and on S3 served by one moto process for the whole session."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings

from avatar.artifacts.objects import FolderObjects, Objects
from avatar.artifacts.s3 import S3Objects
from avatar.runtime.threads import limit_to_one_thread
from avatar.testing.world import World

BUCKET = "avatar-tests"

# No law is about time, and how long an example takes depends on what else the machine does.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session", autouse=True)
def _no_power_cuts() -> Iterator[None]:
    """Nobody pulls the plug during a test: waiting for the disk would be most of the time that tests take."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_thread_each() -> None:
    """As in production, and because threads that wait for each other on a busy machine are most of what tests cost."""
    limit_to_one_thread()


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world in a folder."""
    return World(tmp_path)


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an S3 server that lives as long as the session; boto3's own chain is pointed at it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    environment = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    log = tmp_path_factory.mktemp("moto") / "log"
    with pytest.MonkeyPatch.context() as patch, log.open("wb") as out:
        for name, value in environment.items():
            patch.setenv(name, value)
        command = [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)]
        server = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **environment})
        try:
            _wait_for(port, server)
            _make_bucket()
            yield endpoint
        finally:
            server.terminate()
            server.wait(60)


@pytest.fixture(params=["folder", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    """An empty object store of each kind."""
    if request.param == "folder":
        return FolderObjects(tmp_path / "store")
    request.getfixturevalue("s3_endpoint")
    return S3Objects(BUCKET, uuid4().hex)


@pytest.fixture
def any_world(objects: Objects, tmp_path: Path) -> World:
    """A world on each kind of store."""
    return World(tmp_path, objects)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the S3 server did not start")


def _make_bucket() -> None:
    import boto3

    boto3.client("s3").create_bucket(Bucket=BUCKET)
