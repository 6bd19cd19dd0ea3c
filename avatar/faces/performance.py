"""A line, performed: what the whole face does in each frame while speech is heard."""

from fractions import Fraction
from pathlib import Path

import numpy as np

from avatar.faces import motion
from avatar.faces.animator import Gesture
from avatar.faces.coefficients import INDEX, Floats
from avatar.faces.motion import Motion
from avatar.faces.prosody import loudness
from avatar.faces.visemes import MOST_OPEN, viseme_track
from avatar.media.frames import frames_in
from avatar.voices.timings import Timings


def spoken(timings: Timings, sound: Path, rate: Fraction) -> tuple[Floats, Floats]:
    """Return the mouth's coefficients (n, 52) for a speech, and its loudness (n): a louder syllable opens wider."""
    count = frames_in(timings.duration, rate)
    level = loudness(sound, rate, count)
    track = viseme_track(timings, rate, count)
    opening = 0.78 + 0.34 * level
    track[:, INDEX["jawOpen"]] = np.minimum(track[:, INDEX["jawOpen"]] * opening, MOST_OPEN)
    return track, level


def speaking(timings: Timings, sound: Path, rate: Fraction, *, seed: int, energy: float) -> list[Gesture]:
    """Return the gestures, frame by frame, of someone who says *timings*."""
    track, level = spoken(timings, sound, rate)
    return _gestures(track, motion.speaking(level, rate, seed, energy))


def listening(timings: Timings, rate: Fraction, *, seed: int, energy: float) -> list[Gesture]:
    """Return the gestures, frame by frame, of someone who is present while another says *timings*."""
    count = frames_in(timings.duration, rate)
    still = np.zeros((count, len(INDEX)), np.float32)
    return _gestures(still, motion.listening(count, rate, seed, energy))


def _gestures(mouth: Floats, whole: Motion) -> list[Gesture]:
    face = mouth + whole.coefficients
    each = zip(face, whole.degrees, whole.gaze, whole.breath.tolist(), strict=True)
    return [Gesture(*one) for one in each]
