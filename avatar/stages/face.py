"""Requests that make footage: animate a face, swap it, refine its lips."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.artifacts.artifact import Footage, Portrait, Speech
from avatar.consent import Use
from avatar.stages.request import Request


@dataclass(frozen=True)
class AnimateFace(Request[Footage]):
    """Make *portrait* say *speech*; or, with *listening*, be present while someone else says it."""

    use: ClassVar[Use] = Use.ANIMATE_FACE
    output_type = Footage

    portrait: Portrait
    speech: Speech
    listening: bool = False


@dataclass(frozen=True)
class SwapFace(Request[Footage]):
    """Replace the face in *footage* by *face*."""

    use: ClassVar[Use] = Use.SWAP_FACE
    output_type = Footage

    footage: Footage
    face: Portrait


@dataclass(frozen=True)
class RefineLips(Request[Footage]):
    """Re-time the mouth in *footage* to *speech*, which starts with the first frame."""

    use: ClassVar[Use] = Use.REFINE_LIPS
    output_type = Footage

    footage: Footage
    speech: Speech
