"""Sound brought to a loudness without clipping, piece by piece."""

from collections.abc import Callable, Iterator

import numpy as np

from avatar.media.audio.io import Sound
from avatar.media.audio.limiter import limit_true_peaks
from avatar.media.audio.loudness import integrated_loudness

# More would raise the noise of a near-silent recording to the level of speech.
_MAX_GAIN_DB = 30.0


def normalize(sound: Callable[[], Iterator[Sound]], target: float | None) -> Iterator[Sound]:
    """Give the 48 kHz *sound* (asked for twice: to measure, then to give) at *target* LUFS, its peaks limited.

    Silence stays silence; ``None`` leaves the sound as it is.
    """
    if target is None:
        return sound()
    measured = integrated_loudness(sound())
    gain = 10 ** (min(target - measured, _MAX_GAIN_DB) / 20) if np.isfinite(measured) else 1.0
    return limit_true_peaks(np.float32(gain) * piece for piece in sound())
