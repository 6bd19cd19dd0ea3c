"""From sound alone to lips: what the mouth encoder hears, as the coefficients of a face."""

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatar.faces.geometry.blendshapes import NAMES, Floats, coefficients
from avatar.faces.motion.mouth_encoder import EVENTS, SHAPES, MouthEncoder
from avatar.faces.motion.prosody import loudness
from avatar.faces.motion.visemes import Span, apply_contacts, frame_times
from avatar.media.audio.io import read_sound
from avatar.voices.recognition.asr_features import STEPS_PER_S, asr_features

_JAW_OPEN_COLUMN = SHAPES.index("jawOpen")
# The next three were chosen on cloned and recorded speech that is neither trained on nor reported on (the model card).
_MIN_CONTACT_PROBABILITY = 0.5  # the probability from which lips meet
_MEAN_JAW_OPEN = 0.13  # mean weight of jawOpen in speech
_JAW_GAIN = 1.2  # factor of the deviation from that mean
_MOUTH_LEAD_S = 0.005  # seconds: a mouth is in place a little before it is heard
_SILENCE_LEVEL = 0.003  # of the loudest: 50 dB below it
_MIN_SILENCE_S = 0.3  # longer than any closure of the mouth lasts

Flags = NDArray[np.bool_]


def audio_to_blendshapes(sound: Path, rate: Fraction, count: int, encoder: MouthEncoder) -> Floats:
    """Return the coefficients (*count*, 52) of a face that says what is heard in the sound file *sound*.

    Like ``viseme_track``, and finished by the same rules: contacts are made, both ends are at rest.
    """
    shapes, events = encoder.predict(asr_features(*read_sound(sound)))
    times, steps = frame_times(rate, count), (np.arange(len(shapes)) + 0.5) / STEPS_PER_S
    shapes[:, _JAW_OPEN_COLUMN] = np.maximum(
        _MEAN_JAW_OPEN + _JAW_GAIN * (shapes[:, _JAW_OPEN_COLUMN] - _MEAN_JAW_OPEN), 0
    )
    known = dict(zip(EVENTS, events.T, strict=True))
    level = loudness(sound, Fraction(STEPS_PER_S), len(shapes))
    silent = np.interp(times, steps, np.maximum(known["silence"], _silence_mask(level)))
    at_frames = np.stack([np.interp(times + _MOUTH_LEAD_S, steps, each) for each in shapes.T], axis=1)
    # Nothing is shaped in silence: what a network still hears there would be a twitch.
    track = at_frames @ _shape_matrix() * (1 - silent * silent * (3 - 2 * silent))[:, None]
    return apply_contacts(
        track, _spans(known["teeth"] > _MIN_CONTACT_PROBABILITY), _spans(known["lips"] > _MIN_CONTACT_PROBABILITY), rate
    )


def _silence_mask(level: Floats) -> Floats:
    """Tell (n, 0 or 1) where the *level* (n, 0 to 1) stays so low, and so long, that nobody can be speaking."""
    hushed = np.zeros(len(level), np.float32)
    for start, end in _spans(level < _SILENCE_LEVEL):
        if end - start >= _MIN_SILENCE_S:
            hushed[round(start * STEPS_PER_S) : round(end * STEPS_PER_S)] = 1
    return hushed


def _spans(high: Flags) -> list[Span]:
    """Return when *high* (n) is true: start and end in seconds."""
    edges = np.diff(np.pad(high.astype(int), 1))
    starts, ends = np.flatnonzero(edges == 1) / STEPS_PER_S, np.flatnonzero(edges == -1) / STEPS_PER_S
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _shape_matrix() -> Floats:
    """Return the matrix (12, 52) that gives each shape to the coefficients it drives."""
    spread = np.stack([coefficients(**{name: 1.0}) for name in SHAPES])
    assert spread.shape == (len(SHAPES), len(NAMES))
    return spread
