"""An LRU cache of functions of a file, keyed by the digest of its content."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from hashlib import sha256
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_MAX_ENTRIES = 4  # a shot has two portraits: those of a production stay, those of the one before go


@dataclass(frozen=True)
class _Content:
    digest: bytes
    path: Path = field(compare=False)


def memoize_by_content(function: Callable[Concatenate[Path, P], T]) -> Callable[Concatenate[Path, P], T]:
    """Return *function* of a file, which works once on each of the last few contents it is given.

    For what only reads: each shot of a production opens the same portraits. A result is kept in memory only, and is
    reached only by who can open the file, that is, with consent that stands; so it must not be changed. What raises is
    not kept.
    """

    work: Callable[..., T] = function
    known: Callable[..., T] = lru_cache(maxsize=_MAX_ENTRIES)(lambda content, *args: work(content.path, *args))

    @wraps(function)
    def call(path: Path, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return known(_Content(sha256(path.read_bytes()).digest(), path), *args, **kwargs)

    return call
