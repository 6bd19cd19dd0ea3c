"""Animate a portrait by what is heard: the sound alone moves the lips, whoever speaks and whatever is said."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.consent import Cleared
from avatar.faces.animate import speech_animation
from avatar.faces.animate.portrait import open_animator, square_format
from avatar.faces.detection.blazeface import DETECTOR
from avatar.faces.detection.face_mesh import MESH
from avatar.faces.detection.landmarker import Landmarker
from avatar.faces.motion.mouth_encoder import MOUTH, MouthEncoder
from avatar.media.audio.io import duration_of
from avatar.media.frames import Frames, frame_count
from avatar.models.weights import Weights
from avatar.stages.face import AnimateFace
from avatar.stages.request import Workbench
from avatar.voices.recognition.recogniser import HEARING


@dataclass(frozen=True)
class MeshWarpAudio:
    """Like ``mesh-warp``, but driven by the sound of the speech; its timings are not looked at.

    Frames of *size* x *size* pixels at *rate* per second (``"25"``, ``"30000/1001"``); *energy* scales the motion.
    """

    version: ClassVar[int] = 9
    weights: ClassVar[tuple[Weights, ...]] = (DETECTOR, MESH, HEARING, MOUTH)

    size: int = 512
    rate: str = "25"
    energy: float = 1.0

    def run(self, cleared: Cleared[AnimateFace], bench: Workbench) -> Frames:
        """Return the frames of the portrait saying what is heard, or listening to it; they are made when pulled."""
        request, format = cleared.request, square_format(self.size, self.rate)
        sound = bench.open(request.speech, "sound.wav")
        if request.listening:
            count = frame_count(duration_of(sound), format.rate)
            gestures = speech_animation.listening_gestures(count, format.rate, seed=bench.seed, energy=self.energy)
        else:
            mouth = speech_animation.mouth_from_audio(sound, format.rate, MouthEncoder(bench.weight(MOUTH)))
            gestures = speech_animation.speaking_gestures(mouth, format.rate, seed=bench.seed, energy=self.energy)
        landmarker = Landmarker.load(bench.weight(DETECTOR), bench.weight(MESH))
        return open_animator(bench.open(request.portrait), landmarker, format).frames(gestures, bench.pulse)
