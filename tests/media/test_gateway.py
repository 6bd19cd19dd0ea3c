"""Files from strangers: what is allowed comes in clean, everything else is refused with its own reason."""

import struct
import zlib
from fractions import Fraction

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from avatar.errors import InputError
from avatar.media.decode import probe
from avatar.media.encode import encode
from avatar.media.image_io import read_rgb
from avatar.media.ingest import sandbox, sanitize
from avatar.media.ingest.gateway import ingest_footage, ingest_portrait, ingest_sound, sniff_format
from tests.media.video_fixtures import NTSC, moving, planes_in, tone


@pytest.fixture
def room(tmp_path):
    (tmp_path / "room").mkdir()
    return tmp_path / "room"


@pytest.fixture
def here(monkeypatch):
    """Take things in inside this process: quicker, and what is raised is the same."""
    takes = {
        "portrait": sanitize.sanitize_portrait,
        "sound": sanitize.sanitize_audio,
        "footage": sanitize.sanitize_footage,
    }
    monkeypatch.setattr("avatar.media.ingest.gateway.run_sandboxed", lambda kind, path, to: takes[kind](path, to))


def refusal(take, path, room):
    with pytest.raises(InputError) as refused:
        take(path, room)
    assert list(room.iterdir()) == []
    return refused.value.code


def bomb(path, side):
    """A PNG of *side* by *side* pixels in a few kilobytes, as a header promises it."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 100_000, 9)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b""))


def boxes(path):
    data, at, kinds = path.read_bytes(), 0, []
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        kinds.append(kind)
        at += length
    return kinds


# Portraits


def test_a_portrait_comes_in_upright_and_without_metadata(tmp_path, room):
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:20, :30] = 255  # white at the left top
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a secret place"  # turned a quarter; a description
    Image.fromarray(pixels).save(tmp_path / "p.jpg", exif=exif, quality=95)

    taken = ingest_portrait(tmp_path / "p.jpg", room)
    assert taken == room / "picture.png"
    rgb = read_rgb(taken)
    assert rgb.shape == (60, 40, 3)
    assert rgb[5, 35].min() > 240  # now at the right top
    assert b"secret" not in taken.read_bytes()
    with Image.open(taken) as picture:
        assert picture.info == {}


def test_a_colour_profile_is_applied_and_dropped(tmp_path, room, here):
    from PIL import ImageCms

    plain = Image.new("RGB", (8, 8), (200, 60, 40))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain.save(tmp_path / "p.png", icc_profile=profile)

    rgb = read_rgb(ingest_portrait(tmp_path / "p.png", room))
    assert np.abs(rgb[0, 0].astype(int) - (200, 60, 40)).max() <= 1


def test_a_broken_colour_profile_says_nothing(tmp_path, room, here):
    Image.new("RGB", (8, 8), (200, 60, 40)).save(tmp_path / "p.png", icc_profile=b"nonsense")

    assert read_rgb(ingest_portrait(tmp_path / "p.png", room))[0, 0].tolist() == [200, 60, 40]


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "CMYK"])
def test_every_usual_kind_of_picture_becomes_rgb(tmp_path, room, here, mode):
    name = "p.jpg" if mode == "CMYK" else "p.png"
    Image.new("RGBA", (16, 16), (90, 90, 90, 255)).convert("RGB" if mode == "CMYK" else "RGBA").convert(mode).save(
        tmp_path / name
    )

    rgb = read_rgb(ingest_portrait(tmp_path / name, room))
    assert rgb.shape == (16, 16, 3)
    assert np.abs(rgb.astype(int) - 90).max() <= 4


def test_a_picture_of_thirty_thousand_pixels_a_side_is_refused_from_its_header(tmp_path, room):
    bomb(tmp_path / "p.png", 30_000)

    assert refusal(ingest_portrait, tmp_path / "p.png", room) == "media.too-large"


@pytest.mark.parametrize("side", [6_400, 10_000, 30_000])
def test_pixels_are_counted_before_they_are_decoded(tmp_path, room, here, side):
    bomb(tmp_path / "p.png", side)

    assert refusal(ingest_portrait, tmp_path / "p.png", room) == "media.too-large"


@pytest.mark.parametrize("name", ["p.png", "p.jpg"])
def test_half_a_picture_is_refused(tmp_path, room, here, name):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / name)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[: (tmp_path / name).stat().st_size // 2])

    assert refusal(ingest_portrait, tmp_path / name, room) == "media.truncated"


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"II*\0", b"%PDF-1.7", b"\0" * 600]
)
def test_other_formats_are_not_allowed_whatever_their_name(tmp_path, room, content):
    (tmp_path / "p.png").write_bytes(content)

    assert refusal(ingest_portrait, tmp_path / "p.png", room) == "media.not-allowed"


def test_a_missing_file_is_named(tmp_path, room):
    assert refusal(ingest_portrait, tmp_path / "nobody.png", room) == "media.missing"
    assert refusal(ingest_portrait, tmp_path, room) == "media.missing"


# Sounds


@pytest.mark.parametrize("name", ["s.wav", "s.flac", "s.ogg", "s.mp3"])
def test_a_sound_comes_in_as_mono_wav_at_its_own_rate(tmp_path, room, here, name):
    stereo = np.stack([tone(44_100, rate=44_100), tone(44_100, rate=44_100)], 1)
    soundfile.write(tmp_path / name, stereo, 44_100)

    taken = ingest_sound(tmp_path / name, room)
    info = soundfile.info(taken)
    assert (info.format, info.subtype, info.channels, info.samplerate) == ("WAV", "PCM_16", 1, 44_100)
    assert abs(info.frames - 44_100) < 3000
    assert np.sqrt(np.mean(soundfile.read(taken)[0][4000:40_000] ** 2)) == pytest.approx(0.1 / 2**0.5, rel=0.03)


def test_a_fast_sound_is_brought_to_48_kilohertz(tmp_path, room, here):
    soundfile.write(tmp_path / "s.wav", tone(96_000, rate=96_000), 96_000)

    assert soundfile.info(ingest_sound(tmp_path / "s.wav", room)).samplerate == 48_000


@pytest.mark.parametrize("name", ["s.wav", "s.flac", "s.ogg"])
def test_half_a_sound_is_refused(tmp_path, room, here, name):
    noise = np.random.default_rng(0).standard_normal(96_000) * 0.1
    soundfile.write(tmp_path / name, noise, 48_000)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[: (tmp_path / name).stat().st_size // 2])

    assert refusal(ingest_sound, tmp_path / name, room) in {"media.truncated", "sound.unreadable"}


def test_a_sound_of_eleven_minutes_is_refused(tmp_path, room, here):
    soundfile.write(tmp_path / "s.flac", np.zeros(11 * 60 * 8000), 8000)

    assert refusal(ingest_sound, tmp_path / "s.flac", room) == "sound.too-long"


def test_silence_of_no_length_is_refused(tmp_path, room, here):
    soundfile.write(tmp_path / "s.wav", np.zeros(0), 48_000)

    assert refusal(ingest_sound, tmp_path / "s.wav", room) == "sound.empty"


# Footage


def test_footage_comes_in_packet_by_packet_without_metadata(tmp_path, room):
    encode(moving(61, NTSC), tmp_path / "f.mp4")
    with av.open(str(tmp_path / "f.mp4")) as source, av.open(str(tmp_path / "g.mp4"), "w") as target:
        target.metadata["comment"] = "a secret place"
        copy = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)

    taken = ingest_footage(tmp_path / "g.mp4", room)
    assert b"secret" in (tmp_path / "g.mp4").read_bytes()
    assert b"secret" not in taken.read_bytes()
    pairs = zip(planes_in(taken), planes_in(tmp_path / "f.mp4"), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    assert set(boxes(taken)) <= {b"ftyp", b"moov", b"free", b"mdat"}


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize(
    "content",
    [
        PLAYLIST,
        b"\xef\xbb\xbf" + PLAYLIST,
        b"\n\n" + PLAYLIST,
        b"ffconcat version 1.0\nfile secret.mp4\n",
        b"[playlist]\nFile1=/etc/passwd\n",
        b"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'/>",
    ],
)
@pytest.mark.parametrize("take", [ingest_footage, ingest_portrait, ingest_sound])
def test_a_playlist_is_refused_whatever_its_name(tmp_path, room, content, take):
    (tmp_path / "x.mp4").write_bytes(content)

    assert refusal(take, tmp_path / "x.mp4", room) == "media.playlist"


def test_a_playlist_behind_an_mp4_head_is_not_followed(tmp_path, room):
    (tmp_path / "x.mp4").write_bytes(struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0) + PLAYLIST)

    assert refusal(ingest_footage, tmp_path / "x.mp4", room) == "media.truncated"


def test_broken_off_footage_is_refused(tmp_path, room, here):
    encode(moving(60), tmp_path / "f.mp4")
    data = (tmp_path / "f.mp4").read_bytes()
    for size in (len(data) - 1, len(data) // 2, 40):
        (tmp_path / "g.mp4").write_bytes(data[:size])
        assert refusal(ingest_footage, tmp_path / "g.mp4", room) == "media.truncated"


def test_footage_faster_than_sixty_frames_a_second_is_refused(tmp_path, room, here):
    encode(moving(12, rate=NTSC * 4), tmp_path / "f.mp4")

    assert refusal(ingest_footage, tmp_path / "f.mp4", room) == "media.too-fast"


def test_footage_wider_than_3840_is_refused(tmp_path, room, here):
    encode(moving(1, width=3842, height=16), tmp_path / "f.mp4")

    assert refusal(ingest_footage, tmp_path / "f.mp4", room) == "media.too-large"


def test_footage_of_half_an_hour_and_more_is_refused(tmp_path, room, here):
    with av.open(str(tmp_path / "f.mp4"), "w") as target:
        stream = target.add_stream("libx264", rate=1)
        stream.width = stream.height = 16
        for number in range(1900):
            picture = av.VideoFrame(16, 16, "yuv420p")
            picture.pts, picture.time_base = number, Fraction(1)
            target.mux(stream.encode(picture))
        target.mux(stream.encode(None))

    assert refusal(ingest_footage, tmp_path / "f.mp4", room) == "media.too-long"


def test_other_codecs_are_not_allowed(tmp_path, room, here):
    with av.open(str(tmp_path / "f.mp4"), "w") as target:
        stream = target.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
        target.mux(stream.encode(av.VideoFrame(64, 64, "yuvj420p")))
        target.mux(stream.encode(None))

    assert refusal(ingest_footage, tmp_path / "f.mp4", room) == "media.not-allowed"


def test_hdr_footage_is_refused(tmp_path, room, here):
    with av.open(str(tmp_path / "f.mp4"), "w") as target:
        stream = target.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.codec_context.color_trc, stream.codec_context.color_primaries = 18, 9
        stream.codec_context.colorspace = 9
        target.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        target.mux(stream.encode(None))

    with pytest.raises(InputError, match="HDR"):
        ingest_footage(tmp_path / "f.mp4", room)


def test_sound_alone_is_no_footage(tmp_path, room, here):
    with av.open(str(tmp_path / "f.mp4"), "w") as target:
        stream = target.add_stream("aac", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone(1024)[None], format="fltp", layout="mono")
        frame.sample_rate = 48_000
        target.mux(stream.encode(frame))
        target.mux(stream.encode(None))

    assert refusal(ingest_footage, tmp_path / "f.mp4", room) == "media.streams"


def test_the_picture_of_a_turned_video_stays_turned(tmp_path, room, here):
    encode(moving(5), tmp_path / "f.mp4")
    with av.open(str(tmp_path / "f.mp4")) as source, av.open(str(tmp_path / "g.mp4"), "w") as target:
        copy = target.add_stream_from_template(source.streams.video[0])
        copy.set_display_rotation(90)
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)

    taken = ingest_footage(tmp_path / "g.mp4", room)
    assert (probe(taken).format.width, probe(taken).format.height) == (96, 128)
    upright, lying = planes_in(taken)[0][:128], planes_in(tmp_path / "f.mp4")[0][:96]
    assert np.array_equal(upright, np.rot90(lying))  # counterclockwise


# The process of its own


def test_a_reader_that_crashes_is_a_refusal(tmp_path, room, monkeypatch):
    encode(moving(3), tmp_path / "f.mp4")
    monkeypatch.setattr(sandbox.sys, "executable", "/bin/false")

    assert refusal(ingest_footage, tmp_path / "f.mp4", room) == "media.crashed"


def test_the_process_gets_nothing_of_our_environment(tmp_path, room, monkeypatch):
    seen = {}
    monkeypatch.setattr(
        sandbox.subprocess,
        "run",
        lambda command, env, **_: seen.update(env) or sandbox.subprocess.CompletedProcess([], 1),
    )
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    (tmp_path / "p.png").write_bytes(b"\x89PNG\r\n\x1a\n")

    refusal(ingest_portrait, tmp_path / "p.png", room)
    assert "hidden" not in str(seen)


@pytest.mark.parametrize(
    ("start", "kind"), [(b"\xff\xfb\x90\x00", "mp3"), (b"\xff\xd8\xff\xe0", "jpeg"), (b"", ""), (b"\xff", "")]
)
def test_bytes_say_what_a_file_is(start, kind):
    assert sniff_format(start) == kind
