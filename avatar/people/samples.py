"""Validate the samples of a person: portrait, voice, voice-over, footage."""

from dataclasses import dataclass
from pathlib import Path

from avatar.artifacts.artifact import CREDENTIAL, Artifact, GivenFootage, Portrait, Voiceover, VoiceSample
from avatar.errors import InputError
from avatar.media.ingest.gateway import ingest_footage, ingest_portrait, ingest_sound
from avatar.models.weights import locate


@dataclass(frozen=True)
class CheckedSample:
    """One sample, ready to be kept: the kind of artifact and its files."""

    kind: type[Artifact]
    parts: dict[str, Path]


def check_portrait(path: Path, room: Path) -> CheckedSample:
    """Take a portrait in: one face, large enough to animate."""
    from avatar.faces.detection.blazeface import DETECTOR
    from avatar.faces.detection.face_mesh import MESH
    from avatar.faces.detection.landmarker import Landmarker
    from avatar.media.image_io import read_rgb

    picture = ingest_portrait(path, room)
    Landmarker.load(locate(DETECTOR), locate(MESH)).single_face(read_rgb(picture))
    return CheckedSample(Portrait, {"picture.png": picture, **_credential(room)})


def check_voice(path: Path, transcript: Path | None, room: Path) -> CheckedSample:
    """Take a voice sample in: long and clear enough to learn from, of one person, with what is said in it.

    Without a *transcript* the shipped recogniser writes one.
    """
    from avatar.media.audio.io import read_sound
    from avatar.voices.judging.sample_quality import check_sample
    from avatar.voices.judging.sample_validation import check_one_speaker, resolve_transcript
    from avatar.voices.judging.speaker_embedding import DVECTOR, GE2E, open_speaker_encoders

    sound = ingest_sound(path, room)
    samples, rate = read_sound(sound)
    check_sample(samples, rate, name=path.name)
    check_one_speaker(samples, rate, open_speaker_encoders(locate(GE2E), locate(DVECTOR)))
    said = resolve_transcript(samples, rate, _text(transcript) if transcript else "")
    text = room / "transcript.txt"
    text.write_text(said)
    return CheckedSample(VoiceSample, {"sound.wav": sound, "transcript.txt": text, **_credential(room)})


def check_voiceover(path: Path, transcript: Path | None, room: Path) -> CheckedSample:
    """Take in what a person recorded to be heard as it is: clear, of one person, with its words and their times.

    Without a *transcript* the shipped recogniser writes one. English only, ten minutes at most.
    """
    from avatar.media.audio.io import read_sound
    from avatar.voices.alignment.segmentation import segment_recording
    from avatar.voices.judging.sample_quality import check_sample
    from avatar.voices.judging.sample_validation import check_one_speaker, check_transcript
    from avatar.voices.judging.speaker_embedding import DVECTOR, GE2E, open_speaker_encoders
    from avatar.voices.recognition.recogniser import recognise_timed_words
    from avatar.voices.text.script import split_transcript

    sound = ingest_sound(path, room)
    samples, rate = read_sound(sound)
    check_sample(samples, rate, name=path.name, what="voice-over", least=1.0)
    check_one_speaker(samples, rate, open_speaker_encoders(locate(GE2E), locate(DVECTOR)), "voice-over")
    heard = recognise_timed_words(samples, rate)
    words = " ".join(word.text for word in heard)
    lines = split_transcript(
        check_transcript(words, len(samples) / rate, _text(transcript) if transcript else "", "voice-over")
    )
    text, cuts = room / "transcript.txt", room / "lines.json"
    text.write_text("\n".join(lines), encoding="utf-8")
    cuts.write_text(segment_recording(samples, rate, lines, heard).model_dump_json(), encoding="utf-8")
    return CheckedSample(
        Voiceover, {"sound.wav": sound, "transcript.txt": text, "lines.json": cuts, **_credential(room)}
    )


def check_footage(path: Path, room: Path) -> CheckedSample:
    """Take footage in: an mp4 that plays from start to end."""
    return CheckedSample(GivenFootage, {"footage.mp4": ingest_footage(path, room), **_credential(room)})


def _credential(room: Path) -> dict[str, Path]:
    """Return the credential that a file brought along into *room*, if it did: the clean copy carries it no more."""
    return {CREDENTIAL: room / CREDENTIAL} if (room / CREDENTIAL).exists() else {}


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"transcript {path.name}: cannot be read as UTF-8 text; give a plain text file of what is said",
            code="transcript.unreadable",
        ) from error
    if not text:
        raise InputError(
            f"transcript {path.name}: is empty; write what is said, or leave --transcript out to have it recognised",
            code="transcript.empty",
        )
    return text
