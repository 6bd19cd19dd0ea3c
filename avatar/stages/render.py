"""Requests that render shots, assemble them and publish the video."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.artifacts.artifact import Footage, FrameDeltas, Shot, SignedVideo, Speech, Video
from avatar.consent import Use
from avatar.stages.request import Request


@dataclass(frozen=True)
class Excerpt(Request[Footage]):
    """Take the part of *footage* that comes after the speeches *before*, for as long as *speech* lasts."""

    use: ClassVar[Use | None] = None
    output_type = Footage

    footage: Footage
    before: tuple[Speech, ...]
    speech: Speech


@dataclass(frozen=True)
class KeepPatches(Request[FrameDeltas]):
    """Draw *footage* now and keep what its last step changed in *over*, the footage it was given (none: it makes all).

    Whoever pulls the outcome gets the very frames of *footage*, and the step, a large network perhaps, need not run.
    """

    use: ClassVar[Use | None] = None
    output_type = FrameDeltas

    footage: Footage
    over: tuple[Footage, ...] = ()


@dataclass(frozen=True)
class Render(Request[Shot]):
    """Pull the frames of *panels* (side by side when there are several) once, and encode them with *speech*.

    *lower_third* is the text shown below the panel numbered *speaker* (from 0), empty for none.
    """

    use: ClassVar[Use | None] = None
    output_type = Shot

    panels: tuple[Footage, ...]
    speech: Speech
    lower_third: str = ""
    speaker: int = 0

    @property
    def displayed_text(self) -> tuple[str, ...]:
        return (self.lower_third,)


@dataclass(frozen=True)
class Assemble(Request[Video]):
    """Join *shots* into one video with captions, between a title card and an end card (empty for none)."""

    use: ClassVar[Use | None] = None
    output_type = Video

    shots: tuple[Shot, ...]
    title: str = ""
    end: str = ""

    @property
    def displayed_text(self) -> tuple[str, ...]:
        return (self.title, self.end)


@dataclass(frozen=True)
class Publish(Request[SignedVideo]):
    """Give *video* its credential and let it leave."""

    use: ClassVar[Use] = Use.PUBLISH
    output_type = SignedVideo

    video: Video
