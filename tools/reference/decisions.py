"""The index of decisions (ADRs), from their own headings."""

import re
from pathlib import Path

_HEAD = """# Decisions

What was decided, why, and what it costs.
"""


def page(folder: Path) -> str:
    """Return the list of the decisions in *folder*."""
    lines = []
    for path in sorted(folder.glob("0*.md")):
        heading = path.read_text(encoding="utf-8").splitlines()[0]
        number, title = re.fullmatch(r"# (\d+)\. (.+)", heading).groups()  # type: ignore[union-attr]
        lines.append(f"{number}. [{title}]({path.name})")
    return _HEAD + "\n" + "\n".join(lines)
