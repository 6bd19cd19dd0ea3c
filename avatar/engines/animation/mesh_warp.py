"""Animate a portrait by bending it: phonemes move the lips, loudness the head; the open mouth is painted."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.consent import Cleared
from avatar.faces.animate import speech_animation
from avatar.faces.animate.portrait import open_animator, square_format
from avatar.faces.detection.blazeface import DETECTOR
from avatar.faces.detection.face_mesh import MESH
from avatar.faces.detection.landmarker import Landmarker
from avatar.media.frames import Frames, frame_count
from avatar.models.weights import Weights
from avatar.stages.face import AnimateFace
from avatar.stages.request import Workbench
from avatar.voices.timings import Timings


@dataclass(frozen=True)
class MeshWarp:
    """Frames of *size* x *size* pixels at *rate* per second (``"25"``, ``"30000/1001"``); *energy* scales the motion.

    Every shot starts and ends in the portrait's own pose, so shots join without a seam. Needs no GPU: a frame of 512
    pixels costs about 5 ms of one core.
    """

    version: ClassVar[int] = 8
    weights: ClassVar[tuple[Weights, ...]] = (DETECTOR, MESH)

    size: int = 512
    rate: str = "25"
    energy: float = 1.0

    def run(self, cleared: Cleared[AnimateFace], bench: Workbench) -> Frames:
        """Return the frames of the portrait saying the speech, or listening to it; they are made when pulled."""
        request, format = cleared.request, square_format(self.size, self.rate)
        timings = Timings.model_validate_json(bench.open(request.speech, "timings.json").read_bytes())
        if request.listening:
            count = frame_count(timings.duration, format.rate)
            gestures = speech_animation.listening_gestures(count, format.rate, seed=bench.seed, energy=self.energy)
        else:
            mouth = speech_animation.mouth_from_phonemes(timings, bench.open(request.speech, "sound.wav"), format.rate)
            gestures = speech_animation.speaking_gestures(mouth, format.rate, seed=bench.seed, energy=self.energy)
        landmarker = Landmarker.load(bench.weight(DETECTOR), bench.weight(MESH))
        return open_animator(bench.open(request.portrait), landmarker, format).frames(gestures, bench.pulse)
