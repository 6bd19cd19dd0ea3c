"""Requests that render shots, assemble them and publish the video."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.artifacts.artifact import Footage, FrameDeltas, Shot, SignedVideo, Speech, Video
from avatar.consent import Use
from avatar.stages.c2pa_action import ALGORITHMIC, C2paAction
from avatar.stages.request import Request


@dataclass(frozen=True)
class Excerpt(Request[Footage]):
    """Take the part of *footage* that comes after the speeches *before*, for as long as *speech* lasts."""

    use: ClassVar[Use | None] = None
    output_type = Footage
    progress_label = "footage"
    c2pa_action = C2paAction("c2pa.trimmed", "A part of given footage was taken.", ALGORITHMIC)
    preserves_frame_count = False  # a part of them comes out

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
    progress_label = "patches"
    c2pa_action = None  # the work whose frames it keeps is told

    footage: Footage
    over: tuple[Footage, ...] = ()


@dataclass(frozen=True)
class Render(Request[Shot]):
    """Pull the frames of *panels* (side by side when there are several) once, and encode them with *speech*.

    *lower_third* is the text shown below the panel numbered *speaker* (from 0), empty for none.
    """

    use: ClassVar[Use | None] = None
    output_type = Shot
    progress_label = blueprint_key = "picture"
    c2pa_action = C2paAction(
        "c2pa.edited", "The frames were rendered with the speech.", ALGORITHMIC, marks_picture=True
    )

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
    progress_label = blueprint_key = "assembly"
    c2pa_action = C2paAction("c2pa.edited", "The shots were joined into one video.", ALGORITHMIC, marks_picture=True)

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
    progress_label = blueprint_key = "publication"
    c2pa_action = None  # the credential itself tells it

    video: Video

    @property
    def published_video(self) -> Video:
        return self.video
