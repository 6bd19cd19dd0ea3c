"""Text from people, made safe to show."""

import unicodedata

_UNSEEN = {"Cc", "Cf", "Co", "Cn", "Cs"}
_JOINERS = "\u200c\u200d"  # several scripts are misspelt without them


def printable(text: str) -> str:
    """Return *text* on one line, without control, formatting or direction characters."""
    return " ".join("".join(_seen(character) for character in text).split())


def lines_of(text: str) -> list[str]:
    """Return the lines of *text* that hold something, each as :func:`printable` gives it."""
    return [line for line in map(printable, text.splitlines()) if line]


def _seen(character: str) -> str:
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in _UNSEEN and character not in _JOINERS else character
