"""What is noted of frames while they pass."""

from dataclasses import dataclass, field
from itertools import count

from avatar.media.face_gaps import FrameRange
from avatar.media.frames import Frame, Frames


@dataclass
class FaceGapRecorder:
    """Notes, while frames pass, which of them show no face to whoever looked for one."""

    ranges: list[FrameRange] = field(default_factory=list)

    def noting(self, frames: Frames) -> Frames:
        """Return *frames*, which change nothing by being noted."""
        numbers = count()

        def note(batch: list[Frame]) -> list[Frame]:
            for frame in batch:
                number = next(numbers)
                if frame.tracked and frame.landmarks is None:
                    self.ranges.append((number, number + 1))
            return batch

        return frames.through(note)
