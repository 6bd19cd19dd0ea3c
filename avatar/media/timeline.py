"""The timeline of frames and samples, in whole numbers, so that nothing drifts however long a programme is."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

SAMPLE_RATE = 48_000  # samples per second of all sound inside a production


def sample_of_frame(frame: int, rate: Fraction) -> int:
    """Return the sample that *frame* starts at, *frame* counted from the start of the programme.

    Halves round up, always: then the distance between two frames depends on their positions by one sample at most.
    """
    # In whole numbers: it is asked for each frame, and fractions cost forty times as much.
    return (2 * frame * SAMPLE_RATE * rate.denominator + rate.numerator) // (2 * rate.numerator)


def max_samples_for(count: int, rate: Fraction) -> int:
    """Return how many samples hold *count* frames wherever they may stand: the length of a shot's sound."""
    return -(-count * SAMPLE_RATE * rate.denominator // rate.numerator)


@dataclass(frozen=True)
class Timeline:
    """Shots of *counts* frames, one after another."""

    rate: Fraction
    counts: tuple[int, ...]

    @property
    def starts(self) -> tuple[int, ...]:
        """The first frame of each shot."""
        return tuple(accumulate(self.counts[:-1], initial=0)) if self.counts else ()

    @property
    def frames(self) -> int:
        return sum(self.counts)

    @property
    def samples(self) -> int:
        return sample_of_frame(self.frames, self.rate)

    @property
    def seconds(self) -> float:
        return float(self.frames / self.rate)

    def span(self, shot: int) -> tuple[int, int]:
        """Return the first sample of *shot*, and the first sample after it."""
        start = self.starts[shot]
        return sample_of_frame(start, self.rate), sample_of_frame(start + self.counts[shot], self.rate)

    def seconds_at(self, shot: int) -> float:
        """Return when *shot* starts."""
        return float(self.starts[shot] / self.rate)
