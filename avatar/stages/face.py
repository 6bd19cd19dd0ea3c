"""Requests that make footage: animate a face, swap it, refine its lips."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.artifacts.artifact import Footage, Portrait, Speech
from avatar.consent import Use
from avatar.stages.c2pa_action import SYNTHETIC, C2paAction
from avatar.stages.request import Request


@dataclass(frozen=True)
class AnimateFace(Request[Footage]):
    """Make *portrait* say *speech*; or, with *listening*, be present while someone else says it."""

    use: ClassVar[Use] = Use.ANIMATE_FACE
    output_type = Footage
    progress_label = blueprint_key = "animation"
    c2pa_action = C2paAction("c2pa.edited", "A portrait was animated to the speech.", SYNTHETIC)
    preserves_frame_count = False  # no frames come in

    portrait: Portrait
    speech: Speech
    listening: bool = False


@dataclass(frozen=True)
class SwapFace(Request[Footage]):
    """Replace the face in *footage* by *face*."""

    use: ClassVar[Use] = Use.SWAP_FACE
    output_type = Footage
    progress_label = blueprint_key = "swap"
    c2pa_action = C2paAction("c2pa.edited", "A face was replaced by a synthetic one.", SYNTHETIC)
    preserves_frame_count = True  # also where no face is seen

    footage: Footage
    face: Portrait

    @property
    def target_face(self) -> Portrait:
        return self.face


@dataclass(frozen=True)
class RefineLips(Request[Footage]):
    """Re-time the mouth in *footage* to *speech*, which starts with the first frame."""

    use: ClassVar[Use] = Use.REFINE_LIPS
    output_type = Footage
    progress_label = blueprint_key = "lips"
    c2pa_action = C2paAction("c2pa.edited", "The lips were refined to match the speech.", SYNTHETIC)
    preserves_frame_count = True

    footage: Footage
    speech: Speech
