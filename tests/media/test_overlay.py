"""Titles and captions: seen where they belong, and not a pixel anywhere else."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatar.errors import InputError
from avatar.media.contact_sheet import contact_sheet
from avatar.media.encode import encode
from avatar.media.frames import Format, planes_of, split_planes
from avatar.media.image_io import read_rgb
from avatar.media.layout import paint_background, parse_colour
from avatar.media.overlay import Overlay, OverlaySpan, overlay_frames
from avatar.media.text import printable_lines, to_printable
from avatar.media.titles import draw_caption, draw_card, draw_lower_third
from tests.examples import examples
from tests.media.video_fixtures import all_planes, moving, picture

SHAPE = Format(256, 192, Fraction(25))
TEXTS = [
    "Ava",
    "Ava Lindgren\nPresenter",
    "W" * 200,
    "word " * 80,
    "Þórður Ýmir, qgjp\nстроку",
    "a\nb\nc\nd\ne\nf\ng\nh",
]


def changed(before, after):
    """Where two frames differ: a mask over luma, chroma counted with it."""
    mask = split_planes(before)[0] != split_planes(after)[0]
    for one, other in zip(split_planes(before)[1:], split_planes(after)[1:], strict=True):
        mask |= np.kron(one != other, np.ones((2, 2), bool)).astype(bool)
    return mask


@pytest.mark.parametrize("text", TEXTS)
def test_a_lower_third_changes_its_box_and_nothing_else(text):
    before = picture(3, SHAPE.width, SHAPE.height)
    after, overlay = before.copy(), draw_lower_third(text, SHAPE)
    overlay.onto(after, 1.0)

    box, mask = overlay.box, changed(before, after)
    assert mask[box.top : box.bottom, box.left : box.right].mean() > 0.5
    mask[box.top : box.bottom, box.left : box.right] = False
    assert not mask.any()
    assert 0 <= box.left < box.right <= SHAPE.width
    assert 0 <= box.top < box.bottom <= SHAPE.height


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("shape", [SHAPE, Format(512, 512, SHAPE.rate), Format(360, 640, SHAPE.rate)])
def test_cards_and_captions_stay_inside_the_frame(text, shape):
    for overlay in (
        draw_card(text, shape),
        draw_caption(printable_lines(text)[:2], shape),
        draw_lower_third(text, shape),
    ):
        planes = planes_of(paint_background("black", shape.width, shape.height))
        overlay.onto(planes, 1.0)
        y = split_planes(planes)[0]
        assert y.max() > 150  # there is white type
        edge = np.concatenate([y[:, 0], y[:, -1], y[0], y[-1]])
        assert edge.max() < 60


@given(st.integers(0, 256), st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
@settings(max_examples=examples(60))
def test_blending_is_the_weighted_mean_of_what_is_above_and_below(level, alpha, above, below):
    rgba = np.full((4, 4, 4), above, np.uint8)
    rgba[..., 3] = alpha
    planes = planes_of(np.full((8, 8, 3), below, np.uint8))
    still = planes_of(np.full((4, 4, 3), above, np.uint8))
    before = planes.copy()
    Overlay(rgba, 2, 2).onto(planes, level / 256)

    share = alpha / 255 * level / 256
    expected = share * int(still[0, 0]) + (1 - share) * int(before[0, 0])
    assert abs(int(planes[3, 3]) - expected) <= 2
    assert planes[0, 0] == before[0, 0]


def test_a_showing_comes_and_goes_and_leaves_the_rest_bit_exact():
    showing = OverlaySpan(draw_lower_third("Ava", SHAPE), 5, 20, fade=4)
    plain = all_planes(moving(30, width=256, height=192))
    shown = all_planes(overlay_frames(moving(30, width=256, height=192), [showing]))

    amounts = [int(changed(a, b).any()) for a, b in zip(plain, shown, strict=True)]
    assert amounts == [0] * 5 + [1] * 15 + [0] * 10
    strengths = [showing.strength(n) for n in range(30)]
    assert strengths[5] < strengths[6] < strengths[9] == 1.0 == strengths[15] > strengths[19] > 0


def test_text_from_people_is_made_printable():
    assert to_printable("a\u202eb\x00c\n d\u00ad") == "abc d"
    assert to_printable("ne\u200cmi") == "ne\u200cmi"
    assert printable_lines("  A \r\n\n\x07\nB\u2028C") == ["A", "B", "C"]


def test_letters_that_the_font_lacks_are_refused_rather_than_shown_as_boxes():
    with pytest.raises(InputError, match="今") as refusal:
        draw_card("今日は", SHAPE)
    assert refusal.value.code == "text.no-letter"


@pytest.mark.parametrize("text", ["", "bluish", "#12", "#000 to #111 to #222", "url(x)"])
def test_an_unknown_colour_is_refused(text):
    with pytest.raises(InputError) as refusal:
        paint_background(text, 8, 8)
    assert refusal.value.code == "colour.unknown"


def test_colours_are_read_as_people_write_them():
    assert parse_colour("#102030") == (16, 32, 48)
    assert paint_background("black to white", 2, 3)[:, 0, 0].tolist() == [0, 128, 255]


def test_a_contact_sheet_shows_the_video_from_start_to_end(tmp_path):
    encode(moving(120), tmp_path / "v.mp4")
    contact_sheet(tmp_path / "v.mp4", tmp_path / "sheet.png")

    assert read_rgb(tmp_path / "sheet.png").shape == (3 * 248 + 8, 4 * 328 + 8, 3)


def test_a_contact_sheet_of_two_frames_holds_two_stills(tmp_path):
    encode(moving(2), tmp_path / "v.mp4")
    contact_sheet(tmp_path / "v.mp4", tmp_path / "sheet.png")

    assert read_rgb(tmp_path / "sheet.png").shape == (248 + 8, 2 * 328 + 8, 3)
