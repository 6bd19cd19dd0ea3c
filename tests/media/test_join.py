"""Shots join without a picture changed, and sound stays with its picture however long it takes."""

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.errors import EngineError
from avatar.media import join as joining
from avatar.media.audio.io import write_sound
from avatar.media.encode import encode
from avatar.media.join import Clip, join
from avatar.media.timeline import SAMPLE_RATE, Timeline, max_samples_for, sample_of_frame
from tests.media.video_fixtures import FILM, NTSC, PAL, moving, piece, planes_in, tone

RATES = st.sampled_from([PAL, NTSC, FILM, Fraction(60), Fraction(60000, 1001), Fraction(15, 2), Fraction(24)])


@given(RATES, st.lists(st.integers(1, 900), min_size=1, max_size=60))
def test_sound_never_drifts_from_its_picture(rate, counts):
    timeline = Timeline(rate, tuple(counts))

    for shot, start in enumerate(timeline.starts):
        first, last = timeline.span(shot)
        assert abs(first - start * SAMPLE_RATE / rate) <= Fraction(1, 2)
        assert 0 <= max_samples_for(counts[shot], rate) - (last - first) <= 1
    assert timeline.samples == timeline.span(len(counts) - 1)[1]


def test_ten_minutes_of_ntsc_end_on_the_sample():
    counts = [97] * 185 + [38]  # 17,983 frames: ten minutes and a fraction
    timeline = Timeline(NTSC, tuple(counts))

    assert timeline.samples == round(17_983 * 1001 * 48_000 / 30_000)
    assert timeline.span(185)[0] == sample_of_frame(97 * 185, NTSC)


@pytest.mark.parametrize("rate", [PAL, FILM, NTSC, Fraction(60)])
def test_every_picture_of_every_shot_is_there_unchanged(tmp_path, rate):
    pieces = [piece(tmp_path, f"s{n}", count, rate, first=n * 50) for n, count in enumerate([1, 2, 3, 60, 1, 31])]

    timeline = join(pieces, tmp_path / "j.mp4")
    assert timeline.counts == (1, 2, 3, 60, 1, 31)
    shown = planes_in(tmp_path / "j.mp4")
    encoded = [planes for each in pieces for planes in planes_in(each.picture)]
    assert all(np.array_equal(a, b) for a, b in zip(shown, encoded, strict=True))


def test_two_joins_give_the_same_bytes(tmp_path):
    pieces = [piece(tmp_path, "a", 30, NTSC), piece(tmp_path, "b", 20, NTSC)]
    for name in ("one.mp4", "two.mp4"):
        join(pieces, tmp_path / name, loudness=-16.0)

    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()


def test_the_index_stands_before_the_pictures(tmp_path):
    join([piece(tmp_path, "a", 5)], tmp_path / "j.mp4")

    data = (tmp_path / "j.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("rate", [PAL, NTSC])
def test_the_sound_of_a_shot_starts_with_its_picture(tmp_path, rate):
    pieces = [piece(tmp_path, "a", 33, rate), piece(tmp_path, "b", 21, rate), piece(tmp_path, "c", 40, rate)]
    click = np.zeros(max_samples_for(21, rate), np.float32)
    click[:24] = 0.8
    write_sound(pieces[1].sound, [click])
    for quiet in (pieces[0], pieces[2]):
        write_sound(quiet.sound, [np.zeros(10, np.float32)])

    timeline = join(pieces, tmp_path / "j.mp4")
    heard = sound_in(tmp_path / "j.mp4")
    assert abs(int(np.abs(heard).argmax()) - 12 - timeline.span(1)[0]) < 48  # a millisecond
    assert len(heard) - timeline.samples in range(1024)


def sound_in(path):
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])


def test_a_silent_piece_joins_too(tmp_path):
    silent = Clip(piece(tmp_path, "a", 10).picture)
    join([silent, piece(tmp_path, "b", 25, loud=0.3)], tmp_path / "j.mp4")

    heard = sound_in(tmp_path / "j.mp4")
    assert 0 < np.sqrt(np.square(heard[2_000:18_000]).mean()) < 0.001
    assert np.abs(heard[24_000:40_000]).max() > 0.2


def test_shots_of_other_sizes_or_rates_are_refused_by_name(tmp_path):
    small = Clip(tmp_path / "small.mp4")
    encode(moving(5, width=64, height=64), small.picture)
    with pytest.raises(EngineError, match=r"shot 1 is 128x96 at 25 .* shot 2 is 64x64 at 25") as refusal:
        join([piece(tmp_path, "a", 5), small], tmp_path / "joined.mp4")
    assert refusal.value.code == "shots.differ"

    with pytest.raises(EngineError, match="30000/1001"):
        join([piece(tmp_path, "a", 5), piece(tmp_path, "b", 5, NTSC)], tmp_path / "joined.mp4")


def test_shots_encoded_otherwise_are_refused(tmp_path):
    encode(moving(5), tmp_path / "lossless.mp4", crf=0)

    with pytest.raises(EngineError, match="other parameters") as refusal:
        join([piece(tmp_path, "a", 5), Clip(tmp_path / "lossless.mp4")], tmp_path / "j.mp4")
    assert refusal.value.code == "shots.differ"


def test_shots_of_another_quality_join(tmp_path):
    encode(moving(5), tmp_path / "fine.mp4", crf=12)

    assert join([piece(tmp_path, "a", 5), Clip(tmp_path / "fine.mp4")], tmp_path / "j.mp4").frames == 10


def test_no_shots_are_refused(tmp_path):
    with pytest.raises(EngineError) as refusal:
        join([], tmp_path / "j.mp4")
    assert refusal.value.code == "shots.none"


def test_sound_out_of_step_is_an_error_and_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(joining, "_soundtrack", lambda pieces, timeline: iter([tone(9600)]))

    with pytest.raises(EngineError) as refusal:
        join([piece(tmp_path, "a", 50)], tmp_path / "j.mp4")
    assert refusal.value.code == "video.out-of-step"
    assert not (tmp_path / "j.mp4").exists()
    assert not list(tmp_path.glob(".*"))
