"""Refine lips by bending the mouth of each frame to the speech, and painting what opens between them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from avatar.consent import Cleared
from avatar.faces.animate.speech_animation import mouth_from_phonemes
from avatar.faces.detection.blazeface import DETECTOR
from avatar.faces.detection.face_mesh import MESH
from avatar.faces.detection.landmarker import Landmarker
from avatar.faces.detection.tracker import Tracker
from avatar.faces.geometry.blendshapes import NAMES, Floats
from avatar.faces.lips.mouth_warper import MouthWarper
from avatar.media.frames import Frame, Frames
from avatar.models.weights import Weights
from avatar.stages.face import RefineLips
from avatar.stages.request import Workbench
from avatar.voices.timings import Timings


@dataclass(frozen=True)
class MouthWarp:
    """The mouth of every frame takes the shape its moment of the speech asks for; where it has it, nothing changes.

    In silence, and after the speech, the lips rest closed. A frame without a face passes untouched.
    """

    version: ClassVar[int] = 8
    weights: ClassVar[tuple[Weights, ...]] = (DETECTOR, MESH)

    def run(self, cleared: Cleared[RefineLips], bench: Workbench) -> Frames:
        """Return the frames of the footage, each with its mouth refined as it passes."""
        request = cleared.request
        frames = bench.frames(request.footage)
        timings = Timings.model_validate_json(bench.open(request.speech, "timings.json").read_bytes())
        mouth = mouth_from_phonemes(timings, bench.open(request.speech, "sound.wav"), frames.format.rate)
        landmarker = Landmarker.load(bench.weight(DETECTOR), bench.weight(MESH))
        return frames.through(_refining(MouthWarper(frames.format), Tracker(landmarker), mouth.track))


def _refining(refiner: MouthWarper, tracker: Tracker, track: Floats) -> Callable[[list[Frame]], list[Frame]]:
    silent = np.zeros(len(NAMES), np.float32)
    moments = iter(track)

    def step(batch: list[Frame]) -> list[Frame]:
        for frame in batch:
            tracker.track_frame(frame)
            refiner.warp(frame, next(moments, silent), looked_at=frame.looked_at)
        return batch

    return step
