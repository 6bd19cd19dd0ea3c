"""From sound alone to lips: what the mouth encoder hears, as the coefficients of a face."""

from fractions import Fraction
from pathlib import Path

import numpy as np

from avatar.faces.coefficients import NAMES, Floats, coefficients
from avatar.faces.mouth_encoder import EVENTS, SHAPES, STEPS, MouthEncoder
from avatar.faces.visemes import Span, finished, moments
from avatar.media.sound import read_sound
from avatar.voices.bands import log_bands, powers

_SURE = 0.4  # the probability from which lips meet: a contact that is missing is seen sooner than one too many


def heard_track(sound: Path, rate: Fraction, count: int, encoder: MouthEncoder) -> Floats:
    """Return the coefficients (*count*, 52) of a face that says what is heard in the sound file *sound*.

    Like ``viseme_track``, and finished by the same rules: contacts are made, both ends are at rest.
    """
    shapes, events = encoder.hear(log_bands(powers(*read_sound(sound))))
    times, steps = moments(rate, count), (np.arange(len(shapes)) + 0.5) / STEPS
    known = dict(zip(EVENTS, events.T, strict=True))
    silent = np.interp(times, steps, known["silence"])
    at_frames = np.stack([np.interp(times, steps, each) for each in shapes.T], axis=1)
    # Nothing is shaped in silence: what a network still hears there would be a twitch.
    track = at_frames @ _spread() * (1 - silent * silent * (3 - 2 * silent))[:, None]
    return finished(track, _spans(known["teeth"]), _spans(known["lips"]), rate)


def _spans(probability: Floats) -> list[Span]:
    """Return when *probability* (n) is high: start and end in seconds."""
    edges = np.diff(np.pad((probability > _SURE).astype(int), 1))
    starts, ends = np.flatnonzero(edges == 1) / STEPS, np.flatnonzero(edges == -1) / STEPS
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _spread() -> Floats:
    """Return the matrix (12, 52) that gives each shape to the coefficients it drives."""
    spread = np.stack([coefficients(**{name: 1.0}) for name in SHAPES])
    assert spread.shape == (len(SHAPES), len(NAMES))
    return spread
