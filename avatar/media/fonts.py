"""The fonts that titles and captions are set in: DejaVu, which ships inside matplotlib under a free licence."""

from importlib.util import find_spec
from pathlib import Path

from avatar.errors import InputError


def font(*, bold: bool = False) -> Path:
    """Return the font file, found without importing the package it ships in."""
    spec = find_spec("matplotlib")
    folder = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" if spec and spec.origin else Path()
    path = folder / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")
    if not path.is_file():
        raise InputError("the fonts of matplotlib are missing; install the package again", code="font.missing")
    return path
