"""Text from people, made safe to show."""

import unicodedata

_HIDDEN_CATEGORIES = {"Cc", "Cf", "Co", "Cn", "Cs"}
_JOINERS = "\u200c\u200d"  # several scripts are misspelt without them


def to_printable(text: str) -> str:
    """Return *text* on one line, without control, formatting or direction characters."""
    return " ".join("".join(_printable_character(character) for character in text).split())


def printable_lines(text: str) -> list[str]:
    """Return the lines of *text* that hold something, each as :func:`to_printable` gives it."""
    return [line for line in map(to_printable, text.splitlines()) if line]


def _printable_character(character: str) -> str:
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in _HIDDEN_CATEGORIES and character not in _JOINERS else character
