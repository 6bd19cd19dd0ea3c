"""Suggestion of the closest known word for one that is not known."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the closest of *known*, or nothing.

    >>> did_you_mean("beap", ["beep", "hush"])
    "; did you mean 'beep'?"
    """
    close = get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
