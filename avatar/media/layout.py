"""Several streams of frames on one canvas."""

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np

from avatar.errors import EngineError, InputError
from avatar.media.decode import batched
from avatar.media.frames import Format, Frame, Frames, Pixels, Planes, planes_of, split_planes

GAP_SHARE = 0.04  # of the tallest panel's height: between panels and round them


def parse_colour(text: str) -> tuple[int, int, int]:
    """Return the RGB of a colour as people write it: ``#101418``, ``white``, ``rgb(20, 20, 30)``.

    Raises:
        InputError: when it is no colour; code ``colour.unknown``.
    """
    from PIL import ImageColor

    try:
        return ImageColor.getrgb(text.strip())[:3]
    except ValueError as error:
        raise InputError(
            f"{text!r} is not a colour; write it like '#101418' or 'navy'", code="colour.unknown"
        ) from error


def check_colours(text: str) -> str:
    """Return *text* if it names one colour, or two as in ``"#223 to #556"``.

    Raises:
        InputError: when it names none, or more than two; code ``colour.unknown``.
    """
    _gradient_ends(text)
    return text


def paint_background(text: str, width: int, height: int) -> Pixels:
    """Return a picture of one colour, or of two (``"#223 to #556"``) blending from top to bottom."""
    ends = _gradient_ends(text)
    share = np.linspace(0, 1, height)[:, None, None]
    ramp = np.array(ends[0]) * (1 - share) + np.array(ends[-1]) * share
    return np.broadcast_to(np.rint(ramp), (height, width, 3)).astype(np.uint8)


def _gradient_ends(text: str) -> list[tuple[int, int, int]]:
    ends = [parse_colour(part) for part in text.split(" to ")]
    if len(ends) > 2:
        raise InputError(f"{text!r} names more than two colours; name one or two", code="colour.unknown")
    return ends


def side_by_side(panels: Sequence[Frames], behind: str) -> Frames:
    """Return *panels* from left to right on a canvas of the colours *behind*; one alone passes as it is.

    Their planes are copied, not converted: a panel's pixels stay bit-exact.

    Raises:
        EngineError: when their rates or counts differ; code ``panels.differ``.
    """
    first = panels[0]
    if len(panels) == 1:
        return first
    if any((each.format.rate, each.count) != (first.format.rate, first.count) for each in panels):
        said = ", ".join(f"{each.count} frames at {each.format.rate}" for each in panels)
        raise EngineError(f"panels must run alike, and these are {said}", code="panels.differ")
    canvas, places = _place_panels([each.format for each in panels])
    still = planes_of(paint_background(behind, canvas.width, canvas.height))
    return Frames(canvas, first.count, batched(_compose(panels, still, places)))


def _place_panels(formats: Sequence[Format]) -> tuple[Format, list[tuple[int, int]]]:
    """Return the canvas, and the left and top of each panel: even numbers, centred vertically."""
    tallest = max(each.height for each in formats)
    gap = max(2, int(tallest * GAP_SHARE) // 2 * 2)
    places, left = [], gap
    for each in formats:
        places.append((left, gap + (tallest - each.height) // 4 * 2))
        left += each.width + gap
    return Format(left, tallest + 2 * gap, formats[0].rate), places


def _compose(panels: Sequence[Frames], still: Planes, places: Sequence[tuple[int, int]]) -> Iterator[Frame]:
    streams = [chain.from_iterable(each.batches) for each in panels]
    for together in zip(*streams, strict=True):
        planes = still.copy()
        for frame, (left, top) in zip(together, places, strict=True):
            for target, source, step in zip(split_planes(planes), split_planes(frame.settle()), (1, 2, 2), strict=True):
                height, width = source.shape
                target[top // step : top // step + height, left // step : left // step + width] = source
        yield Frame(planes)
