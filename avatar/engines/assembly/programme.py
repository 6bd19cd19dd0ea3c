"""Join shots into a programme: cards, one loudness, captions."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from avatar.artifacts.artifact import FACE_GAPS, Shot
from avatar.consent import Cleared
from avatar.media.captions import TimedWord, build_cues, format_srt, format_vtt
from avatar.media.decode import batched, probe
from avatar.media.encode import encode
from avatar.media.face_gaps import offset_ranges, read_face_gaps, write_face_gaps
from avatar.media.frames import Format, Frame, Frames, frame_count, planes_of
from avatar.media.join import Clip, join
from avatar.media.layout import check_colours, paint_background
from avatar.media.overlay import OverlaySpan, overlay_frames
from avatar.media.text import printable_lines
from avatar.media.timeline import Timeline
from avatar.media.titles import draw_card
from avatar.models.weights import Weights
from avatar.stages.render import Assemble
from avatar.stages.request import Parts, Workbench
from avatar.voices.timings import Timings
from avatar.watermark.video import embed_video_watermark

_FADE = 0.4  # seconds in which the words of a card come and go


@dataclass(frozen=True)
class Programme:
    """Join shots without encoding them again, between a title and an end card, with captions for all that is said.

    *loudness* is that of the whole in LUFS (EBU R128: -23; online platforms: -16 to -14), *card_seconds* how long a
    card stands, *background* its colour or two (``"#223 to #556"``).
    """

    version: ClassVar[int] = 5
    weights: ClassVar[tuple[Weights, ...]] = ()

    loudness: Annotated[float, Field(ge=-40, le=-10)] = -23.0
    card_seconds: Annotated[float, Field(ge=0.2, le=30)] = 2.0
    background: Annotated[str, AfterValidator(check_colours)] = "#12161c to #2a323d"

    def run(self, cleared: Cleared[Assemble], bench: Workbench) -> Parts:
        request = cleared.request
        shots = [Clip(bench.open(shot, "picture.mp4"), bench.open(shot, "sound.wav")) for shot in request.shots]
        opening = list(self._card(request.title, shots[0], bench, "title.mp4"))
        closing = list(self._card(request.end, shots[0], bench, "end.mp4"))

        parts = {name: bench.new(name) for name in ("video.mp4", "captions.vtt", "captions.srt")}
        pieces = [*opening, *shots, *closing]
        timeline = join(pieces, parts["video.mp4"], loudness=self.loudness, pulse=bench.pulse)

        timings = [bench.open(shot, "timings.json") for shot in request.shots]
        cues = build_cues(list(_spoken(timings, timeline, first=len(opening))), timeline.seconds)
        parts["captions.vtt"].write_text(format_vtt(cues), encoding="utf-8")
        parts["captions.srt"].write_text(format_srt(cues), encoding="utf-8")
        faceless = _faceless(request.shots, timeline.starts[len(opening) :], timeline.rate, bench)
        return {**parts, **faceless}

    def _card(self, text: str, beside: Clip, bench: Workbench, name: str) -> Iterator[Clip]:
        """Give a marked card with *text* that joins with the shot *beside* it, or nothing when there is no text."""
        if printable_lines(text):
            piece = Clip(bench.new(name))
            encode(embed_video_watermark(self._still(text, probe(beside.picture).format), bench.seed), piece.picture)
            yield piece

    def _still(self, text: str, shape: Format) -> Frames:
        count, fade = frame_count(self.card_seconds, shape.rate), round(_FADE * shape.rate)
        empty = planes_of(paint_background(self.background, shape.width, shape.height))
        frames = Frames(shape, count, batched(Frame(empty.copy()) for _ in range(count)))
        return overlay_frames(frames, [OverlaySpan(draw_card(text, shape), 0, count, fade=min(fade, count // 3))])


def _faceless(shots: tuple[Shot, ...], starts: tuple[int, ...], rate: Fraction, bench: Workbench) -> Parts:
    """Return the file that says which frames show no face; nothing when all of them do. Each shot starts at a frame."""
    having = [(shot, start) for shot, start in zip(shots, starts, strict=False) if FACE_GAPS in bench.parts(shot)]
    if not having:
        return {}
    path = bench.new(FACE_GAPS)
    found = (offset_ranges(read_face_gaps(bench.open(shot, FACE_GAPS)), start) for shot, start in having)
    write_face_gaps(path, chain.from_iterable(found), rate)
    return {FACE_GAPS: path}


def _spoken(timings: list[Path], timeline: Timeline, first: int) -> Iterator[TimedWord]:
    """Give the words of all shots, the first of which is piece *first*, at their place in the programme."""
    for number, path in enumerate(timings, start=first):
        start = timeline.seconds_at(number)
        for word in Timings.model_validate_json(path.read_bytes()).words:
            yield word.text, start + word.start, start + word.end
