"""Video files opened safely, and what their packets say before anything is decoded."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InputError

if TYPE_CHECKING:
    from av.container import InputContainer

# Rates that cameras mean when their time stamps jitter around them.
_COMMON_RATES = tuple(Fraction(n) for n in (10, 12, 15, 20, 24, 25, 30, 48, 50, 60)) + tuple(
    Fraction(n * 1000, 1001) for n in (24, 30, 60)
)
_MAX_RATE_JITTER = Fraction(1, 200)

Times = NDArray[np.int64]  # presentation times of the pictures in ticks, in the order they are shown


@dataclass(frozen=True, eq=False)
class PacketIndex:
    """When the pictures of a video stream are shown: *times* in ticks of *tick* seconds, the last for *last* ticks."""

    times: Times
    tick: Fraction
    last: int

    @property
    def rate(self) -> Fraction:
        """The constant rate of this stream in frames per second, or the nearest one its jitter can mean."""
        gaps = np.diff(self.times)
        if len(gaps) == 0:
            return 1 / (max(1, self.last) * self.tick)
        if gaps.min() == gaps.max() > 0:
            return 1 / (int(gaps[0]) * self.tick)
        mean = len(gaps) / (int(self.times[-1] - self.times[0]) * self.tick)
        nearest = min(_COMMON_RATES, key=lambda usual: abs(usual - mean))
        return nearest if abs(nearest - mean) <= nearest * _MAX_RATE_JITTER else mean.limit_denominator(1001)

    @property
    def slots(self) -> Times:
        """The place of each picture on the grid of :attr:`rate`, in frames, then the place after the last: (n + 1,).

        Footage of a varying rate is laid on the grid: a picture is repeated over a gap, and gives way when the next
        one falls on the same place.
        """
        step = self.tick * self.rate
        since = self.times - self.times[0]
        places = (2 * since * step.numerator + step.denominator) // (2 * step.denominator)
        return np.append(places, places[-1] + 1)


@contextmanager
def open_container(path: Path) -> Iterator["InputContainer"]:
    """Open the mp4 or mov file at *path*: no other format, no other file, no network, whatever its bytes say."""
    import av

    try:
        container = av.open(
            str(path.resolve()), format="mov", container_options={"protocol_whitelist": "file", "enable_drefs": "0"}
        )
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise InputError(
            f"{path.name} cannot be read as an mp4 video; convert it again", code="media.unreadable"
        ) from error
    with container:
        if len(container.streams.video) != 1:
            raise InputError(f"{path.name} must hold exactly one video stream", code="media.streams")
        yield container


def read_packet_index(container: "InputContainer") -> PacketIndex:
    """Return when the pictures of *container* are shown, from its packets alone, and leave it at its end."""
    stream = container.streams.video[0]
    shown = {
        packet.pts: packet.duration or 0
        for packet in container.demux(stream)
        if packet.pts is not None and not packet.is_discard
    }
    if not shown:
        raise InputError("the video holds no pictures; record it again", code="media.empty")
    assert stream.time_base is not None
    times = np.array(sorted(shown), dtype=np.int64)
    return PacketIndex(times, stream.time_base, shown[int(times[-1])])
