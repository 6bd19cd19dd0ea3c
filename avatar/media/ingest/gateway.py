"""The one door for files from outside: what they are is read from their bytes, and only clean copies come in."""

from dataclasses import dataclass
from pathlib import Path

from avatar.errors import InputError
from avatar.media.ingest.sandbox import display_name, run_sandboxed

_MEGABYTE_BYTES = 1 << 20
_MAX_BYTES_BY_KIND = {
    "portrait": 100 * _MEGABYTE_BYTES,
    "sound": 500 * _MEGABYTE_BYTES,
    "footage": 4096 * _MEGABYTE_BYTES,
    "recording": 500 * _MEGABYTE_BYTES,
}
_FORMATS_BY_KIND = {
    "portrait": ("png", "jpeg"),
    "sound": ("wav", "flac", "ogg", "mp3"),
    "footage": ("mp4",),
    "recording": ("mp4", "webm"),
}
_EXPECTED_BY_KIND = {
    "portrait": "a PNG or JPEG picture",
    "sound": "a wav, flac, ogg or mp3 file",
    "footage": "an mp4 or mov video",
    "recording": "an mp4, mov or webm video, nor a wav, flac, ogg or mp3 file",
}


@dataclass(frozen=True)
class Recording:
    """A recorded statement: mono 16-bit WAV, and H.264 pictures at 25 frames per second if there were any."""

    sound: Path
    pictures: Path | None


def ingest_portrait(path: Path, into: Path) -> Path:
    """Write the portrait at *path* into the folder *into* as an upright sRGB PNG with no metadata; return that file.

    Raises:
        InputError: when the file is no picture of a kind that is read, or too large; code ``media.not-allowed`` or
            ``media.too-large``; when it is a playlist; code ``media.playlist``; when it breaks off; code
            ``media.truncated`` …
    """
    return _ingest("portrait", path, into / "picture.png")


def ingest_sound(path: Path, into: Path) -> Path:
    """Write the sound at *path* into the folder *into* as mono 16-bit WAV (at most 48 kHz); return that file.

    Raises:
        InputError: as :func:`ingest_portrait`, ``sound.too-long`` …
    """
    return _ingest("sound", path, into / "sound.wav")


def ingest_footage(path: Path, into: Path) -> Path:
    """Write the pictures of the video at *path* into the folder *into* as mp4, nothing else of it; return that file.

    Raises:
        InputError: as :func:`ingest_portrait`, ``media.streams``, ``media.too-long`` …
    """
    return _ingest("footage", path, into / "footage.mp4")


def ingest_recording(path: Path, into: Path) -> Recording:
    """Write sound and pictures of the recording at *path* into the folder *into*: a video with sound, or sound alone.

    It is what browsers and telephones record: mp4 or webm. Pictures are coded anew, so nothing of the file survives.

    Raises:
        InputError: as :func:`ingest_portrait`, ``media.streams``, ``media.too-long`` …
    """
    if _detect_format("recording", path) in _FORMATS_BY_KIND["sound"]:
        return Recording(ingest_sound(path, into), None)
    sound, pictures = into / "sound.wav", into / "pictures.mp4"
    return Recording(_ingest("recording", path, sound, "heard"), _ingest("recording", path, pictures, "seen"))


def _ingest(kind: str, path: Path, to: Path, how: str = "") -> Path:
    name = display_name(path)
    found = _detect_format(kind, path)
    if found == "playlist":
        raise InputError(f"{name} is a playlist that names other files; bring the video itself", code="media.playlist")
    if found not in _FORMATS_BY_KIND[kind]:
        raise InputError(f"{name} is not {_EXPECTED_BY_KIND[kind]}; bring one as {kind}", code="media.not-allowed")
    run_sandboxed(how or kind, path, to)
    return to


def _detect_format(kind: str, path: Path) -> str:
    """Return what the file *path* is, if it is a file at all, of a size that a *kind* may have."""
    try:
        if not path.is_file():  # a folder, a pipe and a device are none either
            raise InputError(f"there is no file {display_name(path)}; check the path", code="media.missing")
        if path.stat().st_size > _MAX_BYTES_BY_KIND[kind]:
            most = _MAX_BYTES_BY_KIND[kind] // _MEGABYTE_BYTES
            raise InputError(
                f"{display_name(path)} is larger than {most} MB; bring a smaller file", code="media.too-large"
            )
        with path.open("rb") as file:
            return sniff_format(file.read(512))
    except OSError as error:
        raise InputError(f"{display_name(path)} cannot be read: {error.strerror}", code="media.unreadable") from error


def sniff_format(start: bytes) -> str:
    """Return what a file is by its first bytes, whatever its name says; empty for anything unknown."""
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"#extm3u", b"ffconcat", b"[playlist]", b"<?xml", b"<mpd", b"<smil")):
        return "playlist"
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if start.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if start.startswith(b"RIFF") and start[8:12] == b"WAVE":
        return "wav"
    return _sniff_tag(start)


def _sniff_tag(start: bytes) -> str:
    if start[4:8] == b"ftyp":
        return "mp4"
    if start.startswith(b"\x1aE\xdf\xa3") and b"webm" in start[:64]:  # EBML, which is Matroska, too
        return "webm"
    # MPEG audio starts with a tag, or with a frame: eleven bits set, then layer III.
    if start.startswith(b"ID3") or (len(start) > 1 and start[0] == 0xFF and start[1] & 0xE6 == 0xE2):
        return "mp3"
    return {b"fLaC": "flac", b"OggS": "ogg"}.get(start[:4], "")
