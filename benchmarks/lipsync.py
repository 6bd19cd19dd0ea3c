"""Do the lips of finished videos follow their own sound? Measured in the pixels and in the sound track of the mp4.

Each video is a whole production. Its sound is aligned with the script by an acoustic model that knows nothing of what
the voice had planned; its mouth is measured by the landmark networks. One of the portraits is not shipped with the
project: it is made here, half ben and half mia.

``--recordings FOLDER`` also measures a face that recorded human speech drives, with no transcript: wav files there,
each with what is said in a txt file beside it, which only the measurement reads.
"""

import math
import tempfile
from fractions import Fraction
from functools import partial
from pathlib import Path
from statistics import fmean

from avatar.app.context import AppContext
from avatar.app.delivery import deliver, prepare
from avatar.app.inspect import align_video, measure_lipsync
from avatar.app.resources import PERFORMERS
from avatar.app.settings import Settings
from avatar.cli.demo import BRIEF, TERMS
from avatar.faces.animate import speech_animation
from avatar.faces.animate.animator import Animator
from avatar.faces.animate.portrait import frame_portrait
from avatar.faces.detection.blazeface import DETECTOR
from avatar.faces.detection.face_mesh import MESH
from avatar.faces.detection.landmarker import Landmarker
from avatar.faces.lips.lipsync import LipSync, compare_lip_sync, measure_lip_openings
from avatar.faces.motion.mouth_encoder import MOUTH, MouthEncoder
from avatar.media.audio.io import read_sound
from avatar.media.decode import decode
from avatar.media.encode import encode
from avatar.media.frames import Format, Frames
from avatar.models.weights import locate
from avatar.people import samples
from avatar.production.blueprint.load import parse
from avatar.production.production import direct
from avatar.voices.alignment.forced_alignment import align_phonemes
from benchmarks.portrait import between
from benchmarks.rows import Row, options_with, show

# Forty seconds: of fourteen, a row moved by 0.05 from one take of a voice to the next.
_SCRIPT = (
    "Paul, please bring me the brown umbrella before Friday. My brother moved five big maps from the living room. "
    "A short pause, then we go on: why would anybody walk home? The studio asks people before it uses their voice. "
    "Emma put the empty bottle behind the blue piano. Few of my friends have ever paid for a movie. "
    "Look, it is raining now: should we meet them by the river? Nobody enjoys hearing the same story more than once. "
    "Bob, open the window, please, and leave Pam some more room. "
    "Five farmers sold their vegetables at the morning market. "
    "Breathe in, wait for a moment, and begin: who could be so important? "
    "Her brother reads us a poem before he goes to school."
)
_ENGINES = ("mesh-warp", "mesh-warp-audio")
_SIZE = 512
_BLUEPRINT = "name: lipsync\nspeakers: [one]\nanimation: {{engine: {engine}}}\n"


def main() -> None:
    """Make the videos, measure them, and print the table."""
    wanted = options_with(__doc__, required=False, recordings="wav files of human speech, each with its words as txt")
    landmarker = Landmarker.load(locate(DETECTOR), locate(MESH))
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        context = AppContext(Settings(home=Path(folder) / ".avatar"))
        for name, portrait, voice in _people(Path(folder), landmarker):
            _consenting(context, name, portrait, voice)
            for engine in _ENGINES:
                video = _video(context, name, engine, Path(folder) / name / engine)
                rows += _rows(f"{name}, {engine}", measure_lipsync(video, align_video(video, _SCRIPT)))
    if wanted.recordings:
        rows += _recorded(wanted.recordings, landmarker)
    show(rows, wanted.json)


def _recorded(folder: Path, landmarker: Landmarker) -> list[Row]:
    """Measure every performer's face, driven by each recording in *folder*; one row a figure, over all of them."""
    encoder, format = MouthEncoder(locate(MOUTH)), Format(_SIZE, _SIZE, Fraction(25))
    rows = []
    for name in ("ava", "ben"):
        animator = Animator.of(*frame_portrait(PERFORMERS / f"{name}.png", landmarker, _SIZE), format)
        found = []
        for recording in sorted(folder.glob("*.wav")):
            mouth = speech_animation.mouth_from_audio(recording, format.rate, encoder)
            frames = animator.frames(
                speech_animation.speaking_gestures(mouth, format.rate, seed=1, energy=1.0), lambda _: None
            )
            timings = align_phonemes(*read_sound(recording), recording.with_suffix(".txt").read_text())
            found.append(compare_lip_sync(measure_lip_openings(_encoded(frames), landmarker), timings, format.rate))
        rows += _rows(f"{name}, recorded speech ({len(found)} recordings)", _mean(found))
    return rows


def _encoded(frames: Frames) -> Frames:
    """Return *frames* as a viewer gets them: through the encoder and back."""
    with tempfile.TemporaryDirectory() as folder:
        encode(frames, Path(folder) / "picture.mp4")
        seen = [frame for batch in decode(Path(folder) / "picture.mp4").batches for frame in batch]
    return Frames(frames.format, len(seen), iter([seen]))


def _mean(found: list[LipSync]) -> LipSync:
    """Return the means of *found*, and of the lags the largest."""
    still = [each.moves_in_silence for each in found if not math.isnan(each.moves_in_silence)]
    return LipSync(
        fmean(each.correlation for each in found),
        max((each.lag for each in found), key=abs),
        fmean(each.closed for each in found if not math.isnan(each.closed)),
        fmean(still) if still else math.nan,
    )


def _people(folder: Path, landmarker: Landmarker) -> list[tuple[str, Path, str]]:
    """Return who speaks: an alias, a portrait, and the performer whose voice they have."""
    stranger = folder / "stranger.png"
    between(PERFORMERS / "ben.png", PERFORMERS / "mia.png", landmarker, stranger)
    return [
        ("ava", PERFORMERS / "ava.png", "ava"),
        ("ben", PERFORMERS / "ben.png", "ben"),
        ("stranger", stranger, "mia"),
    ]


def _consenting(context: AppContext, name: str, portrait: Path, voice: str) -> None:
    said = PERFORMERS / f"{voice}_statement.flac", PERFORMERS / f"{voice}_statement.txt"
    brought = [partial(samples.check_portrait, portrait), partial(samples.check_voice, *said)]
    context.people.agree(context.people.enroll(name, "synthetic", brought), TERMS)


def _video(context: AppContext, name: str, engine: str, to: Path) -> Path:
    blueprint = parse(_BLUEPRINT.format(engine=engine).encode(), "lipsync")
    production = prepare(context, blueprint, {"one": name}, _SCRIPT, BRIEF)
    signed = direct(production, context.studio.under(production.asks))
    return deliver(context, signed, to).video


def _rows(what: str, found: LipSync) -> list[Row]:
    return [
        Row(f"{what}: correlation", found.correlation, ""),
        Row(f"{what}: lag", found.lag, "frames"),
        Row(f"{what}: closed", found.closed, "of the frames of P, B and M"),
        Row(f"{what}: moves in silence", found.moves_in_silence, "of the range"),
    ]


if __name__ == "__main__":
    main()
