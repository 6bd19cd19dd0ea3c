"""E: files at the door. Each is refused with its reason, before or inside the process that reads strangers' bytes."""

import os

import pytest
from PIL import Image

from tests.redteam.cases import attack

# -- other things under the names of media


@attack("an HLS playlist under the name of a film makes a player call", by="sniffed", code="media.playlist")
def test_a_playlist(knock):
    knock("HLS playlist")


@attack("an HLS playlist names a local file", by="sniffed", code="media.playlist")
def test_a_playlist_of_a_local_file(knock):
    knock("HLS playlist of a local file")


@attack("an ffconcat script names other files", by="sniffed", code="media.playlist")
def test_ffconcat(knock):
    knock("ffconcat")


@attack("a DASH manifest with an outside entity", by="sniffed", code="media.playlist")
def test_dash(knock):
    knock("DASH with an outside entity")


@attack("a playlist behind the head of an mp4", by="whole files", code="media.truncated")
def test_an_mp4_head_on_a_playlist(knock):
    knock("mp4 head on a playlist")


@attack("an AVI whose subtitles are a playlist", by="sniffed", code="media.not-allowed")
def test_subtitles_that_are_a_playlist(knock):
    knock("AVI with a playlist in it")


@attack("an SDP file opens network streams", by="sniffed", code="media.not-allowed")
def test_sdp(knock):
    knock("SDP")


@attack("an SVG names an address", by="sniffed", code="media.not-allowed")
def test_svg(knock):
    knock("SVG")


@attack("ImageMagick's drawing language runs a command", by="sniffed", code="media.not-allowed")
def test_mvg(knock):
    knock("MVG")


@attack("ImageMagick's script reads and writes files", by="sniffed", code="media.not-allowed")
def test_msl(knock):
    knock("MSL")


@attack("PostScript opens a pipe", by="sniffed", code="media.not-allowed")
def test_postscript(knock):
    knock("PostScript")


@attack("a pickle under the name of a film", by="sniffed", code="media.not-allowed")
def test_pickle(knock):
    knock("pickle")


@attack("a zip bomb under the name of a picture", by="sniffed", code="media.not-allowed")
def test_zip(knock):
    knock("zip")


@attack("a program under the name of a film", by="sniffed", code="media.not-allowed")
def test_programs(knock):
    knock("ELF and other programs")


# -- bombs: small files that would be large


@attack("a PNG of gigapixels in a few kilobytes", by="sizes first", code="media.too-large")
def test_gigapixels(knock):
    knock("PNG of gigapixels")


@attack("a PNG a little larger than allowed, with all its pixels", by="sizes first", code="media.too-large")
def test_a_little_too_large(bring, tmp_path):
    path = tmp_path / "p.png"
    Image.new("RGB", (6400, 6300)).save(path)

    bring("portrait", path)


@attack("text and profile chunks that unfold to gigabytes", by="a process of its own", code="media.truncated")
def test_bombs_beside_the_picture(knock):
    knock("PNG with bombs beside the picture")


@attack("a JPEG whose header promises another size", by="sizes first", code="media.too-large")
def test_a_jpeg_of_another_size(knock):
    knock("JPEG of another size", 2)


@attack("a FLAC that claims days of sound", by="sizes first", code="sound.too-long")
def test_a_flac_that_claims_days(knock):
    knock("FLAC that lies")


@attack("a WAV of thousands of channels", by="sizes first", code="sound.not-allowed")
def test_a_wav_that_lies(knock):
    knock("WAV that lies", 2)


@attack("a film of a million frames a second", by="sizes first", code="media.too-fast")
def test_absurd_clocks(knock):
    knock("mp4 with absurd clocks")


@attack("a film of hundreds of tracks", by="sizes first", code="media.streams")
def test_many_tracks(knock):
    knock("mp4 of many tracks")


@attack("boxes nested thousands deep", by="sizes first", code="media.streams")
def test_nested_boxes(knock):
    knock("mp4 nested deeply", 3)


@attack("hundreds of thousands of empty boxes", by="sizes first", code="media.unreadable")
def test_many_pieces(knock):
    knock("mp4 in many pieces")


@attack("a compressed index that unfolds to megabytes", by="sizes first", code="media.streams")
def test_a_folded_index(knock):
    knock("mp4 with a folded index")


@attack("boxes that end before they begin, or beyond the file", by="whole files", code="media.truncated")
def test_impossible_sizes(knock):
    knock("mp4 with impossible sizes")


@attack("tables that claim billions of rows", by="one format", code="media.unreadable")
def test_tables_that_lie(knock):
    knock("mp4 with tables that lie", 2)


@attack("gigabytes of nothing behind an honest start", by="sizes first", code="media.too-large")
def test_gigabytes_of_nothing(bring, honest, tmp_path):
    path = tmp_path / "p.png"
    path.write_bytes(honest.files["png"])
    os.truncate(path, 5 << 30)

    bring("portrait", path)


@attack("a film that breaks off in the middle", by="whole files", code="media.truncated")
def test_half_a_film(bring, honest, tmp_path):
    path = tmp_path / "f.mp4"
    path.write_bytes(honest.files["mp4"][:-200])

    bring("footage", path)


@attack(
    "a film whose last pictures are garbage, for a later decoder to find", by="decoded once", code="footage.damaged"
)
def test_garbage_among_the_pictures(bring, honest, tmp_path):
    data = bytearray(honest.files["mp4"])
    middle = data.index(b"mdat") + len(data) // 4
    data[middle : middle + 9000] = b"\xff" * 9000
    path = tmp_path / "f.mp4"
    path.write_bytes(data)

    bring("footage", path)


# -- odd places and names


@attack("a pipe that never gives anything", by="plain files", code="media.missing")
def test_a_pipe(bring, tmp_path):
    path = tmp_path / "pipe.mp4"
    os.mkfifo(path)

    bring("footage", path)


@attack("a link to a device without an end", by="plain files", code="media.missing")
def test_a_device(bring, tmp_path):
    path = tmp_path / "zero.png"
    path.symlink_to("/dev/zero")

    bring("portrait", path)


@attack("a link to a secret of this machine", by="sniffed", code="media.not-allowed")
def test_a_link_to_a_secret(bring, scene, tmp_path):
    path = tmp_path / "portrait.png"
    path.symlink_to(scene.world.folder / "ledger.key")

    bring("portrait", path)


@attack("a folder", by="plain files", code="media.missing")
def test_a_folder(bring, tmp_path):
    bring("footage", tmp_path)


@pytest.mark.parametrize("name", ["; touch x", "$(touch x)", "`touch x`", "-i", "a\nb", "concat:a|b", "pipe:0", "%s%n"])
@attack("a file name that a shell, a player or a log would obey", by="a process of its own", code="media.truncated")
def test_odd_names(bring, honest, tmp_path, name):
    path = tmp_path / f"{name}.mp4"
    path.write_bytes(honest.files["mp4"][:500])

    bring("footage", path)
    assert not list(tmp_path.glob("x*"))
