"""Where a frame's pixels are edited does not change the picture. ``cpu:0`` goes the way of GPUs, on the processor."""

from typing import Any

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from avatar.media.frames import Box, Frame

DEVICE, SIZE = "cpu:0", 32
EVEN = st.integers(0, SIZE // 2 - 1).map(lambda half: 2 * half)
ACTS = st.sampled_from(["edit", "edit_on", "cover", "cover_on", "see", "see_on", "rgb", "settle"])


@st.composite
def boxes(draw: Any) -> Box:
    left, top = draw(EVEN), draw(EVEN)
    right, bottom = (draw(st.integers(low // 2 + 1, SIZE // 2).map(lambda half: 2 * half)) for low in (left, top))
    return Box(left, top, right, bottom)


def noise() -> Frame:
    return Frame(np.random.default_rng(0).integers(16, 235, (SIZE * 3 // 2, SIZE), np.uint8))


def act(frame: Frame, way: str, box: Box, level: int) -> Any:
    """Do it, and return what was to be seen, as an array."""
    pixels = np.full((box.bottom - box.top, box.right - box.left, 3), level, np.uint8)
    pixels[:, :, 1] += np.arange(box.right - box.left, dtype=np.uint8)
    if way == "edit":
        frame.edit(box)[:] = pixels
    elif way == "edit_on":
        frame.edit_on(box, DEVICE).copy_(torch.from_numpy(pixels))
    elif way == "cover":
        frame.cover(box, pixels)
    elif way == "cover_on":
        frame.cover_on(box, torch.from_numpy(pixels))
    elif way == "see":
        return frame.see(box)
    elif way == "see_on":
        return frame.see_on(box, DEVICE).numpy().copy()
    elif way == "rgb":
        return frame.rgb
    else:
        return frame.settle().copy()
    return None


@given(st.lists(st.tuples(ACTS, boxes(), st.integers(0, 200)), max_size=8))
def test_a_picture_is_the_same_wherever_it_is_edited(acts: list[tuple[str, Box, int]]) -> None:
    anywhere, here = noise(), noise()

    for way, box, level in acts:
        seen, known = act(anywhere, way, box, level), act(here, way.removesuffix("_on"), box, level)
        assert seen is None or np.array_equal(seen, known)

    assert np.array_equal(anywhere.settle(), here.settle())


def test_what_was_made_on_a_device_is_found_there_by_the_next_step() -> None:
    frame, made = noise(), torch.full((20, 20, 3), 90, dtype=torch.uint8)
    frame.cover_on(Box(4, 4, 24, 24), made)

    seen, view = frame.see_on(Box(6, 6, 12, 12), "cpu"), frame.edit_on(Box(8, 8, 20, 20), "cpu")

    assert seen.data_ptr() == made[2:, 2:].data_ptr()
    assert view.data_ptr() == made[4:, 4:].data_ptr()
