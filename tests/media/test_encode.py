"""Frames become files and come back: as many, in order, and the same bytes every time."""

import weakref
from fractions import Fraction

import av
import numpy as np
import pytest

from avatar.errors import ConsentError, EngineError, InputError
from avatar.media.decode import decode, probe
from avatar.media.encode import encode
from avatar.media.frames import Box, Format, Frame, Frames
from tests.media.video_fixtures import FILM, NTSC, PAL, all_planes, moving, picture, planes_in, psnr


@pytest.mark.parametrize("rate", [PAL, NTSC, FILM, Fraction(60), Fraction(15, 2)])
@pytest.mark.parametrize("count", [1, 2, 3, 51])
def test_as_many_frames_come_out_as_went_in(tmp_path, rate, count):
    encode(moving(count, rate), tmp_path / "a.mp4")

    assert probe(tmp_path / "a.mp4").count == count == len(planes_in(tmp_path / "a.mp4"))
    assert probe(tmp_path / "a.mp4").format == Format(128, 96, rate)


def test_the_planes_pass_bit_exact_when_nothing_is_lost_to_the_codec(tmp_path):
    encode(moving(20), tmp_path / "a.mp4", crf=0)

    pairs = zip(planes_in(tmp_path / "a.mp4"), all_planes(moving(20)), strict=True)
    assert all(np.array_equal(out, into) for out, into in pairs)


def test_the_usual_quality_is_close_to_what_went_in(tmp_path):
    encode(moving(20), tmp_path / "a.mp4")

    pairs = zip(planes_in(tmp_path / "a.mp4"), all_planes(moving(20)), strict=True)
    assert min(psnr(out, into) for out, into in pairs) > 38


def test_two_encodes_give_the_same_bytes(tmp_path):
    encode(moving(30, NTSC), tmp_path / "a.mp4")
    encode(moving(30, NTSC), tmp_path / "b.mp4")

    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_an_edited_region_is_settled_before_the_encoder(tmp_path):
    frame = Frame(picture(0))
    frame.edit(Box(0, 0, 32, 32))[:] = 255
    encode(Frames(Format(128, 96, PAL), 1, iter([[frame]])), tmp_path / "a.mp4", crf=0)

    assert planes_in(tmp_path / "a.mp4")[0][:32, :32].min() == 235


def test_missing_frames_leave_no_file(tmp_path):
    frames = moving(3)
    frames.count = 4

    with pytest.raises(EngineError) as refusal:
        encode(frames, tmp_path / "a.mp4")
    assert refusal.value.code == "picture.frames-lost"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", [0, 5])
def test_what_stops_the_frames_leaves_no_file(tmp_path, place):
    def ending():
        yield from list(moving(40).batches)[:place]
        raise ConsentError("over", code="consent.ended")

    with pytest.raises(ConsentError):
        encode(Frames(Format(128, 96, PAL), 40, ending()), tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []


def test_the_pulse_reaches_one(tmp_path):
    done: list[float] = []
    encode(moving(20), tmp_path / "a.mp4", pulse=done.append)

    assert done == sorted(done)
    assert done[-1] == 1


def test_frames_are_let_go_as_they_are_encoded(tmp_path):
    frames, alive, most = moving(200), weakref.WeakSet(), 0

    def watched(batch):
        nonlocal most
        alive.update(batch)
        most = max(most, len(alive))
        return batch

    encode(frames.through(watched), tmp_path / "a.mp4")
    assert most <= 2 * len(next(moving(200).batches))


def test_groups_are_closed_and_start_every_two_seconds(tmp_path):
    encode(moving(120), tmp_path / "a.mp4")

    with av.open(str(tmp_path / "a.mp4")) as container:
        keys = [packet.pts for packet in container.demux(video=0) if packet.is_keyframe and packet.pts is not None]
    assert keys == [0, 50 * 512, 100 * 512]


def test_the_file_says_bt601_limited_range(tmp_path):
    encode(moving(3), tmp_path / "a.mp4")

    with av.open(str(tmp_path / "a.mp4")) as container:
        shown = next(container.decode(video=0))
    assert (shown.colorspace, shown.color_primaries, shown.color_trc, shown.color_range) == (6, 6, 6, 1)


@pytest.mark.parametrize(("start", "count"), [(0, 5), (1, 1), (49, 3), (50, 1), (75, 30), (104, 1)])
def test_an_excerpt_holds_the_frames_it_names(tmp_path, start, count):
    encode(moving(105), tmp_path / "a.mp4")
    whole = planes_in(tmp_path / "a.mp4")

    part = all_planes(decode(tmp_path / "a.mp4", start, count))
    assert len(part) == count
    assert all(np.array_equal(a, b) for a, b in zip(part, whole[start : start + count], strict=True))


def test_footage_that_is_too_short_says_how_much_is_needed(tmp_path):
    encode(moving(50), tmp_path / "a.mp4")

    with pytest.raises(InputError, match=r"needs 3.0 s of footage and there are 2.0 s") as refusal:
        decode(tmp_path / "a.mp4", 25, 50)
    assert refusal.value.code == "footage.too-short"
