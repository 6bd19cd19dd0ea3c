"""Several lines at a time."""

import threading
from contextvars import ContextVar

import pytest

from flows.concurrency import Window, place


def test_results_come_in_order_whatever_finishes_first() -> None:
    second = threading.Event()

    def slow_first(thing: int) -> int:
        if thing == 0:
            second.wait(5)
        else:
            second.set()
        return thing * 10

    assert Window(2, lambda *_: None)(slow_first, range(2)) == [0, 10]


def test_no_more_than_its_size_run_at_a_time() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def count(_: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.01)
        with lock:
            running -= 1

    Window(3, lambda *_: None)(count, range(12))

    assert most == 3


def test_each_line_knows_its_place_and_the_context_it_was_started_in() -> None:
    run = ContextVar("run", default="none")
    run.set("this run")

    seen = Window(2, lambda *_: None)(lambda thing: (thing, place(), run.get()), "ab")

    assert seen == [("a", "line 1", "this run"), ("b", "line 2", "this run")]
    assert place() == "whole"


def test_progress_is_told_in_the_callers_thread() -> None:
    told = []

    Window(2, lambda done, of: told.append((done, of, threading.current_thread())))(lambda thing: thing, range(3))

    assert told == [(number, 3, threading.current_thread()) for number in (1, 2, 3)]


def test_a_failing_line_stops_those_that_have_not_begun() -> None:
    begun = []

    def fail_first(thing: int) -> None:
        begun.append(thing)
        raise ValueError(thing)

    with pytest.raises(ValueError, match=r"^0$"):
        Window(1, lambda *_: None)(fail_first, range(100))

    assert len(begun) < 100
