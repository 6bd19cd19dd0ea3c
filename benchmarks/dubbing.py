"""Wav2Lip from a film and a sound to a dubbed film, beside the public ``inference.py`` with the same random weights.

Both get the same 512 x 512 footage and run on one thread, each in a process of its own. The public script is told the
box of the face (its detector's weights are not here), and so are we; what it costs us to find and follow the face is
a row of its own. Costs are processor seconds of the whole process, loading included.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import imageio_ffmpeg
import numpy as np

from avatar.faces.detection.blazeface import DETECTOR
from avatar.faces.detection.face_mesh import MESH
from avatar.faces.detection.landmarker import Landmarker
from avatar.faces.detection.tracker import Tracker
from avatar.faces.wav2lip.checkpoint import read_checkpoint
from avatar.faces.wav2lip.crop import HALF_SIZE_PX, Cropper, crop_face
from avatar.faces.wav2lip.generator import Wav2LipGenerator
from avatar.faces.wav2lip.lip_syncer import LipSyncer
from avatar.faces.wav2lip.mel import mel_windows
from avatar.media.audio.io import read_sound, write_sound
from avatar.media.audio.resample import resample
from avatar.media.decode import batched, decode
from avatar.media.encode import encode
from avatar.media.frames import Box, Format, Frame, Frames, Landmarks, Pixels, planes_of, rgb_of
from avatar.media.image_io import read_rgb
from avatar.media.join import Clip, join
from avatar.models.weights import locate
from benchmarks.rows import Row

_PERFORMERS = Path(__file__).parents[1] / "performers"
_FRAMES = 250  # about two of the public script's default batches
_BATCHES = (128, 8)  # the default of the public script, and about its best on a processor
_ROUNDS = 3
_SIZE, _BOX = 512, Box(150, 130, 362, 410)  # where the face is, all the way
# What the public script needs to start with libraries of today, and on one thread; "shown" keeps what it would encode.
_PRELUDE = """
import os, runpy, sys
peer, shown, *given = sys.argv[1:]
sys.path.insert(0, peer)
import cv2, librosa, numpy, torch
torch.set_num_threads(1)
cv2.setNumThreads(1)
import audio
audio._mel_basis = librosa.filters.mel(sr=16000, n_fft=800, n_mels=80, fmin=55, fmax=7600)
if shown:
    pictures, film = [], numpy.load("pictures.npy")
    class Read:
        def __init__(self, path): self.left = list(film)
        def get(self, what): return 25.0
        def read(self): return (True, self.left.pop(0)) if self.left else (False, None)
        def release(self): pass
    class Kept:
        def __init__(self, *given): pass
        def write(self, picture): pictures.append(picture.copy())
        def release(self): numpy.save(shown, numpy.stack(pictures))
    cv2.VideoCapture, cv2.VideoWriter = Read, Kept
sys.argv = ["inference.py", *given]
runpy.run_path(os.path.join(peer, "inference.py"), run_name="__main__")
"""


def rows(peer: Path, checkpoint: Path) -> Iterator[Row]:
    """Give what dubbing costs both, and how far apart their faces are; the weights are in the file *checkpoint*."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _material(place)
        yield Row("dubbing: faces apart, as written", _apart(place, peer, checkpoint), "of 255")
        spent: dict[str, list[float]] = {}
        for _ in range(_ROUNDS):
            for name, way in (("ours", "told"), ("ours, the face found and followed", "found")):
                mine = _run(place, "-m", "benchmarks.dubbing", str(place), str(checkpoint), way)
                spent.setdefault(name, []).append(mine)
            for batch in _BATCHES:
                spent.setdefault(f"public code, batch {batch}", []).append(_theirs(place, peer, checkpoint, batch))
        middle = {name: median(each) for name, each in spent.items()}
        yield from (Row(f"dubbing: {name}", cost / _FRAMES * 25, "CPU-s per video-s") for name, cost in middle.items())
        for batch in _BATCHES:
            theirs = middle[f"public code, batch {batch}"]
            yield Row(f"dubbing: less than the public code, batch {batch}", theirs / middle["ours"], "times")


class _Told:
    """Looks once, and believes that the face stays where it is."""

    def __init__(self, landmarker: Landmarker) -> None:
        self._landmarker = landmarker
        self._landmarks: Landmarks | None = None

    def track_frame(self, frame: Frame) -> None:
        if self._landmarks is None:
            self._landmarks = self._landmarker.single_face(rgb_of(frame.planes))
        frame.landmarks, frame.tracked = self._landmarks, True


def dub(place: Path, checkpoint: Path, *, told: bool) -> None:
    """Dub the film in *place* as the engine does; *told* where the face is, or not."""
    cv2.setNumThreads(1)
    frames = decode(place / "film.mp4")
    landmarker = Landmarker.load(locate(DETECTOR), locate(MESH))
    tracker: Any = _Told(landmarker) if told else Tracker(landmarker)
    heard = mel_windows(place / "sound.wav", frames.format.rate)
    dubber = LipSyncer(Wav2LipGenerator(read_checkpoint(checkpoint)), tracker, Cropper(frames.format, 0.05), heard)
    encode(frames.through(dubber.dub), place / "dubbed.mp4")
    join([Clip(place / "dubbed.mp4", place / "sound.wav")], place / "ours.mp4")


def _material(place: Path) -> None:
    encode(talking(_FRAMES), place / "film.mp4")
    heard, rate = read_sound(_PERFORMERS / "ava_statement.flac")
    write_sound(place / "sound.wav", [resample(heard[: round(_FRAMES / 25 * rate)], rate, 48_000)])
    (place / "bin").mkdir()
    (place / "bin" / "ffmpeg").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    (place / "temp").mkdir()


def talking(count: int) -> Frames:
    """Return *count* frames in which a synthetic performer's head drifts."""
    portrait = cv2.resize(read_rgb(_PERFORMERS / "ava.png"), (_SIZE + 16, _SIZE + 16), interpolation=cv2.INTER_AREA)
    drift = [round(8 + 7 * np.sin(number / 9)) for number in range(count)]
    frames = (Frame(planes_of(np.ascontiguousarray(portrait[8 : 8 + _SIZE, at : at + _SIZE]))) for at in drift)
    return Frames(Format(_SIZE, _SIZE, Fraction(25)), count, batched(frames))


def _theirs(place: Path, peer: Path, checkpoint: Path, batch: int, shown: str = "") -> float:
    box = [str(each) for each in (_BOX.top, _BOX.bottom, _BOX.left, _BOX.right)]
    told = ["--face", "film.mp4", "--audio", "sound.wav", "--outfile", "theirs.mp4", "--box", *box]
    batches = ["--wav2lip_batch_size", str(batch)]
    return _run(place, "-c", _PRELUDE, str(peer), shown, "--checkpoint_path", str(checkpoint), *told, *batches)


def _run(place: Path, *arguments: str) -> float:
    """Run Python with *arguments* in *place*, and return its processor seconds, those of its children included."""
    root = str(Path(__file__).parents[1])
    path = f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": root, "PATH": path}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - ourselves, or the checkout that was named
            [sys.executable, *arguments], cwd=place, env=environment, stdout=said, stderr=said
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(said.read().decode())
    return usage.ru_utime + usage.ru_stime


def _apart(place: Path, peer: Path, checkpoint: Path) -> float:
    """Return the largest difference of the lower halves of all faces, the pictures read being the same."""
    frames = [frame for batch in decode(place / "film.mp4").batches for frame in batch]
    np.save(place / "pictures.npy", np.stack([rgb_of(frame.planes)[..., ::-1] for frame in frames]))
    _theirs(place, peer, checkpoint, 16, "shown.npy")
    theirs, generator = np.load(place / "shown.npy"), Wav2LipGenerator(read_checkpoint(checkpoint))
    heard = mel_windows(place / "sound.wav", Fraction(25))
    pairs = zip(frames, theirs, heard, strict=False)
    return max(_differ(_laid(generator, frame, mel), their) for frame, their, mel in list(pairs)[1:-6])


def _laid(generator: Wav2LipGenerator, frame: Frame, mel: np.ndarray) -> Pixels:
    import torch

    seen = torch.from_numpy(crop_face(frame, _BOX))[None]
    made = generator.generate(seen, torch.from_numpy(mel)[None, None], first=HALF_SIZE_PX)[0].numpy()
    patch = np.ascontiguousarray((made.transpose(1, 2, 0) * 255).astype(np.uint8))
    size = _BOX.right - _BOX.left, (_BOX.bottom - _BOX.top) // 2
    return np.asarray(cv2.resize(patch, size), np.uint8)


def _differ(ours: Pixels, theirs: Pixels) -> float:
    middle = (_BOX.top + _BOX.bottom) // 2
    shown = theirs[middle : _BOX.bottom, _BOX.left : _BOX.right]
    # The first rows know of the half above, which the public script lays down anew and we leave as it is.
    edge = 3
    return float(np.abs(ours[edge:].astype(int) - shown[edge:]).max())


if __name__ == "__main__":
    dub(Path(sys.argv[1]), Path(sys.argv[2]), told=sys.argv[3] == "told")
