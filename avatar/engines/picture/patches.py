"""Keep what a step of the picture drew."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.consent import Cleared
from avatar.media.patches import write_patches
from avatar.stages.picture import KeepPatches
from avatar.stages.request import Parts, Workbench
from avatar.weights import Weights


@dataclass(frozen=True)
class KeptPatches:
    """Draw the step once, and keep how its frames differ from those it was given: the region it touched."""

    version: ClassVar[int] = 1
    weights: ClassVar[tuple[Weights, ...]] = ()

    def run(self, job: Cleared[KeepPatches], bench: Workbench) -> Parts:
        request, patches = job.request, bench.new("patches.zip")
        over = [bench.frames(each) for each in request.over]
        write_patches(bench.frames(request.footage), over[0] if over else None, patches, bench.pulse)
        return {"patches.zip": patches}
