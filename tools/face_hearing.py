"""What the mouth encoder is shown while it learns: speech as it is heard somewhere, and what a mouth does meanwhile."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from face_speech import HEARD, Draw, Spoken
from scipy.signal import butter, fftconvolve, firwin2, sosfilt

from avatar.faces.geometry.blendshapes import INDEX
from avatar.faces.motion.mouth_encoder import EVENTS, SHAPES
from avatar.faces.motion.visemes import BILABIALS, LABIODENTALS, VISEMES, blend_visemes, phone_spans
from avatar.voices.recognition.asr_features import STEPS_PER_S, asr_features
from avatar.voices.timings import SILENCE, Phone, Timings, build_timings

Floats = np.ndarray[Any, np.dtype[np.float32]]

PHONES = tuple(sorted(VISEMES))
_QUIET = 0.1  # seconds: a shorter silence between phonemes moves no mouth to rest


@dataclass(frozen=True, eq=False)
class Example:
    """One utterance, heard: per step its *features* (n, 384), the *shapes* (n, 12) and *events* (n, 3) of the mouth,
    and the number of its *phones* (n) in ``PHONES``.
    """

    features: Floats
    shapes: Floats
    events: Floats
    phones: np.ndarray[Any, np.dtype[np.int64]]


def clean(said: Spoken) -> Example:
    """Return *said* as it was said."""
    return _example(said.sound, said, 0.0)


def elsewhere(said: Spoken, other: Spoken, draw: Draw) -> Example:
    """Return *said* by a bad microphone, in a room, through a line, in noise, or while the *other* talks."""
    before, after = (float(draw.choice([0.0, draw.uniform(0.1, 1.2)])) for _ in range(2))
    around = [np.zeros(round(seconds * HEARD), np.float32) for seconds in (before, after)]
    return _example(spoilt(np.concatenate([around[0], said.sound, around[1]]), other.sound, draw), said, before)


def spoilt(sound: Floats, other: Floats, draw: Draw) -> Floats:
    """Return *sound* (16 kHz) as it reaches a recording that nobody took much care of."""
    if draw.random() < 0.6:
        sound = fftconvolve(sound, _filter(draw.normal(0, 0.35, 8)), "same")
    if draw.random() < 0.4:
        sound = fftconvolve(sound, _room(draw))[: len(sound)]
    if draw.random() < 0.12:
        sound = sosfilt(butter(4, (300, 3_400), "bandpass", fs=HEARD, output="sos"), sound)
    elif draw.random() < 0.25:
        sound = sosfilt(butter(4, draw.uniform(2_500, 7_000), "lowpass", fs=HEARD, output="sos"), sound)
    level = _level(sound)
    if draw.random() < 0.7:
        falling = draw.uniform(0, 1.5) * np.linspace(0, 1, 8)
        noise = fftconvolve(draw.standard_normal(len(sound)), _filter(draw.normal(0, 0.5, 8) - falling), "same")
        sound = sound + noise / _level(noise) * level * 10 ** (-draw.uniform(3, 45) / 20)
    if draw.random() < 0.15:
        talk = np.resize(other, len(sound))
        sound = sound + talk / _level(talk) * level * 10 ** (-draw.uniform(10, 30) / 20)
    if draw.random() < 0.08:
        highest = 0.4 * np.abs(sound).max()
        sound = np.clip(sound, -highest, highest)
    return np.asarray(sound, np.float32)


def targets(timings: Timings, count: int) -> tuple[Floats, Floats, np.ndarray[Any, np.dtype[np.int64]]]:
    """Return what the phoneme-driven mouth does in each of *count* steps, as an ``Example`` holds it."""
    times = (np.arange(count) + 0.5) / STEPS_PER_S
    track = blend_visemes(timings, times)
    sides = [INDEX.get(name, INDEX.get(f"{name}Left")) for name in SHAPES]
    silences = [(start, end) for start, end in phone_spans(timings, (SILENCE,)) if end - start >= _QUIET]
    known = dict(
        zip(EVENTS, (phone_spans(timings, BILABIALS), phone_spans(timings, LABIODENTALS), silences), strict=True)
    )
    events = [np.any([(times >= a) & (times < b) for a, b in known[name]] or [times < 0], axis=0) for name in EVENTS]
    ends = np.array([phone.end for phone in timings.phones])
    said = np.array([PHONES.index(phone.symbol) for phone in timings.phones])
    phones = said[np.searchsorted(ends, times).clip(max=len(said) - 1)]
    return track[:, sides].astype(np.float32), np.stack(events, axis=1).astype(np.float32), phones


def _example(sound: Floats, said: Spoken, before: float) -> Example:
    heard = asr_features(sound, HEARD)
    sounding = [
        Phone(symbol=symbol, start=start + before, end=end + before)
        for symbol, start, end in said.phones
        if symbol != SILENCE
    ]
    return Example(heard, *targets(build_timings(len(heard) / STEPS_PER_S, sounding, ()), len(heard)))


def _filter(powers: Any) -> Any:
    return firwin2(129, np.linspace(0, 1, len(powers)), 10**powers)


def _room(draw: Draw) -> Any:
    seconds = draw.uniform(0.1, 0.6)
    at = np.arange(round(seconds * HEARD))
    tail = draw.standard_normal(len(at)) * 10 ** (-3 * at / HEARD / seconds)
    tail *= draw.uniform(0.1, 0.8) / np.sqrt(np.square(tail).sum())
    tail[0] = 1.0
    return tail


def _level(sound: Any) -> float:
    return float(np.sqrt(np.mean(np.square(sound)))) + 1e-9
