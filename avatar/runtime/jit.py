"""Just-in-time compilation (numba) of loops over arrays, at the first call."""

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def lazy_njit(function: Callable[P, T]) -> Callable[P, T]:
    """Return *function* compiled at its first call, and kept on disk for the next process.

    It may use numbers, arrays and loops only. While it runs, other threads go on.
    """
    made: list[Callable[P, T]] = []

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        if not made:
            made.append(_compile(function))
        return made[0](*args, **kwargs)

    return call


def is_compiled() -> bool:
    """Return whether an earlier process has left machine code for the next ones; true where nobody can tell."""
    package = Path(__file__).parents[1]
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if not chosen and not os.access(package, os.W_OK):
        return True  # numba keeps it in a folder of its own choice
    return any(Path(chosen or package).rglob("*.nbi"))


def _compile(function: Callable[P, T]) -> Any:
    import numba

    try:
        return numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # no folder can be written that it could be kept in
        return numba.njit(nogil=True)(function)
