"""Synthetic speech to train the mouth encoder on: what is said, by whom, and when each phoneme sounds.

Texts are random words of the base voice's own lexicon, so that every sound meets every other. Three kinds of speakers:

- ``own``: the base voice, the three synthetic performers as ``ridge`` learns them (each of its manners), and as many
  invented voices as there are utterances, made of any of these by another pitch, melody, throat (formants) and tilt.
  All change frames of the base voice and leave them where they are; when its phonemes sound, the small aligner finds:
  what the base voice plans is off by 15 ms one way or the other.
- ``guest``: four voices of CMU Flite (a Debian package; free to use, without copyleft), which were built from published
  recordings of their speakers. Flite says when each phoneme ends.
- ``joe``: a man's neural voice (Piper; its weights are in the public domain), spoken beforehand by ``face_joe.py`` in
  an environment of its own. It says which phonemes it spoke; when, the small aligner finds.
"""

import gzip
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from avatar.engines.learning.ridge import Ridge, manners_around
from avatar.errors import EngineError
from avatar.media.audio.io import read_sound
from avatar.media.audio.resample import resample
from avatar.models.weights import locate
from avatar.voices.adaptation.adaptation import Adaptation
from avatar.voices.adaptation.learning import align_pairs, analyse_base_voice, analyse_speech
from avatar.voices.alignment.forced_alignment import align_phonemes
from avatar.voices.base.base_tts import BASE_VOICE, BaseTts, open_base_tts
from avatar.voices.base.utterance import Utterance
from avatar.voices.signal.harmonics import interpolate_harmonics, minimum_phase
from avatar.voices.signal.spectra import BINS, MIN_VOICED_HZ, RATE, Spectra
from avatar.voices.text.script import split_script
from avatar.voices.timings import SILENCE

Floats = np.ndarray[Any, np.dtype[np.float32]]
Draw = np.random.Generator

PERFORMERS = Path(__file__).parents[1] / "performers"
HEARD = 16_000  # samples per second of all this speech
_SMALL = """
the a of to and in it is was that he she we you they for on as with at by from his her my our your not but or
have had has be been are were will would can could may might this these those what who when where why how all
some no one two three more very just about into over after before up down out back then now here there him them me
"""
_GUESTS = ("slt", "rms", "awb", "kal16")
_SPELLED = {"pau": SILENCE, "ax": "AH", "axr": "ER", "dx": "D", "nx": "N", "el": "L", "em": "M", "en": "N", "ix": "IH"}
_CLONED, _INVENTED = 0.6, 0.45  # shares of the utterances: in a performer's voice, and in one made of what it then is
_MARKS = (",", ",", ".", "?", "!", ";", " -")


@dataclass(frozen=True, eq=False)
class Spoken:
    """One utterance: its *sound* (16 kHz, up to full scale), and *phones*: symbol, start and end in seconds."""

    sound: Floats
    phones: tuple[tuple[str, float, float], ...]


class Studio:
    """Speaks random texts in random voices."""

    def __init__(self) -> None:
        self._speaker: BaseTts = open_base_tts(locate(BASE_VOICE))
        words = json.loads(gzip.decompress((files("hibari") / "assets" / "lexicon_us_gold.json.gz").read_bytes()))
        self._small = _SMALL.split()
        self._words = np.array(sorted(word for word in words if word.isascii() and word.isalpha() and word.islower()))

    @cached_property
    def _performers(self) -> list[Adaptation]:
        return [voice for name in ("ava", "ben", "mia") for voice in _learned(self._speaker, name)]

    def own(self, draw: Draw) -> Spoken | None:
        """Return one utterance of the base voice's family; the same *draw* says the same.

        None, when it cannot be aligned.
        """
        text = self.text(draw)
        said = self._speaker.say(text, float(draw.uniform(0.75, 1.35)))
        spectra = self._voiced(said, draw)
        sound = resample(spectra.sound(seed=int(draw.integers(1 << 30))), RATE, HEARD)
        try:
            timings = align_phonemes(said.spectra.plain, RATE, text)
        except EngineError:
            return None
        return _spoken(sound, [(p.symbol, p.start, p.end) for p in timings.phones])

    def guest(self, draw: Draw) -> Spoken:
        """Return one utterance of a Flite voice, taller or shorter by a little; the same *draw* says the same."""
        sound, rate, phones = flite(self.text(draw), str(draw.choice(_GUESTS)), float(draw.uniform(0.8, 1.25)))
        return sized(sound, rate, phones, float(draw.uniform(0.87, 1.15)))

    def text(self, draw: Draw) -> str:
        said = []
        for _ in range(int(draw.integers(4, 15))):
            word = draw.choice(self._small) if draw.random() < 0.35 else draw.choice(self._words)
            said.append(str(word) + (str(draw.choice(_MARKS)) if draw.random() < 0.13 else ""))
        return " ".join(said).capitalize() + str(draw.choice((".", "?", "!")))

    def _voiced(self, said: Utterance, draw: Draw) -> Spectra:
        cloned, changed = draw.random() < _CLONED, draw.random() < _INVENTED
        spectra = said.spectra
        if cloned:
            spectra = self._performers[int(draw.integers(len(self._performers)))].of(said)
        return invented(spectra, draw) if changed else spectra


def sized(sound: Floats, rate: int, phones: Sequence[tuple[str, float, float]], size: float) -> Spoken:
    """Return *sound* played *size* times as fast: the voice is higher, and its throat shorter."""
    played = resample(sound, round(rate * size), HEARD)
    return _spoken(played, [(symbol, start / size, end / size) for symbol, start, end in phones])


def flite(text: str, voice: str, stretch: float) -> tuple[Floats, int, list[tuple[str, float, float]]]:
    """Return *text* as Flite's *voice* says it, *stretch* times as slowly: sound, samples per second, and phones."""
    with TemporaryDirectory() as folder:
        wav = Path(folder) / "said.wav"
        how = ("-voice", voice, "--setf", f"duration_stretch={stretch:.3f}", "-psdur", "-t", text, "-o", str(wav))
        told = subprocess.run(("flite", *how), check=True, capture_output=True, text=True).stdout  # noqa: S603, S607
        sound, rate = read_sound(wav)
    phones, clock = [], 0.0
    for said in told.split():
        name, _, end = said.partition(":")
        phones.append((_SPELLED.get(name, name.upper()), clock, float(end)))
        clock = float(end)
    return sound, rate, phones


def invented(spectra: Spectra, draw: Draw) -> Spectra:
    """Return *spectra* as somebody would say them who does not exist."""
    deep = draw.random() < 0.55
    pitch_by = draw.uniform(0.42, 0.75) if deep else draw.uniform(0.8, 1.35)
    throat = draw.uniform(0.8, 0.98) if deep else draw.uniform(0.93, 1.18)
    lively, tilt, breath = draw.uniform(0.4, 1.6), draw.uniform(-1.2, 1.2), draw.normal(0, 0.5)
    own = interpolate_harmonics(spectra)
    log = np.log(np.maximum(spectra.pitch, MIN_VOICED_HZ))
    middle = np.median(log[spectra.voiced]) if spectra.voiced.any() else np.log(200)
    moved = np.exp(middle + np.log(pitch_by) + (log - middle) * lively).clip(60, 500)
    pitch = np.where(spectra.voiced, moved, spectra.pitch).astype(np.float32)
    density = np.log(np.maximum(pitch, MIN_VOICED_HZ) / np.maximum(spectra.pitch, MIN_VOICED_HZ)) / 2
    slope = (tilt * np.linspace(-0.5, 0.5, BINS)[:, None]).astype(np.float32)

    def through(magnitude: Floats) -> Floats:
        at = np.arange(BINS) / throat
        low = np.minimum(at.astype(int), BINS - 2)
        part = np.minimum(at - low, 1)[:, None]
        return np.asarray(magnitude[low] * (1 - part) + magnitude[low + 1] * part + slope, np.float32)

    harmonic = through(own) + density.astype(np.float32)
    return replace(
        spectra,
        harmonic=harmonic,
        harmonic_phase=minimum_phase(harmonic),
        noise=through(spectra.noise) + np.float32(breath),
        rest=through(spectra.rest),
        pitch=pitch,
    )


def _spoken(sound: Floats, phones: Sequence[tuple[str, float, float]]) -> Spoken:
    loudest = max(float(np.abs(sound).max(initial=0.0)), 1e-6)
    return Spoken(np.asarray(sound * (0.9 / loudest), np.float32), tuple(phones))


def _learned(speaker: BaseTts, name: str) -> list[Adaptation]:
    """Return the voice of the performer *name* in each manner in which ``ridge`` would try it."""
    sound, rate = read_sound(PERFORMERS / f"{name}_statement.flac")
    said, at_base = (PERFORMERS / f"{name}_statement.txt").read_text(encoding="utf-8"), resample(sound, rate, RATE)
    theirs = analyse_speech(at_base, align_phonemes(at_base, RATE, said))
    ours = analyse_base_voice([speaker.say(line.text) for line in split_script(said)], theirs.band)
    manners = manners_around(Ridge.ridge)
    pairs = align_pairs(ours, theirs, manners[0], lambda _: None)
    return [pairs.adapted(manner) for manner in manners]
