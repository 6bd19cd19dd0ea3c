from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from avatar.errors import InputError
from avatar.media.audio.extract import extract_audio
from avatar.media.decode import decode, probe
from avatar.media.encode import encode
from avatar.media.frames import rgb_of
from avatar.media.join import join
from avatar.media.side_by_side import compare_side_by_side
from tests.media.video_fixtures import moving, piece, planes_in


@pytest.fixture
def one(tmp_path: Path) -> Path:
    join([piece(tmp_path, "one", 20)], tmp_path / "one.mp4.mp4")
    return tmp_path / "one.mp4.mp4"


def compared(tmp_path: Path, one: Path, other: Path) -> Path:
    compare_side_by_side(one, other, ("before", "after"), tmp_path / "both.mp4")
    return tmp_path / "both.mp4"


def test_both_are_seen_at_the_same_moments_and_the_first_is_heard(tmp_path: Path, one: Path) -> None:
    join([piece(tmp_path, "two", 30, first=40, loud=0.3)], tmp_path / "two.mp4.mp4")
    both = compared(tmp_path, one, tmp_path / "two.mp4.mp4")

    reel = probe(both)
    assert reel.count == 30
    assert reel.format.width > 2 * 128
    frames = [rgb_of(planes).astype(int) for planes in planes_in(both)]
    for path, left in ((one, 2), (tmp_path / "two.mp4.mp4", reel.format.width - 130)):
        source = [rgb_of(planes).astype(int)[40:80] for planes in planes_in(path)]
        for number in (0, 10, 29):
            seen = frames[number][42:82, left : left + 128]
            own = source[min(number, len(source) - 1)]
            assert np.abs(seen - own).mean() < 6
    heard, own = extract_audio(both), extract_audio(one)
    assert np.corrcoef(heard[4800:20_000], own[4800:20_000])[0, 1] > 0.99
    assert np.abs(heard[48_000:]).max() < 0.01


def test_another_size_and_rate_are_brought_to_the_first_ones(tmp_path: Path, one: Path) -> None:
    join([piece(tmp_path, "fast", 48, rate=Fraction(60))], tmp_path / "fast.mp4.mp4")
    reel = probe(compared(tmp_path, one, tmp_path / "fast.mp4.mp4"))

    assert (reel.format.rate, reel.count) == (Fraction(25), 20)

    encode(moving(20, width=256, height=192), tmp_path / "large.mp4")
    larger = probe(compared(tmp_path, one, tmp_path / "large.mp4")).format
    assert larger.height > reel.format.height + 90
    assert larger.width > reel.format.width + 200


def test_a_video_is_not_compared_with_itself(tmp_path: Path, one: Path) -> None:
    with pytest.raises(InputError) as refusal:
        compared(tmp_path, one, one)
    assert refusal.value.code == "compare.same"


def test_a_video_without_sound_is_refused(tmp_path: Path) -> None:
    encode(moving(5), tmp_path / "silent.mp4")
    with pytest.raises(InputError) as refusal:
        extract_audio(tmp_path / "silent.mp4")
    assert refusal.value.code == "sound.missing"
    assert decode(tmp_path / "silent.mp4").count == 5
