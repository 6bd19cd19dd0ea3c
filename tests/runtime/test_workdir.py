"""Rooms are closed, and nothing is left in them, however their process ends."""

import signal
import stat
import subprocess
import sys

import pytest

from avatar.runtime.workdir import private_tempdir, reap_stale

HOLD = """
import sys, time
from pathlib import Path
from avatar.runtime.workdir import private_tempdir
with private_tempdir(Path(sys.argv[1])) as room:
    (room / "face.png").write_text("a face")
    print(room, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def elsewhere(tmp_path):
    """Another process that works in a room below *tmp_path*."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


def test_a_room_is_closed_to_others_and_gone_afterwards(tmp_path):
    with private_tempdir(tmp_path) as room:
        assert stat.S_IMODE(room.stat().st_mode) == 0o700
        (room / "deep").mkdir()
        (room / "deep" / "face.png").write_text("a face")

    assert list(tmp_path.iterdir()) == []


def test_a_room_is_gone_after_an_error(tmp_path):
    def interrupted() -> None:
        with private_tempdir(tmp_path) as room:
            (room / "face.png").write_text("a face")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_the_room_of_a_killed_process_is_swept(tmp_path, elsewhere):
    elsewhere.send_signal(signal.SIGKILL)
    elsewhere.wait()
    assert [path.read_text() for path in tmp_path.rglob("*.png")] == ["a face"]

    assert reap_stale(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []


def test_rooms_where_work_goes_on_are_left_alone(tmp_path, elsewhere):
    with private_tempdir(tmp_path):
        assert reap_stale(tmp_path) == 0
        assert len(list(tmp_path.iterdir())) == 2


def test_nothing_else_is_swept(tmp_path):
    name = f"avatar-room-{'0' * 31}"
    (tmp_path / f"{name}1").write_text("mine")
    (tmp_path / "avatar-pipeline").mkdir()
    (tmp_path / f"{name}x").mkdir()
    (tmp_path / f"{name}2").symlink_to(tmp_path / "avatar-pipeline")

    assert reap_stale(tmp_path) == 0
    assert len(list(tmp_path.iterdir())) == 4
