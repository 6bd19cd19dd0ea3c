"""Work that someone keeps asking about."""

import threading
import time

import pytest

from avatar.runtime.supervise import run_supervised


class StopError(Exception):
    pass


def nothing() -> None:
    pass


def test_the_result_is_returned():
    assert run_supervised(lambda: 42, check=nothing, interval_s=1, cancel=nothing) == 42


def test_quick_work_is_not_kept_waiting():
    started = time.monotonic()
    run_supervised(nothing, check=nothing, interval_s=10, cancel=nothing)

    assert time.monotonic() - started < 1


@pytest.mark.parametrize("error", [ValueError("bad"), KeyboardInterrupt(), SystemExit(1)])
def test_a_failure_is_the_callers(error):
    def work():
        raise error

    with pytest.raises(type(error)) as caught:
        run_supervised(work, check=nothing, interval_s=1, cancel=nothing)
    assert caught.value is error


def test_it_is_asked_again_and_again():
    asked = []
    run_supervised(lambda: time.sleep(0.2), check=lambda: asked.append(1), interval_s=0.02, cancel=nothing)

    assert 4 <= len(asked) <= 10


def test_work_that_is_refused_is_told_to_leave():
    left = threading.Event()

    def ask():
        raise StopError

    with pytest.raises(StopError):
        run_supervised(lambda: left.wait(10), check=ask, interval_s=0.01, cancel=left.set)
    assert left.is_set()


def test_work_that_does_not_leave_is_left_behind():
    release, looked_at = threading.Event(), []

    def ask():
        raise StopError

    started = time.monotonic()
    with pytest.raises(StopError):
        looked_at.append(run_supervised(lambda: release.wait(10), check=ask, interval_s=0.01, cancel=nothing))
    elapsed = time.monotonic() - started
    release.set()

    assert elapsed < 1.5
    assert looked_at == []
