"""Keep what a step of the picture drew."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.consent import Cleared
from avatar.media.frame_deltas import write_deltas
from avatar.models.weights import Weights
from avatar.stages.render import KeepPatches
from avatar.stages.request import Parts, Workbench


@dataclass(frozen=True)
class KeptDeltas:
    """Draw the step once, and keep how its frames differ from those it was given: the region it touched."""

    version: ClassVar[int] = 1
    weights: ClassVar[tuple[Weights, ...]] = ()

    def run(self, cleared: Cleared[KeepPatches], bench: Workbench) -> Parts:
        request, patches = cleared.request, bench.new("patches.zip")
        over = [bench.frames(each) for each in request.over]
        write_deltas(bench.frames(request.footage), over[0] if over else None, patches, bench.pulse)
        return {"patches.zip": patches}
