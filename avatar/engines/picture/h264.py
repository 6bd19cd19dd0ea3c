"""Encode the frames of a shot, once, as H.264."""

import shutil
from dataclasses import dataclass
from typing import ClassVar

from avatar.consent import Cleared
from avatar.errors import EngineError
from avatar.media import sound
from avatar.media.encode import CRF, encode
from avatar.media.panels import side_by_side
from avatar.media.timeline import SAMPLE_RATE, samples_for
from avatar.stages.picture import Render
from avatar.stages.request import Parts, Workbench
from avatar.weights import Weights


@dataclass(frozen=True)
class H264:
    """Make a shot: panels side by side when there are several, a lower third and captions when they are wanted.

    *crf* is x264's quality (0 lossless to 51), *background* one colour or two (``"#223 to #556"``) behind the panels.
    """

    version: ClassVar[int] = 1
    weights: ClassVar[tuple[Weights, ...]] = ()

    crf: int = CRF
    background: str = "#12161c to #2a323d"

    def run(self, job: Cleared[Render], bench: Workbench) -> Parts:
        request = job.request
        frames = side_by_side([bench.frames(panel) for panel in request.panels], self.background)
        parts = {name: bench.new(name) for name in ("picture.mp4", "sound.wav", "timings.json")}
        spoken, rate = sound.read_sound(bench.open(request.speech, "sound.wav"))
        spoken = sound.resampled(spoken, rate)
        length = samples_for(frames.count, frames.format.rate)
        if len(spoken) - length > SAMPLE_RATE / frames.format.rate:
            raise EngineError(
                f"{frames.count} frames are too few for {len(spoken) / SAMPLE_RATE:.2f} s of speech",
                code="shot.out-of-step",
            )
        sound.write_sound(parts["sound.wav"], sound.fitted([spoken], length))
        encode(frames, parts["picture.mp4"], crf=self.crf, pulse=bench.pulse)
        shutil.copyfile(bench.open(request.speech, "timings.json"), parts["timings.json"])
        return parts
