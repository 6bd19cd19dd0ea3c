"""Footage of every usual kind becomes upright I420 planes, as many as its constant rate needs."""

from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest

from avatar.errors import InputError
from avatar.media.container import PacketIndex
from avatar.media.decode import decode, decode_luma, probe
from avatar.media.frames import rgb_of, split_planes
from tests.media.video_fixtures import all_planes, planes_in


def filmed(path, pictures, times=None, tick=Fraction(1, 30), **context):
    """Encode RGB *pictures* as H.264 the way a camera might: any format, any times."""
    with av.open(str(path), "w", format="mp4") as target:
        pix_fmt = context.pop("pix_fmt", "yuv420p")
        stream = target.add_stream("libx264", rate=30, options={"crf": "0" if pix_fmt == "yuv420p" else "4"})
        stream.width, stream.height, stream.pix_fmt = pictures[0].shape[1], pictures[0].shape[0], pix_fmt
        stream.codec_context.time_base = tick
        for name, value in context.items():
            setattr(stream.codec_context, name, value)
        colorspace = {1: "itu709"}.get(context.get("colorspace"), "itu601")
        for number, rgb in enumerate(pictures):
            picture = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(
                format=pix_fmt, dst_colorspace=colorspace, dst_color_range=context.get("color_range", 1)
            )
            picture.pts, picture.time_base = (times or range(len(pictures)))[number], tick
            target.mux(stream.encode(picture))
        target.mux(stream.encode(None))
    return path


def flat(colour, width=64, height=48):
    return np.full((height, width, 3), colour, np.uint8)


COLOURS = [(180, 60, 40), (30, 140, 90), (40, 60, 200), (220, 220, 220), (16, 16, 16)]


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"colorspace": 1, "color_primaries": 1, "color_trc": 1},
        {"color_range": 2},
        {"pix_fmt": "yuv444p"},
        {"pix_fmt": "yuv420p10le"},
    ],
    ids=["bt601", "bt709", "full-range", "444", "10-bit"],
)
def test_colours_come_out_as_they_were_filmed(tmp_path, context):
    filmed(tmp_path / "f.mp4", [flat(colour) for colour in COLOURS], **context)

    for planes, colour in zip(planes_in(tmp_path / "f.mp4"), COLOURS, strict=True):
        assert np.abs(rgb_of(planes).reshape(-1, 3).mean(axis=0) - colour).max() < 5


@pytest.mark.parametrize(("most_between", "fewest"), [(0, 30), (3, 8)])
def test_brightness_is_that_of_the_frames_that_others_are_predicted_from(tmp_path, most_between, fewest):
    still = [flat((90, 120, 40))] * 30
    film = filmed(tmp_path / "f.mp4", still, pix_fmt="yuv444p", max_b_frames=most_between)

    reel, lights = decode_luma(film)
    found = {place: light.copy() for place, light in lights}

    frames = planes_in(film)
    assert reel.count == len(frames)
    assert fewest <= len(found) <= max(fewest, 20)
    assert list(found) == sorted(found)
    assert all(np.array_equal(light, split_planes(frames[place])[0]) for place, light in found.items())


def test_odd_sizes_are_cropped_to_even(tmp_path):
    filmed(tmp_path / "f.mp4", [flat((90, 120, 150), 65, 49)] * 3, pix_fmt="yuv444p")

    assert (probe(tmp_path / "f.mp4").format.width, probe(tmp_path / "f.mp4").format.height) == (64, 48)
    assert {planes.shape for planes in planes_in(tmp_path / "f.mp4")} == {(72, 64)}


def test_a_varying_rate_is_laid_on_a_constant_one(tmp_path):
    times = [0, 33, 67, 100, 133, 233, 267, 300, 333, 367, 400]  # three pictures are missing after the fifth
    pictures = [flat((20 * n, 20 * n, 20 * n)) for n in range(11)]
    filmed(tmp_path / "f.mp4", pictures, times, Fraction(1, 1000))

    reel = probe(tmp_path / "f.mp4")
    shown = planes_in(tmp_path / "f.mp4")
    assert len(shown) == reel.count
    lights = [int(planes[0, 0]) for planes in shown]
    assert lights == sorted(lights)
    assert abs(reel.count / reel.format.rate - Fraction(433, 1000)) < 2 / reel.format.rate


@pytest.mark.parametrize(
    ("times", "tick", "rate"),
    [
        ([0, 1, 2, 3], Fraction(1, 25), Fraction(25)),
        ([0, 1001, 2002], Fraction(1, 30000), Fraction(30000, 1001)),
        ([0, 33, 67, 100, 133, 167, 200], Fraction(1, 1000), Fraction(30)),
        ([0, 17, 33, 50, 67, 83, 100], Fraction(1, 1000), Fraction(60)),
        ([round(n * 1001 / 24) for n in range(200)], Fraction(1, 1000), Fraction(24000, 1001)),
        ([7, 10, 13], Fraction(1, 30), Fraction(10)),
    ],
)
def test_the_rate_is_what_the_camera_meant(times, tick, rate):
    index = PacketIndex(np.array(times), tick, 1)

    assert index.rate == rate
    assert index.slots.tolist() == list(range(len(times) + 1))


def test_repeated_pictures_do_not_share_memory(tmp_path):
    filmed(tmp_path / "f.mp4", [flat((90, 90, 90))] * 4, [0, 1, 2, 6], Fraction(1, 30))

    frames = [frame for batch in decode(tmp_path / "f.mp4").batches for frame in batch]
    assert all(not np.shares_memory(a.planes, b.planes) for a, b in pairwise(frames))


def test_damaged_footage_is_refused_by_frame_rather_than_shortened(tmp_path):
    noise = np.random.default_rng(0)
    filmed(tmp_path / "f.mp4", [noise.integers(0, 255, (48, 64, 3), dtype=np.uint8) for _ in range(40)])
    data = bytearray((tmp_path / "f.mp4").read_bytes())
    start = data.index(b"mdat") + 20_000
    data[start : start + 120_000] = b"\xff" * 120_000
    (tmp_path / "f.mp4").write_bytes(bytes(data))

    with pytest.raises(InputError, match=r"frame \d+ of f.mp4 is damaged") as refusal:
        all_planes(decode(tmp_path / "f.mp4"))
    assert refusal.value.code == "footage.damaged"


def test_a_file_that_is_no_video_is_unreadable(tmp_path):
    (tmp_path / "f.mp4").write_bytes(b"nothing of the kind")

    with pytest.raises(InputError) as refusal:
        decode(tmp_path / "f.mp4")
    assert refusal.value.code == "media.unreadable"
