"""Inspect finished videos: compare two versions, plot the speech, measure lip sync."""

from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from avatar.app.context import AppContext
from avatar.errors import CredentialError, InputError
from avatar.faces.detection.blazeface import DETECTOR
from avatar.faces.detection.face_mesh import MESH
from avatar.faces.detection.landmarker import Landmarker
from avatar.faces.lips.lipsync import LipSync, compare_lip_sync, measure_lip_openings
from avatar.faces.motion.viseme_plot import plot_visemes
from avatar.media.audio.extract import extract_audio
from avatar.media.decode import decode
from avatar.media.side_by_side import compare_side_by_side
from avatar.media.timeline import SAMPLE_RATE
from avatar.models.weights import locate
from avatar.provenance.comparison import build_comparison_statement
from avatar.provenance.signing import sign_derived
from avatar.voices.alignment.forced_alignment import align_phonemes
from avatar.voices.recognition.recogniser import transcribe
from avatar.voices.text.script import split_script
from avatar.voices.timings import Timings

MAX_SECONDS = 180  # seconds of speech that are laid out at once: about a gigabyte


def compare_videos(context: AppContext, one: Path, other: Path, to: Path) -> None:
    """Write the mp4 *to*: *one* and *other* side by side, signed, with both their credentials inside its own.

    Only what this context let out, and may still be shown, is compared.

    Raises:
        CredentialError: ``compare.not-trusted``.
    """
    for video in (one, other):
        verdict = context.verify(video)
        if not verdict.trusted:
            why = verdict.reasons[0].sentence if verdict.reasons else "It does not verify."
            raise CredentialError(f"{video.name} cannot be compared: {why}", code="compare.not-trusted")
    to.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=to.parent, prefix=".") as room:
        plain = Path(room) / "plain.mp4"
        compare_side_by_side(one, other, _labels(one, other), plain)
        said = build_comparison_statement(metadata.version("avatar-pipeline"))
        sign_derived(plain, to, statement=said, made_from=(one, other), signer=context.studio.signer())


def align_video(video: Path, said: str = "") -> Timings:
    """Return when each phoneme and word of the script *said* is heard in *video*; empty: words are recognised.

    Raises:
        InputError: ``speech.too-long``, what an alignment needs grows with the square of the length.
    """
    sound = extract_audio(video)
    if len(sound) > MAX_SECONDS * SAMPLE_RATE:
        raise InputError(
            f"{video.name} is {len(sound) / SAMPLE_RATE:.0f} s long; speech is laid out for {MAX_SECONDS} s at most: "
            "look at a shorter video, or preview fewer lines (--lines)",
            code="speech.too-long",
        )
    text = " ".join(line.text for line in split_script(said)) if said else transcribe(sound, SAMPLE_RATE)
    return align_phonemes(sound, SAMPLE_RATE, text)


def draw_speech(video: Path, timings: Timings, to: Path) -> None:
    """Write a PNG of the speech in *video*: wave, words, phonemes and what the mouth is asked to do."""
    plot_visemes(extract_audio(video), SAMPLE_RATE, timings, to)


def measure_lipsync(video: Path, timings: Timings) -> LipSync:
    """Return how well the lips seen in *video* follow *timings*, which are heard in it."""
    frames = decode(video)
    landmarker = Landmarker.load(locate(DETECTOR), locate(MESH))
    return compare_lip_sync(measure_lip_openings(frames, landmarker), timings, frames.format.rate)


def _labels(one: Path, other: Path) -> tuple[str, str]:
    """Return what tells the two files apart: their names, or the folders they lie in."""
    if one.name != other.name:
        return one.stem, other.stem
    return one.resolve().parent.name, other.resolve().parent.name
