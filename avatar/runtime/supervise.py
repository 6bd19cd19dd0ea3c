"""Running a piece of work while someone keeps asking whether it may go on."""

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

ENGINE_THREAD = "avatar-engine"

_ABANDON_TIMEOUT_S = 0.3  # seconds that refused work is given to stop by itself before it is left behind


def run_supervised(work: Callable[[], T], *, ask: Callable[[], None], every: float, leave: Callable[[], None]) -> T:
    """Return the result of *work*, calling *ask* each *every* seconds while it runs.

    When *ask* raises, *leave* tells the work to stop and the error goes to the caller at once: an engine that ignores
    the call, deep in a library, is left behind in its daemon thread and its result is never looked at.
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
            worker.join(every)
            if worker.is_alive():
                ask()
    except BaseException:  # a refusal, or a person at the keyboard who has seen enough
        leave()
        worker.join(_ABANDON_TIMEOUT_S)
        raise
    if failure:
        raise failure[0]
    return outcome[0]
