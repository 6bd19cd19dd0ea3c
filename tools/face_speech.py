"""Synthetic speech to train the mouth encoder on: what is said, by whom, and what a mouth does meanwhile.

Every phoneme's time is known exactly, because the base voice plans it. Voices: the base voice itself, the three
synthetic performers as ``ridge`` learns them, and as many invented ones as there are utterances, made of the base voice
by another pitch, melody, throat (formants) and tilt. Texts are random words of the base voice's own lexicon, so that
every sound meets every other. Some of it is heard in a room or through a narrow line.

``guest`` speaks such texts with four voices of CMU Flite (a Debian package; free to use, without copyleft), which were
built from published recordings of their speakers. Flite says when each phoneme ends.
"""

import gzip
import json
import subprocess
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from scipy.signal import butter, fftconvolve, sosfilt

from avatar.faces.coefficients import INDEX
from avatar.faces.mouth_encoder import EVENTS, SHAPES, STEPS
from avatar.faces.visemes import LIPS, TEETH, VISEMES, shapes, spans
from avatar.media.sound import read_sound
from avatar.voices.adaptation import Adaptation
from avatar.voices.bands import powers
from avatar.voices.harmonics import at_own_harmonics
from avatar.voices.learning import heard, learn, planned
from avatar.voices.resample import resampled
from avatar.voices.script import lines_of
from avatar.voices.speaker import BASE, Speaker, open_speaker
from avatar.voices.spectra import BINS, RATE, VOICED, Spectra, joined
from avatar.voices.timings import SILENCE, Phone, Timings, laid_out
from avatar.weights import locate

Floats = np.ndarray[Any, np.dtype[np.float32]]
Draw = np.random.Generator

PERFORMERS = Path(__file__).parents[1] / "performers"
PHONES = tuple(sorted(VISEMES))
_SMALL = """
the a of to and in it is was that he she we you they for on as with at by from his her my our your not but or
have had has be been are were will would can could may might this these those what who when where why how all
some no one two three more very just about into over after before up down out back then now here there him them me
"""
_GUESTS = ("slt", "rms", "awb", "kal16")
_SPELLED = {"pau": SILENCE, "ax": "AH", "axr": "ER", "dx": "D", "nx": "N", "el": "L", "em": "M", "en": "N", "ix": "IH"}
_MARKS = (",", ",", ".", "?", "!", ";", " -")


@dataclass(frozen=True, eq=False)
class Example:
    """One utterance: the *powers* of its bands (2 n, 80), and per step the *shapes* (n, 12) and *events* (n, 3) of its
    mouth, and the number of its *phones* (n) in ``PHONES``.
    """

    powers: Floats
    shapes: Floats
    events: Floats
    phones: np.ndarray[Any, np.dtype[np.int64]]


class Studio:
    """Speaks random texts in random voices."""

    def __init__(self) -> None:
        self._speaker: Speaker = open_speaker(locate(BASE))
        words = json.loads(gzip.decompress((files("hibari") / "assets" / "lexicon_us_gold.json.gz").read_bytes()))
        self._small = _SMALL.split()
        self._words = sorted(word for word in words if word.isascii() and word.isalpha() and word.islower())

    @cached_property
    def _performers(self) -> list[Adaptation]:
        return [_learned(self._speaker, name) for name in ("ava", "ben", "mia")]

    def example(self, draw: Draw) -> Example:
        """Return one utterance; the same *draw* says the same."""
        said = self._speaker.say(self._text(draw), float(draw.uniform(0.75, 1.35)))
        spectra = self._voiced(said.spectra, draw)
        sound = placed(resampled(spectra.sound(seed=int(draw.integers(1 << 30))), RATE, 16_000), draw)
        bands = powers(sound, 16_000)
        count = len(bands) // 2
        return Example(bands[: 2 * count], *targets(said.timings, count))

    def guest(self, draw: Draw) -> Example:
        """Return one utterance of a Flite voice, taller or shorter by a little; the same *draw* says the same."""
        sound, rate, timings = flite(self._text(draw), str(draw.choice(_GUESTS)), float(draw.uniform(0.8, 1.25)))
        size = float(draw.uniform(0.87, 1.15))  # played faster, a voice is higher and its throat shorter
        played = placed(resampled(sound, round(rate * size), 16_000), draw)
        bands = powers(played, 16_000)
        count = len(bands) // 2
        phones = [Phone(symbol=p.symbol, start=p.start / size, end=p.end / size) for p in timings.phones]
        return Example(bands[: 2 * count], *targets(laid_out(timings.duration / size, phones, ()), count))

    def _text(self, draw: Draw) -> str:
        said = []
        for _ in range(int(draw.integers(4, 15))):
            word = draw.choice(self._small) if draw.random() < 0.35 else draw.choice(self._words)
            said.append(str(word) + (str(draw.choice(_MARKS)) if draw.random() < 0.13 else ""))
        return " ".join(said).capitalize() + str(draw.choice((".", "?", "!")))

    def _voiced(self, spectra: Spectra, draw: Draw) -> Spectra:
        kind = draw.random()
        if kind < 0.12:
            return spectra
        if kind < 0.4:
            return self._performers[int(draw.integers(len(self._performers)))].of(spectra)
        return invented(spectra, draw)


def flite(text: str, voice: str, stretch: float) -> tuple[Floats, int, Timings]:
    """Return *text* as Flite's *voice* says it, *stretch* times as slowly: sound, samples per second, and timings."""
    with TemporaryDirectory() as folder:
        wav = Path(folder) / "said.wav"
        how = ("-voice", voice, "--setf", f"duration_stretch={stretch:.3f}", "-psdur", "-t", text, "-o", str(wav))
        told = subprocess.run(("flite", *how), check=True, capture_output=True, text=True).stdout  # noqa: S603, S607
        sound, rate = read_sound(wav)
    phones, clock = [], 0.0
    for said in told.split():
        name, _, end = said.partition(":")
        symbol = _SPELLED.get(name, name.upper())
        phones.append(Phone(symbol=symbol, start=clock, end=float(end)))
        clock = float(end)
    return sound, rate, laid_out(len(sound) / rate, phones, ())


def invented(spectra: Spectra, draw: Draw) -> Spectra:
    """Return *spectra* as somebody would say them who does not exist."""
    deep = draw.random() < 0.55
    pitch_by = draw.uniform(0.42, 0.75) if deep else draw.uniform(0.8, 1.35)
    throat = draw.uniform(0.8, 0.98) if deep else draw.uniform(0.93, 1.18)
    lively, tilt, breath = draw.uniform(0.4, 1.6), draw.uniform(-1.2, 1.2), draw.normal(0, 0.5)
    own, phase = at_own_harmonics(spectra)
    log = np.log(np.maximum(spectra.pitch, VOICED))
    middle = np.median(log[spectra.voiced]) if spectra.voiced.any() else np.log(200)
    moved = np.exp(middle + np.log(pitch_by) + (log - middle) * lively).clip(60, 500)
    pitch = np.where(spectra.voiced, moved, spectra.pitch).astype(np.float32)
    density = np.log(np.maximum(pitch, VOICED) / np.maximum(spectra.pitch, VOICED)) / 2
    slope = (tilt * np.linspace(-0.5, 0.5, BINS)[:, None]).astype(np.float32)

    def through(magnitude: Floats) -> Floats:
        at = np.arange(BINS) / throat
        low = np.minimum(at.astype(int), BINS - 2)
        part = np.minimum(at - low, 1)[:, None]
        return np.asarray(magnitude[low] * (1 - part) + magnitude[low + 1] * part + slope, np.float32)

    return replace(
        spectra,
        harmonic=through(own) + density.astype(np.float32),
        harmonic_phase=phase,
        noise=through(spectra.noise) + np.float32(breath),
        rest=through(spectra.rest),
        pitch=pitch,
    )


def placed(sound: Floats, draw: Draw) -> Floats:
    """Return *sound* (16 kHz) as it is heard in a room, or through a line, or as it is."""
    if draw.random() < 0.4:
        seconds = draw.uniform(0.1, 0.6)
        tail = draw.standard_normal(round(seconds * 16_000)) * 10 ** (
            -3 * np.arange(round(seconds * 16_000)) / 16_000 / seconds
        )
        tail *= draw.uniform(0.1, 0.8) / np.sqrt(np.square(tail).sum())
        tail[0] = 1.0
        sound = fftconvolve(sound, tail)[: len(sound)]
    if draw.random() < 0.15:
        sound = sosfilt(butter(4, (300, 3_400), "bandpass", fs=16_000, output="sos"), sound)
    elif draw.random() < 0.25:
        sound = sosfilt(butter(4, draw.uniform(2_500, 7_000), "lowpass", fs=16_000, output="sos"), sound)
    return np.asarray(sound, np.float32)


def targets(timings: Timings, count: int) -> tuple[Floats, Floats, Any]:
    """Return what the phoneme-driven mouth does in each of *count* steps, as an ``Example`` holds it."""
    times = (np.arange(count) + 0.5) / STEPS
    track = shapes(timings, times)
    sides = [INDEX.get(name, INDEX.get(f"{name}Left")) for name in SHAPES]
    silences = [(start, end) for start, end in spans(timings, (SILENCE,)) if end - start >= 0.1]
    known = dict(zip(EVENTS, (spans(timings, LIPS), spans(timings, TEETH), silences), strict=True))
    events = [np.any([(times >= a) & (times < b) for a, b in known[name]] or [times < 0], axis=0) for name in EVENTS]
    ends = np.array([phone.end for phone in timings.phones])
    said = np.array([PHONES.index(phone.symbol) for phone in timings.phones])
    phones = said[np.searchsorted(ends, times).clip(max=len(said) - 1)]
    return track[:, sides].astype(np.float32), np.stack(events, axis=1).astype(np.float32), phones


def _learned(speaker: Speaker, name: str) -> Adaptation:
    sound, rate = read_sound(PERFORMERS / f"{name}_statement.flac")
    theirs = heard(resampled(sound, rate, RATE))
    said = (PERFORMERS / f"{name}_statement.txt").read_text(encoding="utf-8")
    ours = planned(joined([speaker.say(line.text).spectra for line in lines_of(said)]), theirs.band)
    return learn(ours, theirs, 0.05, lambda _: None)
