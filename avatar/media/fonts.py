"""The fonts that titles and captions are set in: DejaVu, which ships inside matplotlib under a free licence."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from avatar.errors import InputError

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

_MISSING_GLYPH = "\uffff"  # drawn as the box that stands for letters a font lacks


@cache
def font(size: int, *, bold: bool = False) -> "FreeTypeFont":
    """Return the font at *size* pixels, found without importing the package it ships in."""
    from PIL import ImageFont

    spec = find_spec("matplotlib")
    folder = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" if spec and spec.origin else Path()
    path = folder / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")
    if not path.is_file():
        raise InputError("the fonts of matplotlib are missing; install the package again", code="font.missing")
    return ImageFont.truetype(str(path), size)


def check_glyphs(text: str) -> None:
    """Refuse *text* with letters that would be drawn as empty boxes.

    Raises:
        InputError: when the font lacks a letter; code ``text.no-letter``.
    """
    type_ = font(24)
    box = bytes(type_.getmask(_MISSING_GLYPH))
    for letter in dict.fromkeys(text):
        if letter.isprintable() and bytes(type_.getmask(letter)) == box:
            raise InputError(
                f"the title font has no letter {letter!r} (in {text!r}); spell it otherwise", code="text.no-letter"
            )
