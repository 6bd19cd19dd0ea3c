"""Write the pages into docs/, or, with ``--check``, name those that differ and exit with status 1."""

import sys

from tools.reference.pages import DOCS, pages


def main() -> int:
    """Return the exit status."""
    check = "--check" in sys.argv[1:]
    stale = []
    for name, text in pages().items():
        path = DOCS / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not check:
            path.write_text(text, encoding="utf-8")
    for name in stale:
        sys.stdout.write(f"docs/{name} {'differs; run: python -m tools.reference' if check else 'written'}\n")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
