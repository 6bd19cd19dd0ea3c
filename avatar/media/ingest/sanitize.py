"""What intake does with the bytes of strangers: sizes are read before pixels, and metadata stays outside."""

import struct
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from avatar.errors import InputError
from avatar.media.audio.io import duration_of, read_sound, write_sound
from avatar.media.audio.resample import resample
from avatar.media.container import open_container, read_packet_index
from avatar.media.decode import decode, probe
from avatar.media.encode import BITEXACT_OPTIONS
from avatar.media.image_io import write_rgb
from avatar.media.ingest.c2pa_sidecar import CREDENTIAL, credential_in
from avatar.media.mp4 import NotMp4Error, TooManyBoxesError, read_boxes
from avatar.media.timeline import SAMPLE_RATE
from avatar.runtime.atomic import atomic_write

if TYPE_CHECKING:
    from av.video.stream import VideoStream
    from PIL.Image import Image

MAX_PIXELS = 40_000_000
MAX_SIDE_PX = 16_384
MAX_FOOTAGE_PIXELS = 3840 * 2160
MAX_FOOTAGE_S = 30 * 60  # seconds
MAX_FRAME_RATE = 60  # frames per second
_HDR_TRANSFERS = (16, 18)  # ITU-T H.273: PQ and HLG, which only tone mapping makes right on an ordinary screen
_CODECS = ("h264", "hevc", "av1", "vp9")


def sanitize_portrait(path: Path, to: Path) -> None:
    """Write the PNG or JPEG at *path* as an upright sRGB picture without metadata."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is tighter, and says more
        try:
            with Image.open(path, formats=("PNG", "JPEG")) as picture:
                _check_pixels(picture.width, picture.height, path.name)
                picture.load()
                upright = ImageOps.exif_transpose(picture)
                pixels = np.asarray(_to_srgb(upright), dtype=np.uint8)
        except Image.DecompressionBombError as error:
            raise InputError(
                f"{path.name} has more than {MAX_PIXELS // 1_000_000} million pixels; bring a smaller one",
                code="media.too-large",
            ) from error
        except UnidentifiedImageError as error:
            raise InputError(
                f"{path.name} cannot be read as a picture; save it again", code="media.unreadable"
            ) from error
        except (OSError, SyntaxError, ValueError, struct.error) as error:
            raise InputError(
                f"{path.name} breaks off or is damaged; bring the whole file", code="media.truncated"
            ) from error
    write_rgb(to, pixels)
    _keep_credential(path, to)


def sanitize_audio(path: Path, to: Path) -> None:
    """Write the sound at *path* as mono 16-bit WAV, at its own rate or at 48 kHz if that is lower."""
    _check_whole_sound(path)
    promised = duration_of(path)
    samples, rate = read_sound(path)
    if len(samples) < round(promised * rate):
        raise _truncated_error(path)
    kept = min(rate, SAMPLE_RATE)
    write_sound(to, [resample(samples, rate, kept)], kept)
    _keep_credential(path, to)


def sanitize_footage(path: Path, to: Path) -> None:
    """Write the pictures of the mp4 or mov file at *path*, packet by packet, and nothing else of it.

    Every picture is decoded once, here, where a decoder that gives way harms nobody: what is decoded again later, with
    the same library on the same bytes, has been through it before.
    """
    _check_boxes(path)
    with open_container(path) as container:
        _check_stream(container.streams.video[0], path.name)
        index = read_packet_index(container)
    if float((index.times[-1] - index.times[0]) * index.tick) > MAX_FOOTAGE_S:
        raise InputError(f"{path.name} is longer than 30 minutes; bring a shorter one", code="media.too-long")
    if index.rate > MAX_FRAME_RATE:
        raise InputError(f"{path.name} has more than 60 frames per second; convert it", code="media.too-fast")
    with atomic_write(to) as beside:
        if not _copy_packets(path, beside) or probe(beside) != probe(path):
            raise InputError(f"the time stamps of {path.name} are broken; convert it again", code="media.unreadable")
        _check_pictures(beside, path.name)
    _keep_credential(path, to)


def _keep_credential(path: Path, to: Path) -> None:
    found = credential_in(path)
    if found:
        to.with_name(CREDENTIAL).write_bytes(found)


def _check_pixels(width: int, height: int, name: str) -> None:
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE_PX:
        raise InputError(
            f"{name} is {width}x{height} pixels, and may have {MAX_PIXELS // 1_000_000} million, "
            f"{MAX_SIDE_PX} a side; bring a smaller one",
            code="media.too-large",
        )


def _to_srgb(picture: "Image") -> "Image":
    """Return *picture* as 8-bit RGB, its colour profile applied, transparency on white."""
    from PIL import Image, ImageCms

    if picture.mode.startswith(("I", "F")):
        raise InputError("a portrait of 16 bits a channel is not read; save it with 8 bits", code="media.not-allowed")
    if "A" in picture.mode or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")
    profile = picture.info.get("icc_profile")
    if profile and picture.mode == "RGB":
        from io import BytesIO

        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            shown = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            shown = None  # a profile that cannot be read says nothing
        if shown is not None:
            return shown
    return picture.convert("RGB")


def _check_whole_sound(path: Path) -> None:
    """Refuse a file that is shorter than its own header says, where the reader would just stop early."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        file.seek(max(0, size - (1 << 17)))
        tail = file.read()
    if start[:4] == b"RIFF":
        (promised,) = struct.unpack("<I", start[4:8])
        # Streaming writers leave 0 or the highest number where they could not know.
        if promised not in (0, 0xFFFFFFFF) and promised + 8 > size + 1:
            raise _truncated_error(path)
    if start[:4] == b"OggS":
        last = tail.rfind(b"OggS")
        if last < 0 or len(tail) < last + 6 or not tail[last + 5] & 4:  # RFC 3533: the last page says that it is
            raise _truncated_error(path)


def _check_boxes(path: Path) -> None:
    """Refuse an mp4 whose boxes reach beyond the file, or that has no index: a copy or a recording that broke off."""
    try:
        with path.open("rb") as file:
            kinds = {box.kind for box in read_boxes(file)}
    except TooManyBoxesError as error:
        raise InputError(f"{path.name} is in too many pieces; convert it again", code="media.unreadable") from error
    except NotMp4Error as error:
        raise _truncated_error(path) from error
    if "moov" not in kinds:
        raise _truncated_error(path)


def _check_stream(stream: "VideoStream", name: str) -> None:
    context = stream.codec_context
    if context.name not in _CODECS:
        raise InputError(f"{name} is coded as {context.name}; convert it to H.264", code="media.not-allowed")
    if context.color_trc in _HDR_TRANSFERS:
        raise InputError(f"{name} is HDR; export it in standard range (SDR)", code="media.not-allowed")
    if context.width * context.height > MAX_FOOTAGE_PIXELS or max(context.width, context.height) > 3840:
        raise InputError(f"{name} is {context.width}x{context.height}; bring at most 3840x2160", code="media.too-large")


def _check_pictures(path: Path, name: str) -> None:
    """Decode every picture of the video at *path*: each must be there, and as large as the first."""
    frames = decode(path)
    shape = (frames.format.height * 3 // 2, frames.format.width)
    for batch in frames.batches:
        if any(frame.planes.shape != shape for frame in batch):
            raise InputError(f"the pictures of {name} change their size; convert it again", code="media.unreadable")


def _copy_packets(path: Path, to: Path) -> bool:
    """Write the packets of the pictures of *path* to *to*; return whether a muxer takes them as they are."""
    import av

    with (
        open_container(path) as source,
        av.open(str(to), "w", format="mp4", container_options=BITEXACT_OPTIONS) as target,
    ):
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        copy.metadata.clear()
        try:
            for packet in source.demux(stream):
                if packet.dts is not None:
                    packet.stream = copy
                    target.mux(packet)
        except av.error.FFmpegError:
            return False
    return True


def _truncated_error(path: Path) -> InputError:
    return InputError(f"{path.name} breaks off before its end; bring the whole file", code="media.truncated")
