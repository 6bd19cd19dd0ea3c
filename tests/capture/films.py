"""Films of synthetic performers, made by bending their portraits: a picture that speaks, for a camera's."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile
import soxr

from avatar.faces.animate import speech_animation
from avatar.faces.animate.animator import Animator
from avatar.faces.animate.portrait import frame_portrait
from avatar.faces.detection.blazeface import DETECTOR
from avatar.faces.detection.face_mesh import MESH
from avatar.faces.detection.landmarker import Landmarker
from avatar.media.encode import encode
from avatar.media.frames import Format, Frames
from avatar.models.weights import locate
from avatar.voices.alignment.forced_alignment import align_phonemes

FORMAT = Format(256, 256, Fraction(25))


def filmed(portrait: Path, sound: Path, to: Path, *, seconds: float = 99.0, still: bool = False) -> Path:
    """Write a film of *portrait* saying *sound* (its words lie beside it) to *to*, or one in which nothing moves."""
    samples, rate = soundfile.read(sound, dtype="float32")
    wav = to.with_suffix(".wav")
    soundfile.write(wav, samples, rate)
    timings = align_phonemes(samples, rate, sound.with_suffix(".txt").read_text())
    mouth = speech_animation.mouth_from_phonemes(timings, wav, FORMAT.rate)
    gestures = speech_animation.speaking_gestures(mouth, FORMAT.rate, seed=1, energy=1.0)
    gestures = gestures[: round(seconds * FORMAT.rate)]
    if still:
        gestures = [gestures[0]] * len(gestures)
    landmarker = Landmarker.load(locate(DETECTOR), locate(MESH))
    animator = Animator.of(*frame_portrait(portrait, landmarker, FORMAT.width), FORMAT)
    silent = to.with_suffix(".silent.mp4")
    encode(Frames(FORMAT, len(gestures), iter([animator.frame(gesture)] for gesture in gestures)), silent)
    shown = samples[: round(len(gestures) / FORMAT.rate * rate)]
    return _with_sound(silent, np.asarray(soxr.resample(shown, rate, 48_000), np.float32), to)


def _with_sound(silent: Path, samples: np.ndarray, to: Path) -> Path:
    with av.open(str(silent)) as source, av.open(str(to), "w") as target:
        pictures = source.streams.video[0]
        copy = target.add_stream_from_template(pictures)
        heard = target.add_stream("aac", rate=48_000, layout="mono")
        for packet in source.demux(pictures):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)
        for start in range(0, len(samples), 1024):
            piece = np.pad(samples[start : start + 1024], (0, max(0, start + 1024 - len(samples))))
            frame = av.AudioFrame.from_ndarray(piece[None], format="fltp", layout="mono")
            frame.rate, frame.pts = 48_000, start
            target.mux(heard.encode(frame))
        target.mux(heard.encode(None))
    return to
