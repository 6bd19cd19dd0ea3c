"""Files that appear whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(to: Path) -> Iterator[Path]:
    """Give a path beside *to* to write at; it becomes *to* if the block ends well, and vanishes if it does not."""
    beside = to.with_name(f".{to.name}.part")
    try:
        yield beside
        beside.replace(to)
    finally:
        beside.unlink(missing_ok=True)
