"""The mark in the picture, from drawing it to reading it back from files that strangers made of ours."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from subprocess import run

import cv2
import imageio_ffmpeg
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.media.decode import batched
from avatar.media.encode import encode
from avatar.media.frames import Format, Frame, Frames, planes_of
from avatar.watermark import detect
from avatar.watermark.detect import detect_watermark
from avatar.watermark.reed_solomon import CODEWORD_SYMBOLS, SYMBOL_VALUES, encode_symbols, soft_decode
from avatar.watermark.video import embed_video_watermark
from tests.media.video_fixtures import all_planes, psnr, talking

NUMBER = 0x5EED0001
Numbers = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("marked") / "marked.mp4"
    encode(embed_video_watermark(talking(75, 384), NUMBER), path)
    return path


@pytest.fixture
def changed(marked: Path, tmp_path: Path) -> Callable[..., Path]:
    def change(*told: str) -> Path:
        to = tmp_path / "changed.mp4"
        run(
            [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", marked, "-threads", "1", *told, to], check=True
        )
        return to

    return change


def test_the_mark_says_which_shot_it_is(marked: Path) -> None:
    finding = detect_watermark(marked)

    assert finding.found
    assert finding.shots == (NUMBER,)
    assert finding.size == 1.0


@pytest.mark.parametrize(
    "told",
    [
        ("-crf", "28"),
        ("-vf", "scale=-2:240", "-b:v", "200k"),
        ("-r", "30"),
        ("-ss", "0.4"),
        ("-vf", "crop=iw-40:ih:30:0"),
    ],
)
def test_it_survives_what_platforms_do(changed: Callable[..., Path], told: tuple[str, ...]) -> None:
    assert detect_watermark(changed(*told)).shots == (NUMBER,)


def test_a_cropped_picture_is_searched_at_other_sizes(changed: Callable[..., Path], monkeypatch) -> None:
    monkeypatch.setattr(detect, "_SEARCH_SIZES", (0.8, 0.9, 1.1))

    finding = detect_watermark(changed("-vf", "crop=iw*0.9:ih*0.9,scale=384:384", "-crf", "23"))

    assert finding.shots == (NUMBER,)
    assert finding.size == 0.9


def test_an_unmarked_video_has_no_mark(tmp_path: Path) -> None:
    encode(talking(50, 256), tmp_path / "plain.mp4")

    assert not detect_watermark(tmp_path / "plain.mp4").found


@pytest.mark.parametrize("seed", range(3))
def test_a_light_that_blinks_at_the_rate_of_the_mark_is_no_mark(tmp_path: Path, monkeypatch, seed: int) -> None:
    monkeypatch.setattr(detect, "_SEARCH_SIZES", (0.9,))
    light = np.random.default_rng(seed).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    states = [planes_of(cv2.GaussianBlur(picture, (0, 0), 3)) for picture in (light, 255 - light)]
    frames = (Frame(states[number % 10 >= 5].copy()) for number in range(300))
    encode(Frames(Format(256, 256, Fraction(10)), 300, batched(frames)), tmp_path / "light.mp4")

    assert not detect_watermark(tmp_path / "light.mp4").found


def test_two_shots_in_one_file_are_both_read(tmp_path: Path) -> None:
    batches = [*embed_video_watermark(talking(50, 384), 1).batches, *embed_video_watermark(talking(50, 384), 2).batches]
    encode(Frames(Format(384, 384, Fraction(25)), 100, iter(batches)), tmp_path / "both.mp4")

    assert detect_watermark(tmp_path / "both.mp4").shots == (1, 2)


def test_the_mark_is_faint_and_leaves_colours_alone() -> None:
    pairs = list(zip(all_planes(talking(8)), all_planes(embed_video_watermark(talking(8), NUMBER)), strict=True))

    assert min(psnr(clean, marked) for clean, marked in pairs) > 43
    assert all(np.array_equal(clean[256:], marked[256:]) for clean, marked in pairs)


def test_a_smooth_wall_shows_one_grey_level_at_most() -> None:
    wall = planes_of(np.full((256, 256, 3), 120, np.uint8))
    shown = all_planes(
        embed_video_watermark(Frames(Format(256, 256, Fraction(25)), 1, batched(iter([Frame(wall)]))), NUMBER)
    )

    difference = np.abs(shown[0][:256].astype(int) - wall[:256])
    assert difference.max() <= 2
    assert (difference > 1).mean() < 0.001
    assert 0.1 < (difference == 1).mean() < 0.3


def test_frames_that_an_engine_shows_again_are_not_marked_twice() -> None:
    still = Frame(next(talking(1).batches)[0].planes)
    before = still.planes.copy()
    frames = Frames(Format(256, 256, Fraction(25)), 3, iter([[still, still, still]]))
    shown = all_planes(embed_video_watermark(frames, NUMBER))

    assert np.array_equal(shown[0], shown[2])
    assert np.array_equal(still.planes, before)


@given(Numbers, st.sets(st.integers(0, CODEWORD_SYMBOLS - 1), max_size=2), st.integers(0, 2**32 - 1))
def test_two_lost_symbols_do_not_hide_a_number(number: int, lost: set[int], seed: int) -> None:
    votes = np.random.default_rng(seed).normal(size=(CODEWORD_SYMBOLS, SYMBOL_VALUES))
    for place, symbol in enumerate(encode_symbols(number)):
        votes[place, symbol] += 0 if place in lost else 8

    assert soft_decode(votes) == number


@given(st.integers(0, 2**32 - 1))
def test_noise_is_no_number(seed: int) -> None:
    assert soft_decode(np.random.default_rng(seed).normal(size=(CODEWORD_SYMBOLS, SYMBOL_VALUES))) is None


@given(Numbers, Numbers)
def test_the_symbols_of_two_numbers_differ_in_five_places_or_more(one: int, other: int) -> None:
    apart = sum(a != b for a, b in zip(encode_symbols(one), encode_symbols(other), strict=True))

    assert apart >= 5 or one == other
