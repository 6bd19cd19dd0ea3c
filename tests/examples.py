"""How many examples the laws are tried on: ten times as many at night."""

import os

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
_TIMES = 10 if NIGHTLY else 1


def examples(count: int) -> int:
    """Return how many examples to draw where *count* are enough by day."""
    return _TIMES * count
