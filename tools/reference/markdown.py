"""Small pieces of Markdown."""

import inspect
import re
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of *rows* below *head*."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(text) for text in line) + " |" for line in lines) + "\n"


def code(text: object) -> str:
    """Return *text* as code."""
    return f"`{text}`" if str(text) else ""


def prose(doc: str | None) -> str:
    """Return a docstring as Markdown: ``code`` in single backticks, *names* as code, paragraphs kept."""
    text = inspect.cleandoc(doc or "").replace("``", "`")
    return re.sub(r"(?<![*\w])\*([A-Za-z_]+)\*(?!\*)", r"`\1`", text)


def summary(doc: str | None) -> str:
    """Return the first paragraph of a docstring on one line."""
    return " ".join(prose(doc).split("\n\n")[0].split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ") or " "
