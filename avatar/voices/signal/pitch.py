"""Pitch (F0) estimation of recorded speech by Harvest, within a range found by Dio."""

import numpy as np
from numpy.typing import NDArray

from avatar.voices.signal.cepstra import Reals
from avatar.voices.signal.spectra import HOP, MIN_VOICED_HZ, RATE, detect_speech, frame_levels

_SEARCH_HZ = (60.0, 500.0)  # Hz: where a person's pitch is looked for
_SEARCH_FACTOR = 1.9  # times the middle of it, up and down: then where it is looked for closely
_DECIMATION = 4  # to 6 kHz, where the middle is looked for
_FRAME_MS = 1000 * HOP / RATE  # milliseconds
_MARGIN_FRAMES = 16  # frames (0.2 s) looked at before and after what is spoken


def estimate_pitch(sound: NDArray[np.float32]) -> Reals:
    """Return the pitch (frames,) in Hz of *sound* (samples,) at 24 kHz, 0 where unvoiced and in pauses.

    Source: Harvest (M. Morise, Interspeech 2017), where Dio (M. Morise et al., AES 35, 2009) says to look.
    """
    from pyworld import dio
    from scipy.ndimage import binary_dilation, find_objects, label

    # Dio is fifty times as fast and tells where to look; what is learned from its pitch itself is rougher (a deep voice
    # lost 0.3 of quality), as it takes too much for unvoiced.
    exact, (low, high) = sound.astype(np.float64), _SEARCH_HZ
    roughly, _ = dio(exact, RATE, f0_floor=low, f0_ceil=high, frame_period=_FRAME_MS, speed=_DECIMATION)
    speaks = detect_speech(frame_levels(np.pad(sound, (0, 2 * HOP))))[: len(roughly)]
    voiced = roughly[speaks & (roughly >= MIN_VOICED_HZ)]
    if len(voiced):
        middle = float(np.median(voiced))
        low, high = max(low, middle / _SEARCH_FACTOR), min(high, middle * _SEARCH_FACTOR)
    pitch = np.zeros(len(roughly))
    spoken, _ = label(binary_dilation(speaks, np.ones(2 * _MARGIN_FRAMES + 1)))
    for (frames,) in find_objects(spoken):
        pitch[frames] = _harvest(exact[frames.start * HOP : frames.stop * HOP], low, high)[: len(pitch[frames])]
    return pitch


def _harvest(sound: Reals, low: float, high: float) -> Reals:
    from pyworld import harvest

    pitch, _ = harvest(sound, RATE, f0_floor=low, f0_ceil=high, frame_period=_FRAME_MS)
    return np.asarray(pitch)
