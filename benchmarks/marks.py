"""What the marks survive, what they mistake for themselves, and what they cost.

In the voices of the synthetic performers, and in four seconds of each portrait, drifting at 512 x 512, 25 fps.
"""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np

from avatar.media.audio.io import read_sound, write_sound
from avatar.media.decode import batched, decode_luma
from avatar.media.encode import encode
from avatar.media.frames import Format, Frame, Frames, planes_of
from avatar.media.image_io import read_rgb
from avatar.watermark.audio import Sound, detect_audio_watermark, embed_audio_watermark
from avatar.watermark.detect import demodulate, detect_watermark, locate_watermark, tile_phases_at
from avatar.watermark.reed_solomon import CODEWORD_SYMBOLS
from avatar.watermark.video import embed_video_watermark
from benchmarks.rows import Row, options, show

_PERFORMERS = Path(__file__).parents[1] / "performers"
_PORTRAITS = sorted(_PERFORMERS.glob("*.png"))
_FRAMES = 100
# What platforms do to pictures.
_CHANGES = (
    ("as it is", ("-c", "copy")),
    ("crf 23", ("-crf", "23")),
    ("crf 28", ("-crf", "28")),
    ("crf 33", ("-crf", "33")),
    ("240 lines, 200 kb/s", ("-vf", "scale=-2:240", "-b:v", "200k")),
    ("240 lines, crf 28", ("-vf", "scale=-2:240", "-crf", "28")),
    ("30 fps, crf 23", ("-r", "30", "-crf", "23")),
    ("cropped to 90 %", ("-vf", "crop=iw*0.9:ih*0.9", "-crf", "23")),
    ("cropped to 80 %, enlarged", ("-vf", "crop=iw*0.8:ih*0.8,scale=512:512", "-crf", "23")),
    ("turned by 2 degrees", ("-vf", "rotate=2*PI/180", "-crf", "23")),
    ("mirrored", ("-vf", "hflip", "-crf", "23")),
)
# What strangers do to sound: the name, the file it is kept in, what ffmpeg is told.
_SOUNDS = (
    ("as it is", "wav", ()),
    ("AAC 128k", "m4a", ("-b:a", "128k")),
    ("MP3 32k", "mp3", ("-b:a", "32k")),
    ("Opus 24k", "opus", ("-b:a", "24k")),
    ("8 kHz", "wav", ("-ar", "8000")),
    ("tempo 1.2", "wav", ("-af", "atempo=1.2")),
    ("pitch +3 %", "wav", ("-af", "asetrate=49440,aresample=48000")),
    ("low-pass 1.5 kHz", "wav", ("-af", "lowpass=f=1500")),
)


def main() -> None:
    """Measure, and print the table."""
    wanted = options(__doc__)
    show([*_sounds(), *_pictures()], wanted.json)


def _sounds() -> Iterator[Row]:
    """Give the lowest score of marked voices and the highest of unmarked ones, after each thing done to them."""
    voices = [read_sound(path) for path in sorted(_PERFORMERS.glob("*_statement.flac"))]
    seconds = sum(len(voice) / rate for voice, rate in voices)
    started = time.process_time()
    marked = [embed_audio_watermark(voice, rate) for voice, rate in voices]
    yield Row("marking sound", (time.process_time() - started) / seconds, "CPU-s/s")
    started = time.process_time()
    for voice, (_, rate) in zip(marked, voices, strict=True):
        detect_audio_watermark(voice, rate)
    yield Row("looking for the sound mark", (time.process_time() - started) / seconds, "CPU-s/s")
    for name, kind, told in _SOUNDS:
        scores = [_score(voice, rate, kind, told) for voice, (_, rate) in zip(marked, voices, strict=True)]
        yield Row(f"sound, {name}: marked, lowest", min(scores), "score")
        yield Row(f"sound, {name}: unmarked, highest", max(_score(*each, kind, told) for each in voices), "score")
    for length in (0.5, 1.0, 2.0):
        cuts = [(cut, rate) for voice, rate in voices for cut in _cuts(voice, rate, length)]
        yield Row(
            f"sound, {length} s: marked, lowest",
            min(_found(embed_audio_watermark(*cut), cut[1]) for cut in cuts),
            "score",
        )
        yield Row(f"sound, {length} s: unmarked, highest", max(_found(*cut) for cut in cuts), "score")


def _pictures() -> Iterator[Row]:
    """Give scores (6 counts as found) and how many shots' numbers were read, after each thing done to the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        plain, marked = Path(folder) / "plain", Path(folder) / "marked"
        started = time.process_time()
        clean = [_encoded(_drifting(portrait), plain, portrait.stem) for portrait in _PORTRAITS]
        usual = time.process_time() - started
        started = time.process_time()
        videos = [
            _encoded(embed_video_watermark(_drifting(portrait), number), marked, portrait.stem)
            for number, portrait in enumerate(_PORTRAITS, start=1)
        ]
        seconds = _FRAMES / 25 * len(_PORTRAITS)
        yield Row("marking pictures", (time.process_time() - started - usual) / seconds, "CPU-s/s")
        started = time.process_time()
        for video in videos:
            detect_watermark(video)
        yield Row("looking for the picture mark", (time.process_time() - started) / seconds, "CPU-s/s")
        yield Row("bytes of a marked shot", _size(videos) / _size(clean), "of an unmarked one")
        yield Row("picture, lowest", min(_psnr(portrait) for portrait in _PORTRAITS), "dB PSNR")
        for name, told in _CHANGES:
            found = [detect_watermark(_changed(video, Path(folder), told)) for video in videos]
            yield Row(f"picture, {name}: lowest", min(each.score for each in found), "score")
            yield Row(f"picture, {name}: numbers read", sum(len(each.shots) for each in found), "of 3")
        yield Row("picture, unmarked: highest", max(detect_watermark(video).score for video in clean), "score")
        foreign = [score for video in (*clean, *videos) for score in _foreign(video)]
        yield Row(f"picture, {len(foreign)} looks for patterns that are nowhere: highest", max(foreign), "score")


def _drifting(portrait: Path) -> Frames:
    large = cv2.resize(read_rgb(portrait), (544, 544), interpolation=cv2.INTER_AREA)
    places = [round(16 + 12 * np.sin(number / 9)) for number in range(_FRAMES)]
    frames = (Frame(planes_of(np.ascontiguousarray(large[16:528, at : at + 512]))) for at in places)
    return Frames(Format(512, 512, Fraction(25)), _FRAMES, batched(frames))


def _encoded(frames: Frames, folder: Path, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    encode(frames, folder / f"{name}.mp4")
    return folder / f"{name}.mp4"


def _size(files: list[Path]) -> int:
    return sum(file.stat().st_size for file in files)


def _psnr(portrait: Path) -> float:
    one, other = ([f.settle()[:512] for b in made.batches for f in b] for made in _pair(portrait))
    error = np.mean([np.square(a.astype(float) - b).mean() for a, b in zip(one, other, strict=True)])
    return float(10 * np.log10(255**2 / error))


def _pair(portrait: Path) -> tuple[Frames, Frames]:
    return _drifting(portrait), embed_video_watermark(_drifting(portrait), 1)


def _changed(video: Path, folder: Path, told: tuple[str, ...]) -> Path:
    _ffmpeg("-i", str(video), "-threads", "1", *told, str(folder / "changed.mp4"))
    return folder / "changed.mp4"


def _foreign(video: Path) -> Iterator[float]:
    spectra = [tile_phases_at(turning) for turning in demodulate(*decode_luma(video))]
    for number in range(CODEWORD_SYMBOLS + 1, 254, 4):
        yield locate_watermark(spectra, number=number).score
        yield from (locate_watermark([each], number=number).score for each in spectra)


def _cuts(voice: Sound, rate: int, seconds: float) -> list[Sound]:
    size = round(seconds * rate)
    cuts = np.split(voice, range(size, len(voice), size))[:-1]
    return [cut for cut in cuts if np.abs(cut).max() > 0.1]


def _found(sound: Sound, rate: int) -> float:
    return detect_audio_watermark(sound, rate).score


def _score(voice: Sound, rate: int, kind: str, told: tuple[str, ...]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        clean, changed, back = (Path(folder) / name for name in ("clean.wav", f"changed.{kind}", "back.wav"))
        write_sound(clean, [voice], rate)
        _ffmpeg("-i", str(clean), "-ar", "48000", *told, str(changed))
        _ffmpeg("-i", str(changed), str(back))
        return _found(*read_sound(back))


def _ffmpeg(*told: str) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *told]
    subprocess.run(command, check=True)  # noqa: S603 - told above


if __name__ == "__main__":
    main()
