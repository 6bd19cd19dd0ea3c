"""A look at a take before anything is built on it."""

import numpy as np
from numpy.typing import NDArray

from avatar.errors import EngineError
from avatar.voices.timings import SILENCE, Timings

_QUIETEST = 0.003  # full scale is 1.0: the level of a take that is there at all
_CLIPPED = 0.001  # the share of samples at full scale that one can hear
_FASTEST, _SLOWEST = 0.025, 0.40  # mean seconds per phoneme of any speech


def check_take(sound: NDArray[np.float32], timings: Timings) -> None:
    """Refuse a take that is broken, silent, clipped, or too short or long for its phonemes.

    Raises: EngineError, with code ``voice.bad-take``.
    """
    if not len(sound) or not np.isfinite(sound).all():
        raise _bad("holds no sound" if not len(sound) else "holds numbers that are not sound")
    spoken = [phone for phone in timings.phones if phone.symbol != SILENCE]
    if not spoken:
        raise _bad("has no phonemes")
    level = float(np.sqrt(np.square(sound, dtype=np.float64).mean()))
    if level < _QUIETEST:
        raise _bad(f"is silent (level {level:.5f}, at least {_QUIETEST})")
    clipped = float((np.abs(sound) >= 0.999).mean())
    if clipped > _CLIPPED:
        raise _bad(f"is clipped in {clipped:.1%} of its samples")
    each = sum(phone.end - phone.start for phone in spoken) / len(spoken)
    if not _FASTEST <= each <= _SLOWEST:
        raise _bad(f"lasts {each:.3f} s per phoneme, which nobody speaks")


def _bad(what: str) -> EngineError:
    return EngineError(f"the take {what}; try another line, or learn the voice again", code="voice.bad-take")
