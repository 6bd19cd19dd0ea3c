"""Encode the frames of a shot, once, as H.264."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from avatar.artifacts.artifact import FACE_GAPS
from avatar.consent import Cleared
from avatar.errors import EngineError
from avatar.media.audio import io
from avatar.media.audio.resample import resample
from avatar.media.captions import build_cues
from avatar.media.encode import CRF, encode
from avatar.media.face_gap_recorder import FaceGapRecorder
from avatar.media.face_gaps import write_face_gaps
from avatar.media.frames import Format, Frames
from avatar.media.layout import check_colours, side_by_side
from avatar.media.overlay import OverlaySpan, overlay_frames
from avatar.media.text import printable_lines
from avatar.media.timeline import SAMPLE_RATE, max_samples_for
from avatar.media.titles import draw_caption, draw_label, draw_lower_third
from avatar.models.weights import Weights
from avatar.stages.render import Render
from avatar.stages.request import Parts, Workbench
from avatar.voices.timings import Timings
from avatar.watermark.audio import SOUND_MARK, embed_audio_watermark
from avatar.watermark.video import embed_video_watermark

_LOWER_THIRD_START_S, _LOWER_THIRD_S, _CLEAR_BEFORE_END_S, _FADE_S = 0.4, 5.0, 0.2, 0.3  # seconds of a lower third


@dataclass(frozen=True)
class H264:
    """Make a shot: panels side by side when there are several, a lower third and captions when they are wanted.

    Picture and sound leave it marked: imperceptible, and no option says otherwise.

    *crf* is x264's quality (less is better; 18 to 23 look like the source), *background* one colour or two
    (``"#223 to #556"``) behind the panels, *burn_captions* writes the captions into the picture, *label* stands in the
    upper left of every frame, for those whose law asks for a visible one.
    """

    version: ClassVar[int] = 6
    weights: ClassVar[tuple[Weights, ...]] = (SOUND_MARK,)

    crf: Annotated[int, Field(ge=1, le=40)] = CRF
    background: Annotated[str, AfterValidator(check_colours)] = "#12161c to #2a323d"
    burn_captions: bool = False
    label: str = ""

    def run(self, cleared: Cleared[Render], bench: Workbench) -> Parts:
        request = cleared.request
        parts = {name: bench.new(name) for name in ("picture.mp4", "sound.wav", "timings.json")}
        shutil.copyfile(bench.open(request.speech, "timings.json"), parts["timings.json"])
        timings = Timings.model_validate_json(parts["timings.json"].read_bytes())

        faceless = FaceGapRecorder()
        panels = [faceless.noting(bench.frames(panel)) for panel in request.panels]
        if printable_lines(request.lower_third):
            named = panels[request.speaker]
            panels[request.speaker] = overlay_frames(
                named, list(_named(request.lower_third, named, raised=self.burn_captions))
            )
        frames = side_by_side(panels, self.background)
        _write_sound(bench.open(request.speech, "sound.wav"), parts["sound.wav"], frames)
        showings = list(_captioned(timings, frames)) if self.burn_captions else []
        if printable_lines(self.label):
            showings.append(
                OverlaySpan(draw_label(" ".join(printable_lines(self.label)), frames.format), 0, frames.count)
            )
        marked = embed_video_watermark(overlay_frames(frames, showings), bench.seed)
        encode(marked, parts["picture.mp4"], crf=self.crf, pulse=bench.pulse)
        if faceless.ranges:
            parts[FACE_GAPS] = bench.new(FACE_GAPS)
            write_face_gaps(parts[FACE_GAPS], faceless.ranges, frames.format.rate)
        return parts


def _write_sound(speech: Path, to: Path, frames: Frames) -> None:
    """Write *speech*, marked, exactly as long as *frames* are, wherever in a programme they may stand."""
    spoken, rate = io.read_sound(speech)
    spoken = resample(spoken, rate, SAMPLE_RATE)
    if len(spoken) / SAMPLE_RATE > (frames.count + 1) / frames.format.rate:
        raise EngineError(
            f"{frames.count} frames are too few for {len(spoken) / SAMPLE_RATE:.2f} s of speech",
            code="shot.out-of-step",
        )
    io.write_sound(
        to,
        io.fit_length([embed_audio_watermark(spoken, SAMPLE_RATE)], max_samples_for(frames.count, frames.format.rate)),
    )


def _named(text: str, frames: Frames, *, raised: bool) -> Iterator[OverlaySpan]:
    """Give the lower third, gone before the shot ends so that shots join without a seam."""
    first = _at(_LOWER_THIRD_START_S, frames.format)
    last = min(
        _at(_LOWER_THIRD_START_S + _LOWER_THIRD_S, frames.format),
        frames.count - _at(_CLEAR_BEFORE_END_S, frames.format),
    )
    if first < last:
        yield OverlaySpan(
            draw_lower_third(text, frames.format, raised=raised), first, last, fade=_at(_FADE_S, frames.format)
        )


def _captioned(timings: Timings, frames: Frames) -> Iterator[OverlaySpan]:
    words = [(word.text, word.start, word.end) for word in timings.words]
    for cue in build_cues(words, float(frames.count / frames.format.rate)):
        yield OverlaySpan(
            draw_caption(cue.lines, frames.format), _at(cue.start, frames.format), _at(cue.end, frames.format)
        )


def _at(seconds: float, shape: Format) -> int:
    return round(seconds * shape.rate)
