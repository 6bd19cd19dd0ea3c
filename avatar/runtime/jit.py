"""Just-in-time compilation (numba) of loops over arrays, at the first call."""

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import FunctionType
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_PART = "is_jit_part"


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


def jit_part(function: Callable[P, T]) -> Callable[P, T]:
    """Mark *function* as a part of compiled ones in its module: called from them, it is compiled into them."""
    setattr(function, _PART, True)
    return function


def is_compiled() -> bool:
    """Return whether an earlier process has left machine code for the next ones; true where nobody can tell."""
    package = Path(__file__).parents[1]
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if not chosen and not os.access(package, os.W_OK):
        return True  # numba keeps it in a folder of its own choice
    return any(Path(chosen or package).rglob("*.nbi"))


def _compile(function: Callable[..., Any]) -> Any:
    import numba

    if getattr(function, _PART, False):  # a call would count the references of each array that it is given
        return numba.njit(inline="always")(_with_parts(function))
    whole = _with_parts(function)
    try:
        return numba.njit(nogil=True, cache=True)(whole)
    except RuntimeError:  # no folder can be written that it could be kept in
        return numba.njit(nogil=True)(whole)


def _with_parts(function: Any) -> Any:
    """Return *function*, calling its parts compiled: the compiler cannot call plain functions."""
    called = {name: function.__globals__.get(name) for name in function.__code__.co_names}
    parts = {name: _compile(each) for name, each in called.items() if getattr(each, _PART, False)}
    return FunctionType(function.__code__, {**function.__globals__, **parts}) if parts else function
