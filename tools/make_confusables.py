"""Make ``avatar/consent/confusables.json``: letters of any script that can be mistaken for a Latin one (dev-time).

Usage: python tools/make_confusables.py CONFUSABLES.json avatar/consent/confusables.json, where the first is the file of
that name in the wheel confusable-homoglyphs 3.3.1 (MIT), which holds Unicode's table of confusable characters (Unicode
Technical Standard 39, Unicode licence v3). Only single letters a to z are kept as targets: nothing else is in a word
list. Print the digest; ``content_filter`` pins it, so that a decision can be made again years later.
"""

import hashlib
import json
import string
import sys
import unicodedata
from pathlib import Path


def confusables(table: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    """Return, by folded character, the Latin letters it can be mistaken for: look-alikes of small letters first."""
    found: dict[str, str] = {}
    for letter in string.ascii_lowercase + string.ascii_uppercase:
        for other in (each["c"] for each in table.get(letter, [])):
            # As a text is compared: in compatibility letters, case folded, without accents.
            folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", other).casefold())
            small = letter.lower()
            if len(folded) == 1 and not folded.isascii() and small not in found.get(folded, ""):
                found[folded] = found.get(folded, "") + small
    return dict(sorted(found.items()))


def main(source: str, to: str) -> None:
    """Write the table of *source* to *to* and print its digest."""
    table = confusables(json.loads(Path(source).read_text(encoding="utf-8")))
    lines = ",\n".join(f"  {json.dumps(character)}: {json.dumps(letters)}" for character, letters in table.items())
    content = f"{{\n{lines}\n}}\n".encode()
    Path(to).write_bytes(content)
    print(len(table), "characters, sha256", hashlib.sha256(content).hexdigest())  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
