"""Speech as the base voice predicts it: spectra and a pitch curve, from which the sound is made."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

RATE = 24_000  # samples per second
HOP = 300  # samples per frame: 12.5 ms
BINS = 601  # 0 Hz to 12 kHz in steps of 20 Hz
_SILENCE_LOG_MAGNITUDE = -18.0  # log magnitude: 156 dB down
MIN_VOICED_HZ = 40.0  # Hz: frames of a lower pitch have none
_SPEECH_RANGE_DB = 36.0  # decibels below the loud frames: nobody speaks


@dataclass(frozen=True, eq=False)
class Spectra:
    """One piece of speech in frames of 12.5 ms, every spectrum (601, frames).

    *harmonic*, *noise* and *rest* are log magnitudes; the phase of the harmonics is ``pi tanh(harmonic_phase)``, that
    of the rest is *rest_phase* in radians; *pitch* (frames,) is in Hz.
    """

    harmonic: Floats
    harmonic_phase: Floats
    noise: Floats
    rest: Floats
    rest_phase: Floats
    pitch: Floats

    @property
    def voiced(self) -> NDArray[np.bool_]:
        """The mask (frames,) of the frames that have a pitch."""
        return np.asarray(self.pitch >= MIN_VOICED_HZ)

    @cached_property
    def plain(self) -> Floats:
        """The sound (samples,) at 24 kHz with some breath noise, to be analysed rather than heard: made once."""
        return self.sound(seed=0)

    def sound(self, seed: int) -> Floats:
        """Return the sound (samples,) at 24 kHz, full scale at 1.0; *seed* decides the breath noise."""
        from hibari import dsp

        parts = (self.harmonic, self.harmonic_phase, self.noise, self.rest, self.rest_phase, self.pitch)
        # The synthesiser writes into what it is given.
        copies = (part.copy() for part in parts)
        return np.asarray(dsp.synth(*copies, np.random.default_rng(seed)), dtype=np.float32)


def silence(seconds: float) -> Spectra:
    """Return *seconds* of nothing."""
    count = round(seconds * RATE / HOP)
    nothing, zero = np.full((BINS, count), _SILENCE_LOG_MAGNITUDE, np.float32), np.zeros((BINS, count), np.float32)
    return Spectra(nothing, zero, nothing, nothing, zero, np.zeros(count, np.float32))


def frame_levels(sound: Floats) -> Floats:
    """Return the level (frames,) in dBFS of each 12.5 ms of *sound* (samples,) at 24 kHz."""
    frames = sound[: len(sound) // HOP * HOP].reshape(-1, HOP)
    return np.asarray(10 * np.log10(np.square(frames).mean(axis=1) + 1e-12), dtype=np.float32)


def detect_speech(levels: Floats) -> NDArray[np.bool_]:
    """Return the mask (frames,) of the frames in which somebody speaks, from their *levels* (frames,) in decibels."""
    return np.asarray(levels > np.percentile(levels, 95) - _SPEECH_RANGE_DB)


def concatenate(pieces: list[Spectra]) -> Spectra:
    """Return *pieces* spoken one after the other."""
    names = ("harmonic", "harmonic_phase", "noise", "rest", "rest_phase", "pitch")
    return Spectra(*(np.concatenate([getattr(piece, name) for piece in pieces], axis=-1) for name in names))
