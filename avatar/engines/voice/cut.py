"""Takes one line out of a voice-over, as it was recorded: nothing is synthesised."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.consent import Cleared
from avatar.errors import InputError
from avatar.media.audio.io import read_excerpt, write_sound
from avatar.models.weights import Weights
from avatar.stages.request import Parts, Workbench
from avatar.stages.voice import CutVoiceover
from avatar.voices.alignment.segmentation import Cuts, postprocess_line


@dataclass(frozen=True)
class Cut:
    """The person's own speech, from the quietest place before the line to the quietest place after it."""

    version: ClassVar[int] = 1
    weights: ClassVar[tuple[Weights, ...]] = ()

    def run(self, cleared: Cleared[CutVoiceover], bench: Workbench) -> Parts:
        request = cleared.request
        cuts = Cuts.model_validate_json(bench.open(request.voiceover, "lines.json").read_bytes())
        if not 0 <= request.index < len(cuts.lines) or cuts.lines[request.index].text != request.line:
            raise InputError(
                f"line {request.index + 1} of the voice-over does not say {request.line[:40]!r}; its script is what "
                "was recorded: leave the script out",
                code="voiceover.other-words",
            )
        line = cuts.lines[request.index]
        parts = {name: bench.new(name) for name in ("sound.wav", "timings.json")}
        sound, rate = read_excerpt(bench.open(request.voiceover), line.start, line.end)
        write_sound(parts["sound.wav"], [postprocess_line(sound, rate, cuts.loudness)])
        parts["timings.json"].write_text(line.timings.model_dump_json(), encoding="utf-8")
        return parts
