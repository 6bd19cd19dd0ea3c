"""A hook of mkdocs: links that lead out of docs/ become plain text, because the site holds nothing else.

A link to a file that is not in the repository stops the build.
"""

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(((?:\.\./)+[^)#\s]+)(#[^)]*)?\)")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Return the text of *page* without the links that lead out of the site."""
    folder = (DOCS / page.file.src_uri).parent

    def inside(link: re.Match[str]) -> str:
        target = (folder / link[2]).resolve()
        if not target.exists():
            raise FileNotFoundError(f"{page.file.src_uri} links to {link[2]}, which does not exist")
        return link[0] if target.is_relative_to(DOCS) else link[1]

    return _LINK.sub(inside, markdown)
