"""Take the part of given footage that a line is spoken over."""

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from avatar.artifacts.artifact import Speech
from avatar.consent import Cleared
from avatar.media.audio.io import duration_of
from avatar.media.decode import decode, probe
from avatar.media.frames import Frames, frame_count
from avatar.models.weights import Weights
from avatar.stages.render import Excerpt
from avatar.stages.request import Workbench


@dataclass(frozen=True)
class Excerpted:
    """Give the frames that come after the earlier speeches, as many as this one needs; too few is a refusal."""

    version: ClassVar[int] = 1
    weights: ClassVar[tuple[Weights, ...]] = ()

    def run(self, cleared: Cleared[Excerpt], bench: Workbench) -> Frames:
        request = cleared.request
        footage = bench.open(request.footage, "footage.mp4")
        rate = probe(footage).format.rate
        start = sum(self._length(speech, rate, bench) for speech in request.before)
        return decode(footage, start, self._length(request.speech, rate, bench))

    def _length(self, speech: Speech, rate: Fraction, bench: Workbench) -> int:
        return frame_count(duration_of(bench.open(speech, "sound.wav")), rate)
