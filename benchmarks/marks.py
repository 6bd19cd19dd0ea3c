"""What the marks survive, what they mistake for themselves, and what they cost: in the voices of the performers."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from avatar.marks.sound import Sound, detect_sound, mark_sound
from avatar.media.sound import read_sound, write_sound
from benchmarks.rows import Row, options, show

_PERFORMERS = Path(__file__).parents[1] / "performers"
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
    show(list(_sounds()), wanted.json)


def _sounds() -> Iterator[Row]:
    """Give the lowest score of marked voices and the highest of unmarked ones, after each thing done to them."""
    voices = [read_sound(path) for path in sorted(_PERFORMERS.glob("*_statement.flac"))]
    seconds = sum(len(voice) / rate for voice, rate in voices)
    started = time.process_time()
    marked = [mark_sound(voice, rate) for voice, rate in voices]
    yield Row("marking sound", (time.process_time() - started) / seconds, "CPU-s/s")
    started = time.process_time()
    for voice, (_, rate) in zip(marked, voices, strict=True):
        detect_sound(voice, rate)
    yield Row("looking for the sound mark", (time.process_time() - started) / seconds, "CPU-s/s")
    for name, kind, told in _SOUNDS:
        scores = [_score(voice, rate, kind, told) for voice, (_, rate) in zip(marked, voices, strict=True)]
        yield Row(f"sound, {name}: marked, lowest", min(scores), "score")
        yield Row(f"sound, {name}: unmarked, highest", max(_score(*each, kind, told) for each in voices), "score")
    for length in (0.5, 1.0, 2.0):
        cuts = [(cut, rate) for voice, rate in voices for cut in _cuts(voice, rate, length)]
        yield Row(f"sound, {length} s: marked, lowest", min(_found(mark_sound(*cut), cut[1]) for cut in cuts), "score")
        yield Row(f"sound, {length} s: unmarked, highest", max(_found(*cut) for cut in cuts), "score")


def _cuts(voice: Sound, rate: int, seconds: float) -> list[Sound]:
    size = round(seconds * rate)
    cuts = np.split(voice, range(size, len(voice), size))[:-1]
    return [cut for cut in cuts if np.abs(cut).max() > 0.1]


def _found(sound: Sound, rate: int) -> float:
    return detect_sound(sound, rate).score


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
