"""Sample quality: checks of sample rate, level, clipping and length before a voice is learned."""

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InputError

MIN_SPEECH_S = 6.0  # seconds: half the likeness is gone below
MIN_SAMPLE_RATE_HZ = 16_000  # samples per second: an 8 kHz sample lacks what tells voices apart

_FRAME_S = 0.02  # seconds
_SILENCE_DBFS = -60.0  # decibels below full scale: the loudest frames of no recording at all
_SPEECH_RANGE_DB = 35.0  # decibels below the loud frames that still are speech
_MAX_CLIPPED_SHARE = 0.002  # the share of samples stuck at the peak


def check_sample(
    sound: NDArray[np.float32], rate: int, *, name: str, what: str = "voice sample", least: float = MIN_SPEECH_S
) -> None:
    """Refuse the mono *sound* (samples,) at *rate* Hz of the file *name* unless a voice can be learned from it.

    A voice-over needs less: *what* it is called, and the *least* seconds of speech in it.

    Raises:
        InputError: when the sample rate is too low; code ``voice.low-rate``; when it is silent or clipped; code
            ``voice.silent`` or ``voice.clipped``; when it holds too little speech; code ``voice.too-short``.
    """
    if rate < MIN_SAMPLE_RATE_HZ:
        raise InputError(
            f"{what} {name}: {rate} samples per second; record it at {MIN_SAMPLE_RATE_HZ} or more",
            code="voice.low-rate",
        )
    levels = _frame_levels(sound, rate)
    loud = float(np.percentile(levels, 95)) if len(levels) else -120.0
    if loud < _SILENCE_DBFS:
        raise InputError(
            f"{what} {name}: silent (its loud parts are at {loud:.0f} dB); record it nearer to the microphone",
            code="voice.silent",
        )
    if (share := clipped_share(sound)) > _MAX_CLIPPED_SHARE:
        raise InputError(
            f"{what} {name}: clipped in {share:.1%} of its samples; record it again at a lower level",
            code="voice.clipped",
        )
    better = ", better 20 s" if least == MIN_SPEECH_S else ""
    seconds = float((levels > loud - _SPEECH_RANGE_DB).sum()) * _FRAME_S
    if seconds < least:
        raise InputError(
            f"{what} {name}: {seconds:.1f} s of speech; bring at least {least:.0f} s{better}",
            code="voice.too-short",
        )


def _frame_levels(sound: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """Return the decibels of each 20 ms of *sound*."""
    size = round(_FRAME_S * rate)
    frames = sound[: len(sound) // size * size].reshape(-1, size).astype(np.float64)
    return np.asarray(10 * np.log10(np.square(frames).mean(axis=1) + 1e-12))


def clipped_share(sound: NDArray[np.float32]) -> float:
    """Return the share (0 to 1) of *sound* (samples,) that is clipped: at its peak for three samples or more."""
    peak = float(np.abs(sound).max(initial=0.0))
    at_peak = np.abs(sound) >= 0.995 * peak
    stuck = at_peak[2:] & at_peak[1:-1] & at_peak[:-2]
    return float(stuck.mean()) if len(stuck) else 0.0
