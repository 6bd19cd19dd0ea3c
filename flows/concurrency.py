"""Run several lines at a time, each in the context of its flow run."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")

_place: ContextVar[str] = ContextVar("place", default="whole")


def place() -> str:
    """Return which part of a production is being worked on here: ``line 3``, or the ``whole``."""
    return _place.get()


@dataclass(frozen=True)
class Window:
    """An ``Each`` that works on *size* lines at a time, each from speech to shot before the next begins.

    *progress* hears, in the caller's thread, how many lines of how many are finished.
    """

    size: int
    progress: Callable[[int, int], None]

    def __call__(self, function: Callable[[T], U], things: Iterable[T]) -> list[U]:
        with ThreadPoolExecutor(self.size, thread_name_prefix="line") as pool:
            # A copied context, because a task run finds its flow run in a context variable.
            futures = [
                pool.submit(copy_context().run, _in_place, f"line {number}", function, thing)
                for number, thing in enumerate(things, start=1)
            ]
            try:
                for finished, future in enumerate(as_completed(futures), start=1):
                    future.result()
                    self.progress(finished, len(futures))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                # Of several lines that failed, the first one says why: which was noticed first is chance.
                for future in futures:
                    if future.done() and not future.cancelled():
                        future.result()
                raise
            return [future.result() for future in futures]


def _in_place(name: str, function: Callable[[T], U], thing: T) -> U:
    _place.set(name)
    return function(thing)
