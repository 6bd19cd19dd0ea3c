"""Lower thirds, captions and cards, laid out once each by moviepy as stills."""

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from avatar.media.fonts import check_glyphs, font
from avatar.media.frames import Format
from avatar.media.overlay import Overlay
from avatar.media.text import printable_lines

if TYPE_CHECKING:
    from moviepy import TextClip, VideoClip
    from PIL.ImageFont import FreeTypeFont

_ACCENT_RGB = (64, 156, 255)
_PLATE_RGB = (12, 16, 22)
_SAFE_WIDTH_SHARE = 0.86  # of the frame's width: what every screen shows
_MIN_FONT_PX = 10  # pixels of type that can still be read
_MIN_SHRINK_FACTOR = 0.7  # how much smaller a long line may be set
_LINE_HEIGHT_FACTOR = 1.3  # of the size of the type


def draw_lower_third(text: str, within: Format, *, raised: bool = False) -> Overlay:
    """Return a plate at the lower left with *text*: the first line large (a name), the others below it (a role).

    *raised* leaves the room below it to captions.
    """
    from moviepy import ColorClip

    lines, unit = printable_lines(text), within.height / 100
    room = int(within.width * _SAFE_WIDTH_SHARE - 6 * unit)
    clips = [
        _fit_line(line, 5.2 * unit if first else 3.6 * unit, room, bold=first)
        for line, first in zip(lines, [True, *[False] * len(lines)], strict=False)
    ]
    pad, bar = round(1.6 * unit), max(2, round(0.8 * unit))
    width = max(clip.w for clip in clips) + 3 * pad + bar
    height = sum(clip.h for clip in clips) + 2 * pad
    placed: list[VideoClip] = [
        ColorClip((width, height), color=_PLATE_RGB).with_opacity(0.72),
        ColorClip((bar, height), color=_ACCENT_RGB),
    ]
    top = pad
    for clip in clips:
        placed.append(clip.with_position((bar + pad, top)))
        top += clip.h
    rgba = _composite(placed, (width, height))
    below = (20 if raised else 8) * unit
    return _to_overlay(rgba, 5 * unit, within.height - below - height, within)


def draw_label(text: str, within: Format) -> Overlay:
    """Return a small plate in the upper left with *text*, on one line: what is said of the whole picture."""
    from moviepy import ColorClip

    unit = within.height / 100
    line = _fit_line(text, 4.2 * unit, int(within.width * _SAFE_WIDTH_SHARE), bold=True)
    pad = round(1.2 * unit)
    size = line.w + 3 * pad, line.h + pad
    placed: list[VideoClip] = [
        ColorClip(size, color=_PLATE_RGB).with_opacity(0.72),
        line.with_position(("center", "center")),
    ]
    return _to_overlay(_composite(placed, size), 4 * unit, 4 * unit, within)


def draw_caption(lines: Sequence[str], within: Format) -> Overlay:
    """Return the *lines* of a caption on a dark plate, centred at the bottom."""
    from moviepy import ColorClip

    unit = within.height / 100
    clips = [_fit_line(line, 4.2 * unit, int(within.width * _SAFE_WIDTH_SHARE), bold=False) for line in lines]
    pad = round(unit)
    size = max(clip.w for clip in clips) + 4 * pad, sum(clip.h for clip in clips) + 2 * pad
    placed: list[VideoClip] = [ColorClip(size, color=(0, 0, 0)).with_opacity(0.66)]
    top = pad
    for clip in clips:
        placed.append(clip.with_position(("center", top)))
        top += clip.h
    return _to_overlay(
        _composite(placed, size), (within.width - size[0]) / 2, within.height - 4 * unit - size[1], within
    )


def draw_card(text: str, within: Format) -> Overlay:
    """Return the words of a title or end card: the first line large, the others below, centred on the frame."""
    from moviepy import ColorClip

    heading, *others = printable_lines(text)
    unit = within.height / 100
    room = int(within.width * _SAFE_WIDTH_SHARE), within.height * 2 // 5
    stack: list[VideoClip] = [
        *_fit_paragraph([heading], 8 * unit, room, bold=True),
        ColorClip((round(12 * unit), max(2, round(0.7 * unit))), color=_ACCENT_RGB),
        *_fit_paragraph(others, 4.4 * unit, room, bold=False),
    ]
    gaps = [round((3.2 if isinstance(clip, ColorClip) else 0) * unit) for clip in stack]
    top = (within.height - sum(clip.h for clip in stack) - 2 * sum(gaps)) // 2
    placed = []
    for clip, gap in zip(stack, gaps, strict=True):
        placed.append(clip.with_position(("center", top + gap)))
        top += clip.h + 2 * gap
    return _to_overlay(_composite(placed, (within.width, within.height)), 0, 0, within)


def _fit_line(text: str, size: float, widest: int, *, bold: bool) -> "TextClip":
    """Return *text* on one line, set a little smaller where it is wider than *widest* pixels, and then cut short."""
    needed = _text_width(text, size, bold=bold)
    if needed > widest:
        size = max(size * _MIN_SHRINK_FACTOR, size * widest / needed)
    while (needed := _text_width(text, size, bold=bold)) > widest and len(text) > 1:
        text = text[: max(1, int((len(text) - 1) * widest / needed))].rstrip(" …") + "…"
    return _render_text(text, size, bold=bold)


def _fit_paragraph(lines: Sequence[str], size: float, room: tuple[int, int], *, bold: bool) -> "list[TextClip]":
    """Return *lines* wrapped at words, one clip a line, set smaller until they fit *room*, and then cut short."""
    while True:
        wrapped = [part for line in lines for part in _wrap(line, size, room[0], bold=bold)]
        fitting = max(1, int(room[1] / (size * _LINE_HEIGHT_FACTOR)))
        if len(wrapped) <= fitting or size <= _MIN_FONT_PX:
            break
        size = max(_MIN_FONT_PX, size * 0.9)
    if len(wrapped) > fitting:
        wrapped = [*wrapped[: fitting - 1], wrapped[fitting - 1] + "…"]
    return [_fit_line(line, size, room[0], bold=bold) for line in wrapped]


def _wrap(text: str, size: float, widest: int, *, bold: bool) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if not lines[-1] or _text_width(longer, size, bold=bold) <= widest:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _text_width(text: str, size: float, *, bold: bool) -> float:
    """Return how wide *text* is in pixels."""
    return float(_font(size, bold=bold).getlength(text))


def _render_text(text: str, size: float, *, bold: bool) -> "TextClip":
    from moviepy import TextClip

    check_glyphs(text)
    type_ = _font(size, bold=bold)
    # The room that any line of this type needs, not this one's letters: so that baselines keep their distance.
    room = ceil(type_.getlength(text)) + 2, sum(type_.getmetrics())
    return TextClip(
        font=type_.path,
        text=text,
        font_size=type_.size,
        color="white",
        size=room,
        vertical_align="top",
        margin=(0, round(size * 0.05)),
    )


def _font(size: float, *, bold: bool) -> "FreeTypeFont":
    return font(round(max(size, _MIN_FONT_PX)), bold=bold)


def _composite(clips: "Sequence[VideoClip]", size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return *clips* over each other as RGBA."""
    from moviepy import CompositeVideoClip

    still = CompositeVideoClip([clip.with_duration(1) for clip in clips], size=size, bg_color=None)
    alpha = np.rint(still.mask.get_frame(0) * 255)
    return np.dstack([still.get_frame(0), alpha]).astype(np.uint8)


def _to_overlay(rgba: NDArray[np.uint8], left: float, top: float, within: Format) -> Overlay:
    """Return *rgba* as an overlay at even coordinates, wholly inside the frame."""
    height, width = min(rgba.shape[0], within.height), min(rgba.shape[1], within.width)
    even = np.zeros(((height + 1) // 2 * 2, (width + 1) // 2 * 2, 4), np.uint8)
    even[:height, :width] = rgba[:height, :width]
    x = min(max(0, int(left)) // 2 * 2, within.width - even.shape[1])
    y = min(max(0, int(top)) // 2 * 2, within.height - even.shape[0])
    return Overlay(even, x, y)
