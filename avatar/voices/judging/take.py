"""One try at a line, as an engine made it, and whether it is sound at all."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.voices.judging.scores import Fault
from avatar.voices.timings import SILENCE, Phone, Timings

_MIN_RMS = 0.003  # full scale is 1.0: the level of a take that is there at all
_FRAME_S = 0.01  # seconds
_SPEECH_RANGE_DB = 30.0  # decibels below the loud parts: room, breath and the ends of sounds
_WORD_MARGIN_S = 0.08  # seconds around the words that still belong to them


@dataclass(frozen=True, eq=False)
class Take:
    """A line as it was spoken: mono *sound* (*rate* samples per second), and when its phonemes are heard."""

    sound: NDArray[np.float32]
    rate: int
    timings: Timings

    @property
    def spoken(self) -> list[Phone]:
        """The phonemes, without the pauses."""
        return [phone for phone in self.timings.phones if phone.symbol != SILENCE]

    @property
    def pace(self) -> float:
        """The mean seconds of a phoneme."""
        return sum(phone.end - phone.start for phone in self.spoken) / max(len(self.spoken), 1)

    @property
    def pause(self) -> float:
        """The longest silence between two words, in seconds."""
        inside = self.timings.phones[1:-1]
        return max((phone.end - phone.start for phone in inside if phone.symbol == SILENCE), default=0.0)

    def outside(self) -> tuple[float, float]:
        """Return how many seconds of sound there are before the first phoneme and after the last."""
        size = max(round(_FRAME_S * self.rate), 1)
        frames = self.sound[: len(self.sound) // size * size].reshape(-1, size).astype(np.float64)
        levels = 10 * np.log10(np.square(frames).mean(axis=1) + 1e-12)
        loud = levels > np.percentile(levels, 95) - _SPEECH_RANGE_DB
        first = max(int((self.spoken[0].start - _WORD_MARGIN_S) / _FRAME_S), 0)
        last = int((self.spoken[-1].end + _WORD_MARGIN_S) / _FRAME_S)
        return float(loud[:first].sum()) * _FRAME_S, float(loud[last:].sum()) * _FRAME_S


def find_defect(take: Take) -> Fault | None:
    """Return why there is nothing to judge in *take*, or ``None``."""
    if not len(take.sound):
        return Fault("take.empty", "holds no sound")
    if not np.isfinite(take.sound).all():
        return Fault("take.not-sound", "holds numbers that are not sound")
    if not take.spoken:
        return Fault("take.empty", "has no phonemes")
    level = float(np.sqrt(np.square(take.sound, dtype=np.float64).mean()))
    if level < _MIN_RMS:
        return Fault("take.silent", f"is silent (level {level:.5f}, at least {_MIN_RMS})")
    return None
