"""Every generated page, by its path below docs/."""

from pathlib import Path

from tools.reference import blueprints, commands, decisions, engines, reason_codes, requests, settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_NOTE = "<!-- Written by python -m tools.reference from the code: change it there. -->\n"


def pages() -> dict[str, str]:
    """Return the text of each page."""
    written = {
        "reference/cli.md": commands.page(),
        "reference/blueprints.md": blueprints.page(ROOT / "blueprints"),
        "reference/settings.md": settings.page(),
        "reference/reason-codes.md": reason_codes.page(ROOT),
        "reference/requests.md": requests.page(),
        "reference/engines.md": engines.page(),
        "adr/index.md": decisions.page(DOCS / "adr"),
    }
    return {name: f"{_NOTE}\n{text.strip()}\n" for name, text in written.items()}
