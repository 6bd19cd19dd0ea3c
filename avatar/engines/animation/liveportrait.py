"""Animate a portrait by LivePortrait's networks (Guo et al. 2024), with a public model that you bring."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.consent import Cleared
from avatar.faces.animate import speech_animation
from avatar.faces.animate.portrait import frame_portrait, square_format
from avatar.faces.detection.blazeface import DETECTOR
from avatar.faces.detection.face_mesh import MESH
from avatar.faces.detection.landmarker import Landmarker
from avatar.faces.liveportrait.animator import PortraitAnimator
from avatar.faces.liveportrait.checkpoint import CHECKPOINT_FILES
from avatar.faces.liveportrait.model import open_model
from avatar.media.frames import Frames, frame_count
from avatar.models.pinned import resolve_pinned_dir
from avatar.models.reference import ModelRef
from avatar.models.weights import Weights
from avatar.runtime.device import Device, resolve_device
from avatar.stages.face import AnimateFace
from avatar.stages.request import Workbench
from avatar.voices.timings import Timings


@dataclass(frozen=True)
class LivePortrait:
    """Networks redraw the head, 512 pixels wide: phonemes open the lips, loudness moves the head, and eyes blink.

    *model* is the folder ``liveportrait`` of the public model for humans, in the weights folder: five checkpoints,
    pinned by one digest, which defaults to theirs. They are under the MIT licence; the face detectors that the public
    code adds, for research only, are not used.

    Frames of *size* x *size* pixels at *rate* per second; *energy* scales the motion. *device* is ``cpu``, ``cuda``, or
    ``auto`` for a GPU where there is one. It wants one: a frame costs about 15 s of one core.
    """

    version: ClassVar[int] = 4
    weights: ClassVar[tuple[Weights, ...]] = (DETECTOR, MESH)

    model: ModelRef = ModelRef(
        "liveportrait", "608e349adf6337a0bbcb803567a195445579fbd45f5efc4e0ff2547bf67f2b6b", "MIT"
    )
    size: int = 512
    rate: str = "25"
    energy: float = 1.0
    device: Device = "auto"

    def run(self, cleared: Cleared[AnimateFace], bench: Workbench) -> Frames:
        """Return the frames of the portrait saying the speech, or listening to it; they are made when pulled."""
        request, format, device = cleared.request, square_format(self.size, self.rate), resolve_device(self.device)
        folder = resolve_pinned_dir(self.model, option="model", files=CHECKPOINT_FILES)
        timings = Timings.model_validate_json(bench.open(request.speech, "timings.json").read_bytes())
        if request.listening:
            count = frame_count(timings.duration, format.rate)
            gestures = speech_animation.listening_gestures(count, format.rate, seed=bench.seed, energy=self.energy)
        else:
            mouth = speech_animation.mouth_from_phonemes(timings, bench.open(request.speech, "sound.wav"), format.rate)
            gestures = speech_animation.speaking_gestures(mouth, format.rate, seed=bench.seed, energy=self.energy)
        landmarker = Landmarker.load(bench.weight(DETECTOR), bench.weight(MESH), device)
        source, landmarks = frame_portrait(bench.open(request.portrait), landmarker, self.size)
        model = open_model(folder, self.model.sha256, device)
        return PortraitAnimator.of(model, source, landmarks, format).frames(gestures, bench.pulse)
