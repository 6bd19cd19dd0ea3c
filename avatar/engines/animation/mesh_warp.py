"""Animate a portrait by bending it: phonemes move the lips, loudness the head; the open mouth is painted."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from avatar.consent import Cleared
from avatar.errors import InputError
from avatar.faces import performance
from avatar.faces.animator import Animator, Gesture
from avatar.faces.blazeface import DETECTOR
from avatar.faces.landmarker import Landmarker
from avatar.faces.mesh import MESH
from avatar.faces.portrait import framed
from avatar.media.frames import Format, Frame, Frames
from avatar.stages.face import AnimateFace
from avatar.stages.request import Workbench
from avatar.voices.timings import Timings
from avatar.weights import Weights

_log = logging.getLogger(__name__)
_BATCH = 8
_SMALLEST, _LARGEST = 128, 2160


@dataclass(frozen=True)
class MeshWarp:
    """Frames of *size* x *size* pixels at *rate* per second (``"25"``, ``"30000/1001"``); *energy* scales the motion.

    Every shot starts and ends in the portrait's own pose, so shots join without a seam. Needs no GPU: a frame of 512
    pixels costs about 12 ms of one core.
    """

    version: ClassVar[int] = 2
    weights: ClassVar[tuple[Weights, ...]] = (DETECTOR, MESH)

    size: int = 512
    rate: str = "25"
    energy: float = 1.0

    def run(self, job: Cleared[AnimateFace], bench: Workbench) -> Frames:
        """Return the frames of the portrait saying the speech, or listening to it; they are made when pulled."""
        request, format = job.request, self._format()
        timings = Timings.model_validate_json(bench.open(request.speech, "timings.json").read_bytes())
        if request.listening:
            gestures = performance.listening(timings, format.rate, seed=bench.seed, energy=self.energy)
        else:
            sound = bench.open(request.speech, "sound.wav")
            gestures = performance.speaking(timings, sound, format.rate, seed=bench.seed, energy=self.energy)
        landmarker = Landmarker.load(bench.weight(DETECTOR), bench.weight(MESH))
        source, landmarks = framed(bench.open(request.portrait), landmarker, self.size)
        animator = Animator.of(source, landmarks, format)
        _log.debug("animating %d frames", len(gestures))
        return Frames(format, len(gestures), _batches(animator, gestures, bench))

    def _format(self) -> Format:
        if self.size % 2 or not _SMALLEST <= self.size <= _LARGEST:
            raise InputError(
                f"size is {self.size}; give an even number from {_SMALLEST} to {_LARGEST}", code="animation.size"
            )
        if not 0 <= self.energy <= 2:
            raise InputError(f"energy is {self.energy}; give a number from 0 to 2", code="animation.energy")
        try:
            rate = Fraction(self.rate)
        except (ValueError, ZeroDivisionError) as error:
            raise InputError(
                f"rate is {self.rate!r}; give frames per second, like '25' or '30000/1001'", code="animation.rate"
            ) from error
        if not 1 <= rate <= 120:
            raise InputError(f"rate is {self.rate!r}; give 1 to 120 frames per second", code="animation.rate")
        return Format(self.size, self.size, rate)


def _batches(animator: Animator, gestures: list[Gesture], bench: Workbench) -> Iterator[list[Frame]]:
    for start in range(0, len(gestures), _BATCH):
        bench.pulse(start / len(gestures))
        yield [animator.frame(gesture) for gesture in gestures[start : start + _BATCH]]
