"""Which phoneme is being said in each frame, softly: one passes into the next."""

import numpy as np

from avatar.voices.signal.cepstra import Reals
from avatar.voices.signal.spectra import HOP, RATE
from avatar.voices.text.g2p import PHONEMES
from avatar.voices.timings import Timings

_COLUMN_BY_PHONEME = {symbol: place for place, symbol in enumerate(PHONEMES, start=1)}  # 0 is silence
_TRANSITION_FRAMES = 5  # frames (62 ms) in which one phoneme passes into the next


def phoneme_weights(timings: Timings, frames: int) -> Reals:
    """Return how much of each phoneme (frames, 40) is said in each of the *frames* of 12.5 ms; silence comes first."""
    from scipy.ndimage import uniform_filter1d

    shares = np.zeros((frames, len(_COLUMN_BY_PHONEME) + 1))
    for phone in timings.phones:
        start, end = round(phone.start * RATE / HOP), round(phone.end * RATE / HOP)
        shares[start:end, _COLUMN_BY_PHONEME.get(phone.symbol, 0)] = 1.0
    shares[shares.sum(axis=1) == 0, 0] = 1.0
    return np.asarray(uniform_filter1d(shares, _TRANSITION_FRAMES, axis=0, mode="nearest"))
