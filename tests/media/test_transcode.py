"""Recordings of browsers: whatever they wrote, sound and pictures come in whole, in step, and as files of ours."""

from contextlib import suppress
from fractions import Fraction

import av
import numpy as np
import pytest

from avatar.errors import InputError
from avatar.media.audio.io import read_sound
from avatar.media.decode import decode, probe
from avatar.media.frames import Format
from avatar.media.ingest import transcode
from avatar.media.ingest.gateway import ingest_recording, sniff_format

SIZE = (64, 48)


def record(path, *, seconds=2.0, codecs=("libvpx", "libopus"), moments=None, sounds=1, size=SIZE, channels="stereo"):
    """Write a recording as browsers do: pictures (a grey that rises) at odd *moments*, a tone, no duration ahead."""
    container = av.open(str(path), "w", format="mp4" if path.suffix == ".mp4" else "webm")
    picture = container.add_stream(codecs[0], rate=30)
    picture.width, picture.height, picture.pix_fmt = *size, "yuv420p"
    picture.time_base = picture.codec_context.time_base = Fraction(1, 1000)
    streams = [container.add_stream(codecs[1], rate=48000, layout=channels) for _ in range(sounds)]
    for moment in moments or range(0, round(seconds * 1000), 33):
        planes = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
        planes[: size[1]] = 40 + moment // 20 % 200
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = moment, Fraction(1, 1000)
        container.mux(picture.encode(frame))
    container.mux(picture.encode(None))
    tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * 48000)) / 48000)).astype(np.float32)
    count = 2 if channels == "stereo" else 1
    for stream in streams:
        for at in range(0, len(tone), 960):
            piece = np.ascontiguousarray(np.repeat(tone[None, at : at + 960], count, axis=0).T.reshape(1, -1))
            frame = av.AudioFrame.from_ndarray(piece, format="flt", layout=channels)
            frame.rate, frame.pts, frame.time_base = 48000, at, Fraction(1, 48000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    container.close()
    return path


@pytest.fixture
def here(monkeypatch):
    """Take things in inside this process: quicker, and what is raised is the same."""
    takes = {"heard": transcode.transcode_audio, "seen": transcode.transcode_video}
    monkeypatch.setattr("avatar.media.ingest.gateway.run_sandboxed", lambda kind, path, to: takes[kind](path, to))


@pytest.mark.parametrize(
    ("name", "codecs"),
    [("a.webm", ("libvpx", "libopus")), ("a.mp4", ("libx264", "libopus")), ("a.mp4", ("libx264", "aac"))],
)
def test_what_browsers_write_comes_in(tmp_path, here, name, codecs):
    taken = ingest_recording(record(tmp_path / name, codecs=codecs), tmp_path)

    sound, rate = read_sound(taken.sound)
    assert rate == 48000
    assert len(sound) / rate == pytest.approx(2.0, abs=0.03)
    assert np.sqrt(np.mean(sound[9600:-9600] ** 2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.03)
    reel = probe(taken.pictures)
    assert reel.format == Format(*SIZE, Fraction(25))
    assert reel.count == pytest.approx(50, abs=1)


def test_a_picture_stands_until_the_next_one_comes(tmp_path, here):
    moments = [0, 40, 90, 1000, 1007, 1900]
    taken = ingest_recording(record(tmp_path / "a.webm", moments=moments), tmp_path)

    greys = [float(f.planes[: SIZE[1]].mean()) for batch in decode(taken.pictures).batches for f in batch]
    assert len(greys) == 48
    assert greys[24] == pytest.approx(40 + 90 // 20, abs=3)
    assert greys[26] == pytest.approx(40 + 1007 // 20, abs=3)
    assert greys[47] == pytest.approx(40 + 1900 // 20, abs=3)


def test_a_sound_alone_is_a_recording_without_pictures(tmp_path):
    import soundfile

    soundfile.write(tmp_path / "a.flac", np.full(8000, 0.1), 16000)
    assert ingest_recording(tmp_path / "a.flac", tmp_path).pictures is None


def test_more_pixels_than_a_face_needs_are_not_kept(tmp_path, here):
    taken = ingest_recording(record(tmp_path / "a.webm", seconds=0.2, size=(1080, 1920)), tmp_path)
    assert probe(taken.pictures).format == Format(540, 960, Fraction(25))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sounds": 0}, "media.streams"),
        ({"sounds": 2}, "media.streams"),
        ({"moments": [0, 200_000]}, "media.too-long"),
        ({"size": (2048, 1088)}, "media.too-large"),
    ],
)
def test_what_no_camera_records_is_refused(tmp_path, here, change, code):
    with pytest.raises(InputError) as refused:
        ingest_recording(record(tmp_path / "a.webm", seconds=0.5, **change), tmp_path)
    assert refused.value.code == code


def test_matroska_that_is_no_webm_stays_outside(tmp_path):
    (tmp_path / "a.webm").write_bytes(b"\x1aE\xdf\xa3\x9fB\x82\x88matroska" + bytes(600))
    with pytest.raises(InputError) as refused:
        ingest_recording(tmp_path / "a.webm", tmp_path)
    assert refused.value.code == "media.not-allowed"


@pytest.mark.parametrize("start", range(0, 4000, 500))
def test_a_damaged_recording_ends_in_a_reason(tmp_path, here, start):
    data = bytearray(record(tmp_path / "a.webm").read_bytes())
    for at in range(start, min(start + 500, len(data)), 7):
        data[at] ^= 0x55
    (tmp_path / "b.webm").write_bytes(data)

    with suppress(InputError):  # anything else would be a crash
        assert probe(ingest_recording(tmp_path / "b.webm", tmp_path).pictures).count <= 180 * 25


def test_recordings_are_known_by_their_bytes():
    assert sniff_format(b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm") == "webm"
    assert sniff_format(b"\x1aE\xdf\xa3\x93B\x82\x88matroska") == ""
