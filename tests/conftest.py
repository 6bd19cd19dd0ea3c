"""Worlds with people in them: on a folder, and on S3 served by one moto process for the whole test run."""

import os
import signal
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
from tests.examples import examples
from tests.order import Order
from tests.sharing import served_once, shared_folder, stop_servers

BUCKET = "avatar-tests"

# No law is about time, and how long an example takes depends on what else the machine does.
settings.register_profile("unhurried", deadline=None, max_examples=examples(100))
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
def shared(pytestconfig: pytest.Config) -> Path:
    """A folder that all processes of this test run see."""
    return shared_folder(pytestconfig)


@pytest.fixture(scope="session")
def s3_endpoint(shared: Path) -> Iterator[str]:
    """The address of an S3 server that lives as long as the test run; boto3's own chain is pointed at it."""
    endpoint = served_once(shared, "moto", _start_moto)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _aws(endpoint).items():
            patch.setenv(name, value)
        yield endpoint


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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-seconds", action="store_true", help="Write how long slow tests took to seconds.json.")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Order(config))


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # all the others have ended
        # moto would wait for the connections that its clients keep open, and keeps nothing itself.
        stop_servers(shared_folder(config), {"moto": signal.SIGKILL, "prefect": signal.SIGINT})


def _aws(endpoint: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _start_moto(folder: Path) -> tuple["subprocess.Popen[bytes]", str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    command = [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            command, stdout=log, stderr=log, env={**os.environ, **_aws(endpoint)}, start_new_session=True
        )
    _wait_for(port, server)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _aws(endpoint).items():
            patch.setenv(name, value)
        _make_bucket()
    return server, endpoint


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
