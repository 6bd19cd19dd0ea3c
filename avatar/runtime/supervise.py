"""Supervised work: run it in a thread, check regularly whether it may go on, and abandon it when it may not."""

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

ENGINE_THREAD = "avatar-engine"

_ABANDON_TIMEOUT_S = 0.3  # seconds that refused work is given to stop by itself before it is left behind


def run_supervised(
    work: Callable[[], T], *, check: Callable[[], None], interval_s: float, cancel: Callable[[], None]
) -> T:
    """Return the result of *work*, run in a thread of its own while *check* is called every *interval_s* seconds.

    When *check* raises, *cancel* tells the work to stop and the error goes to the caller at once: an engine that
    ignores the call, deep in a library, is left behind in its daemon thread and its result is never looked at.

    Raises:
        BaseException: whatever *check* or *work* raises.
    """
    outcome: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:
            failure.append(error)

    worker = threading.Thread(target=run, daemon=True, name=ENGINE_THREAD)
    worker.start()
    try:
        while worker.is_alive():
            worker.join(interval_s)
            if worker.is_alive():
                check()
    except BaseException:  # a refusal, or a person at the keyboard who has seen enough
        cancel()
        worker.join(_ABANDON_TIMEOUT_S)
        raise
    if failure:
        raise failure[0]
    return outcome[0]
