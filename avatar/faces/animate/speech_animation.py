"""A line, performed: what the whole face does in each frame while speech is heard."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from avatar.errors import InputError
from avatar.faces.animate.animator import Gesture
from avatar.faces.geometry.blendshapes import INDEX, Floats
from avatar.faces.motion import idle_motion
from avatar.faces.motion.audio_to_blendshapes import audio_to_blendshapes
from avatar.faces.motion.idle_motion import IdleMotion
from avatar.faces.motion.mouth_encoder import MouthEncoder
from avatar.faces.motion.prosody import loudness
from avatar.faces.motion.visemes import MAX_JAW_OPEN, viseme_track
from avatar.media.audio.io import duration_of
from avatar.media.frames import frame_count
from avatar.voices.timings import Timings

_QUIET_JAW_GAIN = 0.72  # factor of the jaw opening in the faintest syllable
_LOUD_JAW_GAIN = 0.46  # added to that factor in the loudest
# How evenly small openings are enlarged: by half where a jaw hardly opens, the widest not at all. By four fifths
# where nobody told what is said: what is heard of a weak syllable is less than what it was.
_PHONEME_OPENING_BOOST = 2.0
_AUDIO_OPENING_BOOST = 1.2


@dataclass(frozen=True, eq=False)
class MouthTrack:
    """What a mouth does while it speaks: its coefficients *track* (n, 52), and how loud it is (n, 0 to 1)."""

    track: Floats
    loudness: Floats


def mouth_from_phonemes(timings: Timings, sound: Path, rate: Fraction) -> MouthTrack:
    """Return the mouth that says *timings*, which *sound* is the sound of."""
    count = frame_count(timings.duration, rate)
    return _emphasized(viseme_track(timings, rate, count), loudness(sound, rate, count), _PHONEME_OPENING_BOOST)


def mouth_from_audio(sound: Path, rate: Fraction, encoder: MouthEncoder) -> MouthTrack:
    """Return the mouth that is heard in *sound*, whoever speaks: no words and no timings are needed."""
    count = frame_count(duration_of(sound), rate)
    return _emphasized(
        audio_to_blendshapes(sound, rate, count, encoder), loudness(sound, rate, count), _AUDIO_OPENING_BOOST
    )


def speaking_gestures(mouth: MouthTrack, rate: Fraction, *, seed: int, energy: float) -> list[Gesture]:
    """Return the gestures, frame by frame, of someone who speaks with *mouth*."""
    return _gestures(mouth.track, idle_motion.speaking_motion(mouth.loudness, rate, seed, _checked_energy(energy)))


def listening_gestures(count: int, rate: Fraction, *, seed: int, energy: float) -> list[Gesture]:
    """Return the gestures of someone who is present for *count* frames while another speaks."""
    still = np.zeros((count, len(INDEX)), np.float32)
    return _gestures(still, idle_motion.listening_motion(count, rate, seed, _checked_energy(energy)))


def _emphasized(track: Floats, level: Floats, shown: float) -> MouthTrack:
    """Return *track* with louder syllables opened wider, and small openings so far that a viewer sees them."""
    share = track[:, INDEX["jawOpen"]] * (_QUIET_JAW_GAIN + _LOUD_JAW_GAIN * level) / MAX_JAW_OPEN
    track[:, INDEX["jawOpen"]] = MAX_JAW_OPEN * np.minimum(share * (1 + shown) / (share + shown), 1)
    return MouthTrack(track, level)


def _checked_energy(energy: float) -> float:
    if not 0 <= energy <= 2:
        raise InputError(f"energy is {energy}; give a number from 0 to 2", code="animation.energy")
    return energy


def _gestures(mouth: Floats, whole: IdleMotion) -> list[Gesture]:
    face = mouth + whole.coefficients
    each = zip(face, whole.degrees, whole.gaze, whole.breath.tolist(), strict=True)
    return [Gesture(*one) for one in each]
